import type { Size } from '../module/size.ts';

const PAGE_BYTES = 65_536;

/**
 * Keeps the memory of the last call of one module for its next. A new one costs the kernel several mappings and faults, and the engine
 * full collections; a zeroed one costs a pass over it. What `take` gives cannot be told from a new one: its size is the initial one, its
 * maximum the same, every byte of it zero.
 */
export class MemoryShelf {
  readonly #size: Required<Size>;
  #used: WebAssembly.Memory | undefined;
  #clean: WebAssembly.Memory | undefined;

  constructor(size: Required<Size>) {
    this.#size = size;
  }

  /** @throws RangeError when there is none to be had */
  take(): WebAssembly.Memory {
    const memory = this.#clean ?? new WebAssembly.Memory(this.#size);
    this.#clean = undefined;
    return memory;
  }

  /** Takes the memory of an instance of which nothing can run any more. */
  giveBack(memory: WebAssembly.Memory): void {
    this.#used = memory;
  }

  /** Makes what was given back fit to be taken; answers whether it is kept. Until this is called `take` does not give it. */
  tidy(): boolean {
    const memory = this.#used;
    this.#used = undefined;
    // A memory never shrinks, and the next guest would see that it had grown.
    if (memory?.buffer.byteLength !== this.#size.initial * PAGE_BYTES) return false;
    new Uint8Array(memory.buffer).fill(0);
    this.#clean = memory;
    return true;
  }
}
