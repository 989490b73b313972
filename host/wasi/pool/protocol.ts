import { shown } from '../../base/shown.ts';
import type { Access } from '../../workspace/access.ts';
import type { Recorded } from '../../workspace/journal/recorder.ts';
import type { Diverged } from '../call.ts';
import type { ComponentMeta } from '../component/prepare.ts';
import type { CallLimits, LimitName } from '../limits.ts';

/**
 * What host and runner say to each other. A frame is u32 little-endian length of the body, u8 kind, body. The host takes a runner for
 * hostile: every frame from it is bounded before it is kept, and one that is not due ends the process. A runner trusts its host.
 */
export const FRAME_HEAD_BYTES = 5;
/** The runner's descriptor of its host. Not one of the first three: Node makes those non-blocking as soon as anyone looks at them. */
export const LINK_FD = 3;
/** The runner's descriptors of its directories begin here. */
export const FIRST_DIRECTORY_FD = 4;

/** Host to runner. The body is u32 little-endian length of a JSON header, the header, then raw bytes. */
export const TO_RUNNER = { module: 1, component: 2, bundle: 3, call: 4, stdin: 5 } as const;
/** Runner to host. */
export const FROM_RUNNER = { ready: 1, progress: 2, stdout: 3, stderr: 4, wantStdin: 5, end: 6, journal: 7 } as const;

export type ToRunnerKind = (typeof TO_RUNNER)[keyof typeof TO_RUNNER];
export type FromRunnerKind = (typeof FROM_RUNNER)[keyof typeof FROM_RUNNER];

/** Bytes of one `stdout` or `stderr` frame, and of one answer to `wantStdin`. */
export const MAX_CHUNK_BYTES = 65_536;
export const MAX_PROGRESS_BYTES = 8192;
/** What an `end` frame may hold besides stdout. */
export const MAX_END_BYTES = 16_384;
/** A journal up to this goes into the `end` frame, a longer one before it in its own. */
export const MAX_INLINE_JOURNAL_BYTES = 8192;
export const MAX_MESSAGE_CHARS = 2048;
/** Bytes up to which a frame is put together, for one write to the kernel. */
export const JOIN_BYTES = 65_536;

/** Adds a guest to what the runner holds; its bytes follow. */
export interface ModuleHeader {
  readonly key: string;
  /** Guests that the runner drops. */
  readonly drop: readonly string[];
}

/** A prepared component; the bytes of its core modules follow, in this order. */
export interface ComponentHeader extends ModuleHeader {
  readonly meta: ComponentMeta;
  readonly modules: readonly { readonly name: string; readonly bytes: number }[];
}

/** The files of a bundle; their bytes follow in this order. The runner holds one bundle and drops the one before. */
export interface BundleHeader {
  readonly digest: string;
  readonly files: readonly { readonly path: string; readonly bytes: number }[];
}

export interface MountHeader {
  readonly guestPath: string;
  /** Of the runner. */
  readonly fd: number;
  readonly access: Access;
}

/** One call; the bytes of the arguments, of the environment (`NAME=value`) and of stdin follow. */
export interface CallHeader {
  readonly key: string;
  readonly args: readonly number[];
  readonly env: readonly number[];
  /** Stdin is asked for piece by piece, and output goes out as it comes. */
  readonly live: boolean;
  readonly mounts: readonly MountHeader[];
  /** Digest of the bundle behind `/skill`. */
  readonly bundle?: string;
  /** Whether there is a `/tmp`. */
  readonly tmp: boolean;
  readonly limits: CallLimits;
  readonly determinism?: { readonly startNs: string; readonly stepNs: string; readonly seed: string };
  /** The call is recorded. */
  readonly journal?: { readonly maxBytes: number };
  /** The call is made again: bytes of its journal, which come before those of stdin. */
  readonly replay?: number;
}

/** What ended a call. */
type Ending =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'limit'; readonly limit: LimitName; readonly message: string }
  | { readonly kind: 'trap'; readonly message: string }
  /** The engine does not take the module. */
  | { readonly kind: 'refused'; readonly message: string }
  /** Its journal does not say what it asked for. */
  | Diverged;

/** How the runner says that a call ended. */
export type RunnerEnd = JournaledEnding & {
  readonly memoryBytes: number;
  readonly stderrCut: boolean;
  readonly stdout: Uint8Array;
};

export type JournaledEnding = Ending & {
  /** `sent`: it came before, in a frame of its own. */
  readonly journal?: Recorded | { readonly kind: 'sent' };
};

const KINDS = ['exited', 'limit', 'trap', 'refused', 'diverged'] as const satisfies readonly RunnerEnd['kind'][];
const LIMITS = [
  'wall-time',
  'output',
  'progress-events',
  'memory',
  'call-depth',
] as const satisfies readonly LimitName[];
const JOURNALS = [undefined, 'kept', 'too-large', 'sent'] as const;
const END_HEAD_BYTES = 20;

