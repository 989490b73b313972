import type { DirEntry, DirHandle, Errno, FileHandle } from '../../workspace/layer.ts';
import type { ByteSink, ByteSource } from '../world.ts';

interface Common {
  /** What may be done with the descriptor itself, and what descriptors opened through it may get. */
  base: number;
  inheriting: number;
  /** `FDFLAG` bits. */
  flags: number;
}

export interface FileDescriptor extends Common {
  readonly kind: 'file';
  readonly file: FileHandle;
  at: bigint;
  /** The file had at least so many bytes while `epoch` was current; see `WriteBudget`. */
  sizeFloor: bigint;
  epoch: number;
}

export interface Listing {
  /** The host's number of the device that the inodes in it are of. */
  readonly dev: bigint;
  readonly entries: readonly DirEntry[];
}

export interface DirDescriptor extends Common {
  readonly kind: 'directory';
  readonly dir: DirHandle;
  /** Where the guest sees a mount, in UTF-8; the mount's handle stays its owner's. */
  readonly preopen: Uint8Array | undefined;
  /** The listing that cookies count in, taken at cookie 0. */
  listing: Listing | undefined;
}

export interface SourceDescriptor extends Common {
  readonly kind: 'source';
  readonly source: ByteSource;
}

export interface SinkDescriptor extends Common {
  readonly kind: 'sink';
  readonly sink: ByteSink;
}

export type Descriptor = FileDescriptor | DirDescriptor | SourceDescriptor | SinkDescriptor;

/** The open descriptors of one guest, at most `max` at a time; a new one gets the lowest free number. */
export class DescriptorTable {
  readonly #max: number;
  readonly #slots: (Descriptor | undefined)[] = [];
  #open = 0;
  #lowestFree = 0;

  constructor(max: number) {
    this.#max = max;
  }

  get(fd: number): Descriptor | undefined {
    return this.#slots[fd >>> 0];
  }

  get full(): boolean {
    return this.#open >= this.#max;
  }

  /** The new number, or `mfile`; then the handle in it is still the caller's to close. */
  add(descriptor: Descriptor): number | Errno {
    if (this.#open >= this.#max) return 'mfile';
    let fd = this.#lowestFree;
    while (this.#slots[fd] !== undefined) fd++;
    this.#slots[fd] = descriptor;
    this.#lowestFree = fd + 1;
    this.#open++;
    return fd;
  }

  close(fd: number): Errno | undefined {
    const descriptor = this.get(fd);
    if (descriptor === undefined) return 'badf';
    this.#free(fd >>> 0);
    release(descriptor);
    return undefined;
  }

  /** `from` becomes `to`, what was `to` is closed; both must be open. */
  renumber(from: number, to: number): Errno | undefined {
    const moved = this.get(from);
    const replaced = this.get(to);
    if (moved === undefined || replaced === undefined) return 'badf';
    if (moved === replaced) return undefined;
    this.#slots[to >>> 0] = moved;
    this.#free(from >>> 0);
    release(replaced);
    return undefined;
  }

  closeAll(): void {
    for (const descriptor of this.#slots.splice(0)) if (descriptor !== undefined) release(descriptor);
    this.#open = 0;
    this.#lowestFree = 0;
  }

  #free(fd: number): void {
    this.#slots[fd] = undefined;
    this.#open--;
    if (fd < this.#lowestFree) this.#lowestFree = fd;
  }
}

function release(descriptor: Descriptor): void {
  if (descriptor.kind === 'file') descriptor.file.close();
  else if (descriptor.kind === 'directory' && descriptor.preopen === undefined) descriptor.dir.close();
}
