import { existsSync } from 'node:fs';
import { HostError } from '../../base/error.ts';
import type { Clock } from '../../base/ports.ts';
import { tryLock } from './lock.ts';
import { forwardFiles } from './place.ts';
import { openRows, type RowSource } from './rows.ts';
import type { ForwardSpec } from './spec.ts';
import { type ForwardState, StateFile, type Trouble } from './state-file.ts';
import { originOf } from './target-url.ts';

/** How one forwarder stands. */
export interface ForwardStatus {
  readonly name: string;
  readonly kind: ForwardSpec['kind'];
  /** Origin of the receiver; a path or query may be secret. */
  readonly target: string;
  /** Whether a process forwards to it now. */
  readonly running: boolean;
  /** `new`: never ran. `current`: nothing to send. `behind`: rows wait, nothing is wrong. `waiting`, `refused`: see `trouble`. */
  readonly standing: 'new' | 'current' | 'behind' | 'waiting' | 'refused' | 'damaged';
  /** Id of the last row that it is done with. */
  readonly cursor: number;
  /** Rows after the cursor, wanted or not. */
  readonly behindRows: number;
  /** Age of the oldest of them; 0 if there is none. */
  readonly behindMs: number;
  readonly sent: number;
  readonly dead: number;
  /** File of the rows that the receiver never takes, if there are any. */
  readonly deadLetters?: string;
  /** ISO 8601. */
  readonly lastSuccess?: string;
  readonly trouble?: Trouble;
  /** Why the state cannot be read, with `damaged`. */
  readonly fault?: string;
}

/** How each forwarder stands, from the files alone: nothing is sent. @throws HostError `audit-invalid` for a log that is unreadable */
export function forwardStatus(dataDir: string, specs: readonly ForwardSpec[], clock: Clock): readonly ForwardStatus[] {
  using rows = openRows(dataDir);
  return specs.map((spec) => statusOf(spec, dataDir, rows, clock));
}

function statusOf(spec: ForwardSpec, dataDir: string, rows: RowSource | undefined, clock: Clock): ForwardStatus {
  const files = forwardFiles(dataDir, spec.name);
  const known = readState(files.state);
  const state = known.kind === 'state' ? known.state : undefined;
  const cursor = state?.cursor.id ?? 0;
  const behindRows = Math.max(0, (rows?.last()?.id ?? 0) - cursor);
  const oldest = behindRows === 0 ? undefined : rows?.firstTimeAfter(cursor);
  return {
    name: spec.name,
    kind: spec.kind,
    target: originOf(spec.url),
    running: isLocked(files.busy),
    standing: known.kind === 'damaged' ? 'damaged' : standingOf(state, behindRows),
    cursor,
    behindRows,
    behindMs: oldest === undefined ? 0 : Math.max(0, clock.now() - Date.parse(oldest)),
    sent: state?.sent ?? 0,
    dead: state?.dead ?? 0,
    ...(existsSync(files.dead) ? { deadLetters: files.dead } : {}),
    ...(state?.lastSuccess === undefined ? {} : { lastSuccess: state.lastSuccess }),
    ...(state?.trouble === undefined ? {} : { trouble: state.trouble }),
    ...(known.kind === 'damaged' ? { fault: known.fault } : {}),
  };
}

function standingOf(state: ForwardState | undefined, behindRows: number): ForwardStatus['standing'] {
  if (state === undefined) return 'new';
  if (state.trouble !== undefined) return state.trouble.kind === 'refused' ? 'refused' : 'waiting';
  return behindRows === 0 ? 'current' : 'behind';
}

type Known =
  | { readonly kind: 'state'; readonly state: ForwardState | undefined }
  | { readonly kind: 'damaged'; readonly fault: string };

function readState(path: string): Known {
  try {
    return { kind: 'state', state: new StateFile(path).read() };
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    return { kind: 'damaged', fault: error.message };
  }
}

/** Looks by taking the lock for a moment: whoever wants it then tries again. */
function isLocked(path: string): boolean {
  if (!existsSync(path)) return false;
  using lock = tryLock(path);
  return lock === undefined;
}
