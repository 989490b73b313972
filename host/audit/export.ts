import { setImmediate } from 'node:timers/promises';
import { HostError } from '../base/error.ts';
import { MAX_LINE_BYTES } from './source-export.ts';
import { ROW_COLUMNS, type RowSource, type UntrustedOpening } from './source.ts';
import { rowOf } from './verify/row-check.ts';

/** Rows that are written at once. */
const MAX_BATCH_CHARS = 1024 * 1024;

export interface ExportOptions {
  /** Only the rows of this session. Such an export verifies as that session, not as a log. */
  readonly session?: string;
  /** With what opens the commitments of the rows: values that were redacted are gone, all others can be read by whoever gets the file. */
  readonly withOpenings: boolean;
  readonly signal: AbortSignal;
}

export interface Exported {
  readonly rows: number;
  /**
   * The last checkpoint over rows of the export, to be kept in a file beside it; `undefined` for a single session and for a log without
   * one.
   */
  readonly checkpoint: string | undefined;
}

/**
 * Writes the rows as JSON lines, one object a row, its columns as they stand in the log and nothing else.
 * @param write gets whole lines; the next ones wait until it resolves. What it throws comes back.
 * @throws HostError `audit-invalid` for a log whose rows cannot be written down as they stand, and `signal.reason`
 */
export async function exportRows(
  source: RowSource,
  write: (lines: string) => void | Promise<void>,
  { session, withOpenings, signal }: ExportOptions,
): Promise<Exported> {
  let lines = '';
  let rows = 0;
  signal.throwIfAborted();
  for (const batch of source.rows(session)) {
    for (const item of batch) {
      if (item.kind !== 'row') continue;
      const row = rowOf(item.row);
      if (typeof row === 'string') throw broken(rows, row);
      const columns = Object.fromEntries(ROW_COLUMNS.map((name) => [name, row[name]]));
      lines += lineOf(columns, withOpenings ? item.openings : undefined);
      rows++;
    }
    if (lines.length < MAX_BATCH_CHARS) continue;
    await write(lines);
    lines = '';
    await setImmediate();
    signal.throwIfAborted();
  }
  if (lines !== '') await write(lines);
  return { rows, checkpoint: session === undefined ? lastCheckpoint(source) : undefined };
}

function lineOf(
  columns: { readonly [name: string]: unknown },
  openings: readonly UntrustedOpening[] | undefined,
): string {
  const bare = `${JSON.stringify(columns)}\n`;
  if (openings === undefined) return bare;
  const opened = openings.map(({ pointer, salt, value }) => ({ pointer, salt: lower(salt), value }));
  const whole = `${JSON.stringify({ ...columns, openings: opened })}\n`;
  // A reader takes no longer line; without the member it knows that what opens this row is not part of the export.
  return whole.length * 3 <= MAX_LINE_BYTES || Buffer.byteLength(whole) <= MAX_LINE_BYTES ? whole : bare;
}

function lower(salt: unknown): unknown {
  return typeof salt === 'string' ? salt.toLowerCase() : salt;
}

function lastCheckpoint({ store }: RowSource): string | undefined {
  let last: string | undefined;
  for (const { note } of store?.checkpoints() ?? []) if (typeof note === 'string') last = note;
  return last;
}

function broken(rows: number, what: string): HostError {
  return new HostError(
    'audit-invalid',
    `The row after the first ${rows} of the audit log cannot be exported: ${what}`,
    {
      remedy: 'Find out what was changed with `wirken audit verify`.',
    },
  );
}
