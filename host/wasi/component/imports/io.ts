import type { Errno } from '../../../workspace/layer.ts';
import { type Guest, MAX_CHUNK_BYTES } from './guest.ts';
import { codeOf, DONE, err, type ErrorCode, ok, type Result } from './result.ts';

type StreamError = { readonly tag: 'closed' } | { readonly tag: 'last-operation-failed'; readonly val: IoError };

const CLOSED: Result<never, StreamError> = err({ tag: 'closed' });
/** What `check-write` allows at once; `write` and its siblings trap above it. */
const PERMIT_BYTES = 1024 * 1024;
const ZEROES = new Uint8Array(MAX_CHUNK_BYTES);

/** Something that the guest owns until it drops it. */
abstract class Resource {
  readonly guest: Guest;

  constructor(guest: Guest) {
    guest.hold();
    this.guest = guest;
  }

  [Symbol.dispose](): void {
    this.guest.release();
  }
}

export { Resource };

/** `wasi:io/error.error` */
export class IoError extends Resource {
  readonly code: ErrorCode;

  constructor(guest: Guest, errno: Errno) {
    super(guest);
    this.code = codeOf(errno);
  }

  toDebugString(): string {
    return this.code;
  }
}

/** `wasi:io/poll.pollable`: ready at once, or at an instant of the monotonic clock. */
export class Pollable extends Resource {
  /** Nanoseconds of the monotonic clock. */
  readonly at: bigint | undefined;

  constructor(guest: Guest, at?: bigint) {
    super(guest);
    this.at = at;
  }

  ready(): boolean {
    return this.at === undefined || this.guest.world.clock.monotonicNs() >= this.at;
  }

  block(): void {
    while (!this.ready()) sleepUntil(this.guest, this.at ?? 0n);
  }
}

/** The indexes of what is ready, after waiting for the first. A list of none traps, as the interface says. */
function poll(pollables: readonly Pollable[]): Uint32Array {
  const first = pollables[0];
  if (first === undefined) throw new Error('poll of an empty list');
  for (;;) {
    const ready = pollables.flatMap((one, index) => (one.ready() ? [index] : []));
    if (ready.length > 0) return Uint32Array.from(ready);
    const instants = pollables.flatMap((one) => one.at ?? []);
    sleepUntil(
      first.guest,
      instants.reduce((a, b) => (a < b ? a : b)),
    );
  }
}

function sleepUntil(guest: Guest, at: bigint): void {
  const { clock } = guest.world;
  const wait = at - clock.monotonicNs();
  if (wait > 0n) clock.sleep(wait);
}

/** Where an input stream's bytes come from: how many were filled in, 0 at the end. */
export type Fill = (into: Uint8Array) => number | Errno;

/** `wasi:io/streams.input-stream`. Reading waits for at least one byte, blocking or not: there is nothing else to do meanwhile. */
export class InputStream extends Resource {
  readonly #fill: Fill;
  readonly #closed: () => void;

  constructor(guest: Guest, fill: Fill, closed: () => void = () => undefined) {
    super(guest);
    this.#fill = fill;
    this.#closed = closed;
  }

  /** At most `MAX_CHUNK_BYTES`; the bytes are good until the next operation of this guest. */
  read(asked: bigint): Result<Uint8Array, StreamError> {
    const into = this.guest.scratch(asked);
    if (into.length === 0) return ok(into);
    const filled = this.#fill(into);
    if (typeof filled !== 'number') return err(failed(this.guest, filled));
    return filled === 0 ? CLOSED : ok(into.subarray(0, filled));
  }

  blockingRead(asked: bigint): Result<Uint8Array, StreamError> {
    return this.read(asked);
  }

  skip(asked: bigint): Result<bigint, StreamError> {
    const read = this.read(asked);
    return read.tag === 'ok' ? ok(BigInt(read.val.length)) : read;
  }

  blockingSkip(asked: bigint): Result<bigint, StreamError> {
    return this.skip(asked);
  }

  subscribe(): Pollable {
    return new Pollable(this.guest);
  }

  override [Symbol.dispose](): void {
    super[Symbol.dispose]();
    this.#closed();
  }
}

/** Where an output stream's bytes go: all of them, or a refusal. */
export type Drain = (from: Uint8Array) => Errno | undefined;

/** `wasi:io/streams.output-stream`. Nothing is buffered: what was written is where it should be. */
export class OutputStream extends Resource {
  readonly #drain: Drain;
  readonly #closed: () => void;

  constructor(guest: Guest, drain: Drain, closed: () => void = () => undefined) {
    super(guest);
    this.#drain = drain;
    this.#closed = closed;
  }

  checkWrite(): Result<bigint, StreamError> {
    return ok(BigInt(PERMIT_BYTES));
  }

  write(contents: Uint8Array): Result<undefined, StreamError> {
    requirePermit(BigInt(contents.length));
    const refusal = this.#drain(contents);
    return refusal === undefined ? DONE : err(failed(this.guest, refusal));
  }

  blockingWriteAndFlush(contents: Uint8Array): Result<undefined, StreamError> {
    return this.write(contents);
  }

  flush(): Result<undefined, StreamError> {
    return DONE;
  }

  blockingFlush(): Result<undefined, StreamError> {
    return DONE;
  }

  writeZeroes(count: bigint): Result<undefined, StreamError> {
    requirePermit(count);
    for (let left = Number(count); left > 0; left -= MAX_CHUNK_BYTES) {
      const written = this.write(ZEROES.subarray(0, left));
      if (written.tag === 'err') return written;
    }
    return DONE;
  }

  blockingWriteZeroesAndFlush(count: bigint): Result<undefined, StreamError> {
    return this.writeZeroes(count);
  }

  splice(source: InputStream, asked: bigint): Result<bigint, StreamError> {
    const read = source.read(asked);
    if (read.tag === 'err') return read;
    const written = this.write(read.val);
    return written.tag === 'err' ? written : ok(BigInt(read.val.length));
  }

  blockingSplice(source: InputStream, asked: bigint): Result<bigint, StreamError> {
    return this.splice(source, asked);
  }

  subscribe(): Pollable {
    return new Pollable(this.guest);
  }

  override [Symbol.dispose](): void {
    super[Symbol.dispose]();
    this.#closed();
  }
}

export const io = {
  error: { Error: IoError },
  poll: { Pollable, poll },
  streams: { InputStream, OutputStream },
};

function failed(guest: Guest, errno: Errno): StreamError {
  return { tag: 'last-operation-failed', val: new IoError(guest, errno) };
}

function requirePermit(bytes: bigint): void {
  if (bytes > BigInt(PERMIT_BYTES)) throw new Error(`a write of ${bytes} bytes, allowed were ${PERMIT_BYTES}`);
}
