import { fchmodSync, fchownSync, fstatSync, ftruncateSync, readSync, writeSync } from 'node:fs';
import type { Backend } from './backend.ts';
import { attempt, attemptVoid } from './errno.ts';
import type { Errno, FileHandle, FileStat, TimeToSet } from './layer.ts';

/** Bytes that a file offset can count. Source: off_t, and the integers that a number holds. */
const MAX_OFFSET = BigInt(Number.MAX_SAFE_INTEGER);
/** Without the bits that lend a program its owner's rights: it is another program by then. */
const PERMISSION_BITS = 0o777;

/** What the grants and the open allow on one file. */
export interface FileRights {
  readonly read: boolean;
  readonly write: boolean;
  /** The times may be set: granted for writing, and no second name elsewhere. */
  readonly touch: boolean;
}

/** An open regular file; owns the descriptor. */
export class WorkspaceFile implements FileHandle {
  readonly kind = 'file';
  readonly #backend: Backend;
  readonly #rights: FileRights;
  #fd: number;

  constructor(backend: Backend, fd: number, rights: FileRights) {
    this.#backend = backend;
    this.#fd = fd;
    this.#rights = rights;
  }

  read(into: Uint8Array, at: bigint): number | Errno {
    if (this.#fd < 0 || !this.#rights.read) return 'badf';
    if (at < 0n || at > MAX_OFFSET) return 'inval';
    return attempt(() => readSync(this.#fd, into, 0, into.length, Number(at)));
  }

  write(from: Uint8Array, at: bigint): number | Errno {
    if (this.#fd < 0 || !this.#rights.write) return 'badf';
    if (at < 0n || at > MAX_OFFSET) return at < 0n ? 'inval' : 'fbig';
    return attempt(() => writeSync(this.#fd, from, 0, from.length, Number(at)));
  }

  stat(): FileStat | Errno {
    return this.#fd < 0 ? 'badf' : this.#backend.stat(this.#fd);
  }

  resize(bytes: bigint): Errno | undefined {
    if (this.#fd < 0 || !this.#rights.write) return 'badf';
    if (bytes < 0n || bytes > MAX_OFFSET) return bytes < 0n ? 'inval' : 'fbig';
    return attemptVoid(() => ftruncateSync(this.#fd, Number(bytes)));
  }

  setTimes(atim: TimeToSet, mtim: TimeToSet): Errno | undefined {
    if (this.#fd < 0) return 'badf';
    return this.#rights.touch ? this.#backend.setTimes(this.#fd, atim, mtim) : 'perm';
  }

  sync(): Errno | undefined {
    return this.#fd < 0 ? 'badf' : this.#backend.sync(this.#fd);
  }

  takeRights(from: FileHandle): Errno | undefined {
    if (!(from instanceof WorkspaceFile)) return 'xdev';
    const original = from.#fd;
    if (this.#fd < 0 || original < 0 || !this.#rights.write) return 'badf';
    return attemptVoid(() => {
      const { mode, uid, gid } = fstatSync(original);
      const own = fstatSync(this.#fd);
      // Only the superuser gives files away; for everyone else the file stays the writer's.
      if (own.uid !== uid || own.gid !== gid) attemptVoid(() => fchownSync(this.#fd, uid, gid));
      fchmodSync(this.#fd, mode & PERMISSION_BITS);
    });
  }

  close(): void {
    if (this.#fd < 0) return;
    this.#backend.close(this.#fd);
    this.#fd = -1;
  }
}