/**
 * kind u8, limit u8, code or position u32, memory f64, whether stderr was cut u8, what became of the journal u8, message length u16,
 * journal length u16; message, journal, stdout.
 */
export function encodeEnd(end: RunnerEnd): Buffer {
  const message =
    'message' in end ? Buffer.from(end.message.slice(0, MAX_MESSAGE_CHARS).toWellFormed()) : Buffer.alloc(0);
  const { journal } = end;
  const kept = journal?.kind === 'kept' ? journal.bytes : Buffer.alloc(0);
  const body = Buffer.allocUnsafe(END_HEAD_BYTES + message.length + kept.length + end.stdout.length);
  body[0] = KINDS.indexOf(end.kind);
  body[1] = end.kind === 'limit' ? LIMITS.indexOf(end.limit) : 0;
  body.writeUInt32LE(end.kind === 'exited' ? end.code >>> 0 : end.kind === 'diverged' ? end.position >>> 0 : 0, 2);
  body.writeDoubleLE(end.memoryBytes, 6);
  body[14] = end.stderrCut ? 1 : 0;
  body[15] = JOURNALS.indexOf(journal?.kind);
  body.writeUInt16LE(message.length, 16);
  body.writeUInt16LE(kept.length, 18);
  body.set(message, END_HEAD_BYTES);
  body.set(kept, END_HEAD_BYTES + message.length);
  body.set(end.stdout, END_HEAD_BYTES + message.length + kept.length);
  return body;
}

/** The end that the bytes say, `stdout` and journal views of them, its message safe to show, or `undefined` for anything that `encodeEnd` does not make. */
export function decodeEnd(untrusted: Buffer): RunnerEnd | undefined {
  if (untrusted.length < END_HEAD_BYTES) return undefined;
  const kind = KINDS[untrusted[0] ?? KINDS.length];
  const limit = LIMITS[untrusted[1] ?? LIMITS.length];
  const code = untrusted.readUInt32LE(2);
  const memoryBytes = untrusted.readDoubleLE(6);
  const messageEnd = END_HEAD_BYTES + untrusted.readUInt16LE(16);
  const journalEnd = messageEnd + untrusted.readUInt16LE(18);
  if (kind === undefined || limit === undefined || journalEnd > untrusted.length) return undefined;
  const journal = journalIn(untrusted[15] ?? 0, untrusted.subarray(messageEnd, journalEnd));
  if (journal === 'none of them') return undefined;
  if (!Number.isSafeInteger(memoryBytes) || memoryBytes < 0) return undefined;
  const message = shown(untrusted.toString('utf8', END_HEAD_BYTES, messageEnd), MAX_MESSAGE_CHARS);
  const rest = {
    memoryBytes,
    stderrCut: untrusted[14] !== 0,
    stdout: untrusted.subarray(journalEnd),
    ...(journal === undefined ? {} : { journal }),
  };
  if (kind === 'exited') return { kind, code, ...rest };
  if (kind === 'diverged') return { kind, position: code, message, ...rest };
  return kind === 'limit' ? { kind, limit, message, ...rest } : { kind, message, ...rest };
}

function journalIn(number: number, bytes: Buffer): RunnerEnd['journal'] | 'none of them' {
  const kind = number < JOURNALS.length ? JOURNALS[number] : 'none of them';
  if (kind === 'kept') return { kind, bytes };
  if (bytes.length > 0) return 'none of them';
  return kind === undefined || kind === 'none of them' ? kind : { kind };
}

/** A frame to the runner, ready to be written: one buffer if it is short. */
export function encodeToRunner(
  kind: ToRunnerKind,
  header: object,
  ...payload: readonly Uint8Array[]
): readonly Buffer[] {
  const text = JSON.stringify(header);
  const textBytes = Buffer.byteLength(text);
  const start = FRAME_HEAD_BYTES + 4 + textBytes;
  let end = start;
  for (const part of payload) end += part.length;
  const isJoined = end <= JOIN_BYTES;
  const frame = Buffer.allocUnsafe(isJoined ? end : start);
  frame.writeUInt32LE(end - FRAME_HEAD_BYTES, 0);
  frame[4] = kind;
  frame.writeUInt32LE(textBytes, FRAME_HEAD_BYTES);
  frame.write(text, FRAME_HEAD_BYTES + 4);
  if (!isJoined) return [frame, ...payload.map((part) => Buffer.from(part.buffer, part.byteOffset, part.byteLength))];
  let at = start;
  for (const part of payload) {
    frame.set(part, at);
    at += part.length;
  }
  return [frame];
}

export function isFromRunnerKind(kind: number): kind is FromRunnerKind {
  return kind >= FROM_RUNNER.ready && kind <= FROM_RUNNER.journal;
}
