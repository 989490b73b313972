import { decodeUtf8 } from '../../base/bytes.ts';
import type { Errno } from '../../workspace/layer.ts';
import { ERRNO } from './errno.ts';
import { IOVEC_BYTES, MAX_IOVECS, MAX_PATH_BYTES, MAX_TRANSFER_BYTES } from './abi.ts';

const NONE = new Uint8Array(0);
const NO_VIEW = new DataView(new ArrayBuffer(0));

/**
 * A guest's linear memory. Every pointer and length is an enemy's: callers pass them through `>>> 0`, ask `has` before they touch, and
 * take `bytes` and `view` anew in each host call, for growth detaches the old ones.
 */
export class GuestMemory {
  #memory: WebAssembly.Memory | undefined;
  #bytes: Uint8Array = NONE;
  #view: DataView = NO_VIEW;
  #text: Buffer | undefined;
  readonly #starts: number[] = [];
  readonly #lengths: number[] = [];

  /** Until this is called, and for a module without exported memory, no pointer is valid. */
  attach(memory: WebAssembly.Memory): void {
    this.#memory = memory;
    this.#take();
  }

  /** From now on no pointer is valid. */
  detach(): void {
    this.#memory = undefined;
    this.#take();
  }

  get byteLength(): number {
    return this.#memory?.buffer.byteLength ?? 0;
  }

  get bytes(): Uint8Array {
    if (this.#bytes.length === 0) this.#take();
    return this.#bytes;
  }

  get view(): DataView {
    if (this.#bytes.length === 0) this.#take();
    return this.#view;
  }

  /** Whether the range lies in memory; both unsigned 32-bit numbers. A range of length 0 may start at the very end. */
  has(at: number, length: number): boolean {
    return at + length <= this.bytes.length;
  }

  /** A window on guest memory; valid until the guest runs again. The range must have been checked. */
  window(at: number, length: number): Uint8Array {
    const bytes = this.bytes;
    return new Uint8Array(bytes.buffer, at, length);
  }

  /**
   * Copies the iovecs out of guest memory, then validates the copy: a transfer that overlaps their array cannot change them any more.
   * Read them with `start` and `length` until the next call.
   * @returns how many, or `inval` for too many or too long, or `fault` when one lies outside
   */
  loadIovecs(at: number, count: number): number | Errno {
    if (count > MAX_IOVECS) return 'inval';
    if (!this.has(at, count * IOVEC_BYTES)) return 'fault';
    const view = this.view;
    const end = this.#bytes.length;
    let total = 0;
    for (let index = 0; index < count; index++) {
      const start = view.getUint32(at + index * IOVEC_BYTES, true);
      const length = view.getUint32(at + index * IOVEC_BYTES + 4, true);
      if (start + length > end) return 'fault';
      this.#starts[index] = start;
      this.#lengths[index] = length;
      total += length;
    }
    return total > MAX_TRANSFER_BYTES ? 'inval' : count;
  }

  /** The window of the iovec of that index, as last loaded. */
  iovec(index: number): Uint8Array {
    return this.window(this.#starts[index] ?? 0, this.#lengths[index] ?? 0);
  }

  iovecLength(index: number): number {
    return this.#lengths[index] ?? 0;
  }

  /** A path as text, or the errno that it deserves as a number (a path may spell an errno's name). */
  loadPath(at: number, length: number): string | number {
    if (!this.has(at, length)) return ERRNO.fault;
    if (length === 0) return ERRNO.noent;
    if (length > MAX_PATH_BYTES) return ERRNO.nametoolong;
    const bytes = this.bytes;
    const end = at + length;
    for (let index = at; index < end; index++) {
      const byte = bytes[index] ?? 0;
      if (byte === 0) return ERRNO.inval;
      if (byte > 0x7f) return wideText(bytes.subarray(at, end));
    }
    this.#text ??= Buffer.from(bytes.buffer);
    return this.#text.toString('latin1', at, end);
  }

  #take(): void {
    const buffer = this.#memory?.buffer;
    this.#bytes = buffer === undefined ? NONE : new Uint8Array(buffer);
    this.#view = buffer === undefined ? NO_VIEW : new DataView(buffer);
    this.#text = undefined;
  }
}

function wideText(bytes: Uint8Array): string | number {
  if (bytes.includes(0)) return ERRNO.inval;
  return decodeUtf8(bytes) ?? ERRNO.ilseq;
}
