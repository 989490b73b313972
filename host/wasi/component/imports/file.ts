import type { Errno, FileHandle } from '../../../workspace/layer.ts';
import type { Guest } from './guest.ts';

/** One open regular file, shared by its descriptor and the streams over it; closed with the last of them. */
export class OpenFile {
  readonly handle: FileHandle;
  readonly #guest: Guest;
  #holders = 1;
  /** The file had this size at some time. */
  #known = 0n;

  constructor(guest: Guest, handle: FileHandle) {
    this.#guest = guest;
    this.handle = handle;
    guest.opened(handle);
  }

  share(): this {
    this.#holders += 1;
    return this;
  }

  release(): void {
    this.#holders -= 1;
    if (this.#holders === 0) this.#guest.closed(this.handle);
  }

  read(into: Uint8Array, at: bigint): number | Errno {
    return this.handle.read(into, at);
  }

  /** Writes all or part; what is written, and a gap that the write leaves in front of it, count against the limit. */
  write(from: Uint8Array, at: bigint): number | Errno {
    let gap = 0n;
    if (at > this.#known) {
      const size = this.size();
      if (typeof size !== 'bigint') return size;
      if (size > this.#known) this.#known = size;
      if (at > size) gap = at - size;
    }
    if (!this.#guest.charge(BigInt(from.length) + gap)) return 'dquot';
    const written = this.handle.write(from, at);
    if (typeof written === 'number' && at + BigInt(written) > this.#known) this.#known = at + BigInt(written);
    return written;
  }

  writeAll(from: Uint8Array, at: bigint): Errno | undefined {
    let done = 0;
    while (done < from.length) {
      const written = this.write(from.subarray(done), at + BigInt(done));
      if (typeof written !== 'number') return written;
      if (written === 0) return 'io';
      done += written;
    }
    return undefined;
  }

  resize(bytes: bigint): Errno | undefined {
    const size = this.size();
    if (typeof size !== 'bigint') return size;
    if (bytes > size && !this.#guest.charge(bytes - size)) return 'dquot';
    return this.handle.resize(bytes);
  }

  size(): bigint | Errno {
    const stat = this.handle.stat();
    return typeof stat === 'string' ? stat : stat.size;
  }
}
