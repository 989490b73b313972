import { decodeUtf8 } from '../base/bytes.ts';
import type { ProgressEvent } from './call.ts';
import type { LimitName } from './limits.ts';
import { type ByteSink, type ByteSource, GuestStop } from './world.ts';

/** The bytes, once, then the end. They are not copied. */
export function memorySource(bytes: Uint8Array): ByteSource {
  let at = 0;
  return {
    read(into) {
      const part = bytes.subarray(at, at + into.length);
      into.set(part);
      at += part.length;
      return part.length;
    },
  };
}

const FIRST_BUFFER_BYTES = 1024;

/** A buffer that doubles as it fills and never holds more than `maxBytes`. */
class Growing {
  readonly #maxBytes: number;
  #bytes = new Uint8Array(0);
  #used = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get used(): number {
    return this.#used;
  }

  /** Takes what fits and answers how much that was. */
  push(from: Uint8Array): number {
    const count = Math.min(from.length, this.#maxBytes - this.#used);
    const end = this.#used + count;
    if (end > this.#bytes.length) {
      const grown = new Uint8Array(Math.min(this.#maxBytes, Math.max(end, this.#bytes.length * 2, FIRST_BUFFER_BYTES)));
      grown.set(this.#bytes.subarray(0, this.#used));
      this.#bytes = grown;
    }
    this.#bytes.set(count === from.length ? from : from.subarray(0, count), this.#used);
    this.#used = end;
    return count;
  }

  clear(): void {
    this.#used = 0;
  }

  /** A window on what is in it, valid until the next push. */
  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#used);
  }
}

export interface CollectingSink extends ByteSink {
  /** What came so far; a window, valid until the next write. */
  bytes(): Uint8Array;
}

/** Collects up to `maxBytes`; with more it keeps what fits and stops the guest, with every further write again. */
export function cappedSink(maxBytes: number, limit: LimitName): CollectingSink {
  const collected = new Growing(maxBytes);
  return {
    write(from) {
      if (collected.push(from) < from.length) {
        // oxlint-disable-next-line typescript/only-throw-error -- no error: the one way out through a guest’s frames
        throw new GuestStop(limit, `the guest wrote more than ${maxBytes} bytes of output`);
      }
    },
    bytes: () => collected.bytes(),
  };
}

export interface TailSink extends CollectingSink {
  /** Whether anything was dropped. */
  cut(): boolean;
}

/** Keeps the last `maxBytes` of whatever comes. */
export function tailSink(maxBytes: number): TailSink {
  // Twice the size: the front half is dropped whenever both are full, so that each byte moves once at the most.
  const kept = new Growing(maxBytes * 2);
  let dropped = false;
  return {
    write(from) {
      const tail = from.length > maxBytes ? from.subarray(from.length - maxBytes) : from;
      if (tail.length < from.length) dropped = true;
      if (kept.used + tail.length > maxBytes * 2) {
        const last = kept.bytes().slice(-maxBytes);
        dropped = true;
        kept.clear();
        if (maxBytes > 0) kept.push(last);
      }
      kept.push(tail);
    },
    bytes: () => (kept.used > maxBytes ? kept.bytes().subarray(kept.used - maxBytes) : kept.bytes()),
    cut: () => dropped || kept.used > maxBytes,
  };
}

export interface ProgressSpec {
  /** Events taken; one more stops the guest. */
  readonly maxEvents: number;
  readonly onProgress: (event: ProgressEvent) => void;
  /** Gets every line that is no progress, line feeds included. */
  readonly rest: ByteSink;
}

export interface ProgressSink extends ByteSink {
  /** Passes on a last line without a line feed. Call once, at the end. */
  end(): void;
}

/** A longer line is no progress line, whatever it holds. */
const MAX_PROGRESS_LINE_BYTES = 4096;
const LINE_FEED = 0x0a;
const BRACE = 0x7b;

/** stderr in lines: `{"progress":{"done":3,"total":10,"message":""}}` to `onProgress`, everything else to `rest`. */
export function progressSplitter({ maxEvents, onProgress, rest }: ProgressSpec): ProgressSink {
  const line = new Growing(MAX_PROGRESS_LINE_BYTES);
  let events = 0;
  /** The line under way cannot be progress: its bytes go straight on. */
  let passing = false;

  function endLine(): void {
    const event = line.used === 0 ? undefined : parseProgress(line.bytes());
    if (event === undefined) rest.write(line.bytes());
    line.clear();
    if (event === undefined) return;
    if (++events > maxEvents) {
      // oxlint-disable-next-line typescript/only-throw-error -- no error: the one way out through a guest’s frames
      throw new GuestStop('progress-events', `the guest reported progress more than ${maxEvents} times`);
    }
    onProgress(event);
  }

  function take(part: Uint8Array): void {
    if (passing) return rest.write(part);
    if (line.used === 0 && part[0] !== BRACE) passing = true;
    else if (line.used + part.length > MAX_PROGRESS_LINE_BYTES) {
      passing = true;
      rest.write(line.bytes());
      line.clear();
    } else {
      line.push(part);
      return undefined;
    }
    return rest.write(part);
  }

  return {
    write(from) {
      let at = 0;
      while (at < from.length) {
        const feed = from.indexOf(LINE_FEED, at);
        const end = feed === -1 ? from.length : feed + 1;
        take(from.subarray(at, end));
        at = end;
        if (feed === -1) return;
        if (!passing) endLine();
        passing = false;
      }
    },
    end() {
      if (!passing) endLine();
      passing = false;
    },
  };
}

/** The event of a progress line, or `undefined` for any other line. */
function parseProgress(untrusted: Uint8Array): ProgressEvent | undefined {
  const text = decodeUtf8(untrusted);
  if (text === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const progress = onlyMembers(value, ['progress'])?.['progress'];
  const members = onlyMembers(progress, ['done', 'total', 'message']);
  if (members === undefined) return undefined;
  const { done, total, message } = members;
  if (!isCount(done)) return undefined;
  if (total !== undefined && !isCount(total)) return undefined;
  if (message !== undefined && typeof message !== 'string') return undefined;
  return { done, ...(total === undefined ? {} : { total }), ...(message === undefined ? {} : { message }) };
}

/** The members of an object that has none but these. */
function onlyMembers(value: unknown, names: readonly string[]): Record<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const members: Record<string, unknown> = Object.fromEntries(Object.entries(value));
  return Object.keys(members).every((name) => names.includes(name)) ? members : undefined;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
