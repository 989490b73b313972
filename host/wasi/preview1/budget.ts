import type { Errno, FileHandle } from '../../workspace/layer.ts';
import type { FileDescriptor } from './table.ts';

/** Tries of one call to make a name in a directory: files opened with `creat`, there already or not, directories and links. */
export const MAX_NAMES = 65_536;

/** The bytes that a guest may still write to files and have files grown by. */
export class WriteBudget {
  #left: number;
  #names = 0;
  /** Moves whenever the guest makes a file smaller: then no remembered size floor holds any more. */
  #epoch = 0;

  constructor(maxBytes: number) {
    this.#left = maxBytes;
  }

  /**
   * Writes through the descriptor at `at` and charges what was written or the growth, whichever is more, a hole included.
   * @returns bytes written; `dquot` before anything is written if the budget does not cover it
   */
  write(descriptor: FileDescriptor, from: Uint8Array, at: bigint): number | Errno {
    let size = descriptor.epoch === this.#epoch ? descriptor.sizeFloor : 0n;
    let hole = 0n;
    if (at > size) {
      const stat = descriptor.file.stat();
      if (typeof stat === 'string') return stat;
      size = stat.size;
      if (at > size) hole = at - size;
    }
    if (hole + BigInt(from.length) > BigInt(this.#left)) return 'dquot';
    const written = descriptor.file.write(from, at);
    if (typeof written === 'string') return written;
    if (written === 0) return 0;
    this.#left -= written + Number(hole);
    const end = at + BigInt(written);
    descriptor.sizeFloor = end > size ? end : size;
    descriptor.epoch = this.#epoch;
    return written;
  }

  /** Sets a file's size and charges the growth. */
  resize(file: FileHandle, bytes: bigint): Errno | undefined {
    const stat = file.stat();
    if (typeof stat === 'string') return stat;
    const growth = bytes - stat.size;
    if (growth > BigInt(this.#left)) return 'dquot';
    const refusal = file.resize(bytes);
    if (refusal !== undefined) return refusal;
    if (growth > 0n) this.#left -= Number(growth);
    else this.shrunk();
    return undefined;
  }

  /** Takes one name, which no count of bytes covers; `false` if none is left. */
  takeName(): boolean {
    this.#names++;
    return this.#names <= MAX_NAMES;
  }

  /** A file became smaller by other means than `resize`. */
  shrunk(): void {
    this.#epoch++;
  }
}
