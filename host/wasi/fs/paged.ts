import type { Errno } from '../../workspace/layer.ts';
import type { Quota } from './quota.ts';

/** What a regular file in memory holds. */
export interface FileBytes {
  readonly size: number;
  /** Fills `into` from byte `at` on; answers how many, 0 at the end. */
  read(into: Uint8Array, at: bigint): number;
  /** All of `from`, or a refusal and nothing. */
  write(from: Uint8Array, at: bigint): number | Errno;
  resize(bytes: bigint): Errno | undefined;
}

const PAGE_BYTES = 65_536;
/** The last page of a file is allocated in steps of this until it is full. */
const STEP_BYTES = 4096;

/**
 * The bytes of one file, in pages. Every byte up to the size is charged to the quota before it exists, holes included, though a hole has no
 * page: what is allocated is never more than what is charged.
 */
export class PagedBytes implements FileBytes {
  readonly #quota: Quota;
  readonly #pages: (Uint8Array | undefined)[] = [];
  #size = 0;
  #charged = 0;

  constructor(quota: Quota) {
    this.#quota = quota;
  }

  get size(): number {
    return this.#size;
  }

  read(into: Uint8Array, at: bigint): number {
    if (at >= BigInt(this.#size)) return 0;
    const start = Number(at);
    const count = Math.min(into.length, this.#size - start);
    for (let done = 0; done < count;) {
      const from = start + done;
      const inPage = from % PAGE_BYTES;
      const length = Math.min(count - done, PAGE_BYTES - inPage);
      const page = this.#pages[(from - inPage) / PAGE_BYTES];
      const part = page?.subarray(inPage, inPage + length);
      if (part !== undefined) into.set(part, done);
      // A hole, or the rest of a page that was not written to its end.
      if (part === undefined || part.length < length) into.fill(0, done + (part?.length ?? 0), done + length);
      done += length;
    }
    return count;
  }

  write(from: Uint8Array, at: bigint): number | Errno {
    if (from.length === 0) return 0;
    const refusal = this.#reach(at + BigInt(from.length));
    if (refusal !== undefined) return refusal;
    const start = Number(at);
    for (let done = 0; done < from.length;) {
      const to = start + done;
      const inPage = to % PAGE_BYTES;
      const length = Math.min(from.length - done, PAGE_BYTES - inPage);
      this.#page((to - inPage) / PAGE_BYTES, inPage + length).set(from.subarray(done, done + length), inPage);
      done += length;
    }
    return from.length;
  }

  resize(bytes: bigint): Errno | undefined {
    if (bytes > BigInt(this.#size)) return this.#reach(bytes);
    const size = Number(bytes);
    const pages = Math.ceil(size / PAGE_BYTES);
    this.#pages.length = Math.min(this.#pages.length, pages);
    const inLast = size % PAGE_BYTES;
    // What was beyond the new end must read as zeros if the file grows again.
    if (inLast !== 0) this.#pages[pages - 1]?.fill(0, inLast);
    this.#size = size;
    const charge = pages * PAGE_BYTES;
    if (charge < this.#charged) {
      this.#quota.giveBytes(this.#charged - charge);
      this.#charged = charge;
    }
    return undefined;
  }

  /** Charges up to `end` and makes it the size if it lies beyond. */
  #reach(end: bigint): Errno | undefined {
    if (end <= BigInt(this.#size)) return undefined;
    if (end > BigInt(this.#quota.maxBytes)) return 'fbig';
    const size = Number(end);
    if (size > this.#charged && !this.#charge(chargeFor(size)) && !this.#charge(size)) return 'nospc';
    this.#size = size;
    return undefined;
  }

  #charge(bytes: number): boolean {
    if (!this.#quota.takeBytes(bytes - this.#charged)) return false;
    this.#charged = bytes;
    return true;
  }

  /** The page with room for `length` bytes; they are charged already. */
  #page(index: number, length: number): Uint8Array {
    const old = this.#pages[index];
    if (old !== undefined && old.length >= length) return old;
    const isLast = (index + 1) * PAGE_BYTES > this.#charged;
    const page = new Uint8Array(isLast ? this.#charged - index * PAGE_BYTES : PAGE_BYTES);
    if (old !== undefined) page.set(old);
    while (this.#pages.length < index) this.#pages.push(undefined);
    this.#pages[index] = page;
    return page;
  }
}

/** Small files in steps, larger ones in whole pages: a file that grows is moved a few times at the most. */
function chargeFor(size: number): number {
  const step = size > PAGE_BYTES ? PAGE_BYTES : size > 4 * STEP_BYTES ? PAGE_BYTES : STEP_BYTES;
  return Math.ceil(size / step) * step;
}
