import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { decodeUtf8 } from '../base/bytes.ts';
import { HostError, systemCode } from '../base/error.ts';
import { shown } from '../base/shown.ts';
import { strictJson } from '../skill/strict-json.ts';
import { isObject } from './json.ts';
import type { RowSource, SourceItem, UntrustedOpening, UntrustedRow } from './source.ts';

/** One row with all that opens it. */
export const MAX_LINE_BYTES = 32 * 1024 * 1024;
const CHUNK_BYTES = 1024 * 1024;
const LINE_FEED = 0x0a;
/**
 * The rows of an export, one JSON object a line.
 * @throws HostError `not-found`, `io`
 */
export function openExportSource(file: string): RowSource {
  let fd: number;
  try {
    fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    const code = systemCode(error);
    throw new HostError(
      code === 'ENOENT' ? 'not-found' : 'io',
      `${shown(file)} cannot be opened (${code ?? 'unknown'})`,
      {
        file,
        remedy: 'Name a file that `wirken audit export` wrote.',
      },
    );
  }
  if (!fstatSync(fd).isFile()) {
    closeSync(fd);
    throw new HostError('io', `${shown(file)} is no regular file`, { file });
  }
  return new ExportSource(fd, file);
}

class ExportSource implements RowSource {
  readonly #fd: number;
  readonly #file: string;

  constructor(fd: number, file: string) {
    this.#fd = fd;
    this.#file = file;
  }

  count(): undefined {
    return undefined;
  }

  *rows(session?: string): Iterable<readonly SourceItem[]> {
    let number = 0;
    for (const line of this.#lines()) {
      const item = itemOf(line, ++number);
      if (session === undefined || item.kind !== 'row' || item.row.session === session) yield [item];
    }
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }

  /** Every line without its line feed; `long` for one that is too long to be held, `cut` for a last one without line feed. */
  *#lines(): Iterable<Line> {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    let parts: Buffer[] = [];
    let held = 0;
    let isLong = false;
    for (let at = 0, read = this.#read(chunk, at); read > 0; at += read, read = this.#read(chunk, at)) {
      let from = 0;
      for (let end = chunk.indexOf(LINE_FEED); end !== -1 && end < read; end = chunk.indexOf(LINE_FEED, from)) {
        const last = chunk.subarray(from, end);
        isLong ||= held + last.length > MAX_LINE_BYTES;
        yield isLong ? { kind: 'long' } : { kind: 'line', bytes: Buffer.concat([...parts, last]) };
        parts = [];
        held = 0;
        isLong = false;
        from = end + 1;
      }
      isLong ||= held + read - from > MAX_LINE_BYTES;
      if (isLong) parts = [];
      else if (from < read) parts.push(Buffer.from(chunk.subarray(from, read)));
      held += read - from;
    }
    if (held > 0) yield isLong ? { kind: 'long' } : { kind: 'cut', bytes: Buffer.concat(parts) };
  }

  #read(chunk: Buffer, at: number): number {
    try {
      return readSync(this.#fd, chunk, 0, chunk.length, at);
    } catch (error) {
      throw new HostError('io', `${shown(this.#file)} cannot be read (${systemCode(error) ?? 'unknown'})`, {
        file: this.#file,
      });
    }
  }
}

type Line = { readonly kind: 'line' | 'cut'; readonly bytes: Buffer } | { readonly kind: 'long' };

function itemOf(line: Line, number: number): SourceItem {
  if (line.kind === 'long') return damaged(number, `is longer than ${MAX_LINE_BYTES} bytes`);
  const text = decodeUtf8(line.bytes);
  if (text === undefined) return damaged(number, 'is no UTF-8');
  const members = parseLine(text);
  if (members === undefined) {
    return damaged(
      number,
      line.kind === 'cut' ? 'is cut in the middle: the export ends there' : 'is no JSON object with each member once',
    );
  }
  const row = rowOf(members);
  if (row === undefined) return damaged(number, 'has not the members of a row');
  const { openings } = members;
  if (openings === undefined) return { kind: 'row', row, openings: undefined };
  if (!Array.isArray(openings) || !openings.every(isOpening)) return damaged(number, 'has openings that are none');
  return { kind: 'row', row, openings };
}

/** The export writes its lines in one way; what reads back to the same text has every member once. */
function parseLine(text: string): { readonly [member: string]: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value) && JSON.stringify(value) === text) return value;
  } catch {
    return undefined;
  }
  return strictJson(text);
}

function rowOf(members: { readonly [member: string]: unknown }): UntrustedRow | undefined {
  const { id, session, seq, ts, actor, action, channel, payload, prev_hash, payload_hash, hash, ...others } = members;
  const { openings: _, ...unknown } = others;
  if (Object.keys(unknown).length > 0 || channel === undefined) return undefined;
  return { id, session, seq, ts, actor, action, channel, payload, prev_hash, payload_hash, hash };
}

function isOpening(value: unknown): value is UntrustedOpening {
  return isObject(value) && Object.keys(value).toSorted().join() === 'pointer,salt,value';
}

function damaged(number: number, what: string): SourceItem {
  return { kind: 'damaged', reason: `line ${number} ${what}` };
}
