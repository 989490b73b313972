import type { DirHandle, Errno, FileStat } from '../../../workspace/layer.ts';
import { OpenFile } from './file.ts';
import type { Guest } from './guest.ts';
import { InputStream, IoError, OutputStream, Resource } from './io.ts';
import { DONE, doneOr, type ErrorCode, ok, refused, type Result } from './result.ts';
import {
  type DescriptorFlags,
  type DescriptorStat,
  type DescriptorType,
  type DirectoryEntry,
  type MetadataHash,
  type NewTimestamp,
  type OpenFlags,
  type PathFlags,
  statOf,
  time,
  TYPES,
} from './stat.ts';

/** `wasi:filesystem/types.descriptor` over a handle of the file layer. */
class Descriptor extends Resource {
  readonly #opened: OpenFile | DirHandle;
  readonly #flags: DescriptorFlags;

  constructor(guest: Guest, opened: OpenFile | DirHandle, flags: DescriptorFlags) {
    super(guest);
    this.#opened = opened;
    this.#flags = flags;
  }

  readViaStream(offset: bigint): Result<InputStream, ErrorCode> {
    const file = this.#file('read');
    if (!(file instanceof OpenFile)) return refused(file);
    let at = offset;
    const fill = (into: Uint8Array): number | Errno => {
      const count = file.read(into, at);
      if (typeof count === 'number') at += BigInt(count);
      return count;
    };
    return ok(new InputStream(this.guest, fill, holding(file)));
  }

  writeViaStream(offset: bigint): Result<OutputStream, ErrorCode> {
    let at = offset;
    return this.#streamTo((file, from) => {
      const refusal = file.writeAll(from, at);
      if (refusal === undefined) at += BigInt(from.length);
      return refusal;
    });
  }

  appendViaStream(): Result<OutputStream, ErrorCode> {
    return this.#streamTo((file, from) => {
      const end = file.size();
      return typeof end === 'bigint' ? file.writeAll(from, end) : end;
    });
  }

  advise(): Result<undefined, ErrorCode> {
    return this.#opened instanceof OpenFile ? DONE : refused('badf');
  }

  syncData(): Result<undefined, ErrorCode> {
    return this.sync();
  }

  sync(): Result<undefined, ErrorCode> {
    return doneOr(this.#handle().sync());
  }

  getFlags(): Result<DescriptorFlags, ErrorCode> {
    return ok(this.#flags);
  }

  getType(): Result<DescriptorType, ErrorCode> {
    return ok(TYPES[this.#handle().kind]);
  }

  setSize(size: bigint): Result<undefined, ErrorCode> {
    const file = this.#file('write');
    return doneOr(file instanceof OpenFile ? file.resize(size) : file);
  }

  setTimes(access: NewTimestamp, modification: NewTimestamp): Result<undefined, ErrorCode> {
    const file = this.#file('write');
    return doneOr(file instanceof OpenFile ? file.handle.setTimes(time(access), time(modification)) : file);
  }

  read(length: bigint, offset: bigint): Result<[Uint8Array, boolean], ErrorCode> {
    const file = this.#file('read');
    if (!(file instanceof OpenFile)) return refused(file);
    const into = this.guest.scratch(length);
    const count = file.read(into, offset);
    return typeof count === 'number' ? ok([into.subarray(0, count), count === 0 && into.length > 0]) : refused(count);
  }

  write(contents: Uint8Array, offset: bigint): Result<bigint, ErrorCode> {
    const file = this.#file('write');
    if (!(file instanceof OpenFile)) return refused(file);
    const count = file.write(contents, offset);
    return typeof count === 'number' ? ok(BigInt(count)) : refused(count);
  }

  readDirectory(): Result<DirectoryEntryStream, ErrorCode> {
    const entries = this.#inDir((dir) => dir.list());
    if (typeof entries === 'string') return refused(entries);
    return ok(
      new DirectoryEntryStream(
        this.guest,
        entries.map(({ name, kind }) => ({ name, type: TYPES[kind] })),
      ),
    );
  }

  createDirectoryAt(path: string): Result<undefined, ErrorCode> {
    return doneOr(this.#making((dir) => dir.mkdir(path)));
  }

  stat(): Result<DescriptorStat, ErrorCode> {
    return statOf(this.#handle().stat());
  }

  statAt(flags: PathFlags, path: string): Result<DescriptorStat, ErrorCode> {
    return statOf(this.#inDir((dir) => dir.statAt(path, flags.symlinkFollow === true)));
  }

  setTimesAt(
    flags: PathFlags,
    path: string,
    access: NewTimestamp,
    modification: NewTimestamp,
  ): Result<undefined, ErrorCode> {
    const follow = flags.symlinkFollow === true;
    return doneOr(this.#inDir((dir) => dir.setTimesAt(path, follow, time(access), time(modification))));
  }

  linkAt(flags: PathFlags, from: string, to: Descriptor, path: string): Result<undefined, ErrorCode> {
    const follow = flags.symlinkFollow === true;
    return doneOr(this.#making((dir) => to.#inDir((target) => dir.link(from, follow, target, path))));
  }

  openAt(path: PathFlags, name: string, how: OpenFlags, flags: DescriptorFlags): Result<Descriptor, ErrorCode> {
    if (!this.guest.hasDescriptor) return refused('mfile');
    const open = (dir: DirHandle): ReturnType<DirHandle['open']> =>
      dir.open(name, {
        read: flags.read === true,
        write: flags.write === true,
        create: how.create === true,
        exclusive: how.exclusive === true,
        truncate: how.truncate === true,
        directory: how.directory === true,
        followLast: path.symlinkFollow === true,
      });
    const handle = how.create === true ? this.#making(open) : this.#inDir(open);
    if (typeof handle === 'string') return refused(handle);
    if (handle.kind === 'file') return ok(new Descriptor(this.guest, new OpenFile(this.guest, handle), flags));
    this.guest.opened(handle);
    return ok(new Descriptor(this.guest, handle, flags));
  }

  readlinkAt(path: string): Result<string, ErrorCode> {
    const link = this.#inDir((dir) => dir.readlink(path));
    return typeof link === 'string' ? refused(link) : ok(link.target);
  }

  removeDirectoryAt(path: string): Result<undefined, ErrorCode> {
    return doneOr(this.#inDir((dir) => dir.rmdir(path)));
  }

  renameAt(from: string, to: Descriptor, path: string): Result<undefined, ErrorCode> {
    return doneOr(this.#inDir((dir) => to.#inDir((target) => dir.rename(from, target, path))));
  }

  symlinkAt(target: string, path: string): Result<undefined, ErrorCode> {
    return doneOr(this.#making((dir) => dir.symlink(target, path)));
  }

  unlinkFileAt(path: string): Result<undefined, ErrorCode> {
    return doneOr(this.#inDir((dir) => dir.unlink(path)));
  }

  isSameObject(other: Descriptor): boolean {
    const [a, b] = [this.#handle().stat(), other.#handle().stat()];
    return typeof a !== 'string' && typeof b !== 'string' && a.dev === b.dev && a.ino === b.ino;
  }

  metadataHash(): Result<MetadataHash, ErrorCode> {
    return this.#hashOf(this.#handle().stat());
  }

  metadataHashAt(flags: PathFlags, path: string): Result<MetadataHash, ErrorCode> {
    return this.#hashOf(this.#inDir((dir) => dir.statAt(path, flags.symlinkFollow === true)));
  }

  override [Symbol.dispose](): void {
    super[Symbol.dispose]();
    if (this.#opened instanceof OpenFile) this.#opened.release();
    else this.guest.closed(this.#opened);
  }

  /** The handle, as long as the call has not ended. */
  #handle() {
    void this.guest.world;
    return this.#opened instanceof OpenFile ? this.#opened.handle : this.#opened;
  }

  #file(right: 'read' | 'write'): OpenFile | Errno {
    void this.guest.world;
    if (!(this.#opened instanceof OpenFile)) return 'isdir';
    return this.#flags[right] === true ? this.#opened : 'badf';
  }

  /** The same for what makes a name. */
  #making<T>(use: (dir: DirHandle) => T): T | Errno {
    return this.#inDir((dir) => (this.guest.takeName() ? use(dir) : 'dquot'));
  }

  #inDir<T>(use: (dir: DirHandle) => T): T | Errno {
    void this.guest.world;
    return this.#opened instanceof OpenFile ? 'notdir' : use(this.#opened);
  }

  #streamTo(drain: (file: OpenFile, from: Uint8Array) => Errno | undefined): Result<OutputStream, ErrorCode> {
    const file = this.#file('write');
    if (!(file instanceof OpenFile)) return refused(file);
    const { guest } = this;
    return ok(
      new OutputStream(
        guest,
        (from) => {
          void guest.world;
          return drain(file, from);
        },
        holding(file),
      ),
    );
  }

  #hashOf(stat: FileStat | Errno): Result<MetadataHash, ErrorCode> {
    if (typeof stat === 'string') return refused(stat);
    const { identities } = this.guest;
    return ok({ lower: identities.ino(stat.dev, stat.ino), upper: identities.dev(stat.dev) });
  }
}

/** `wasi:filesystem/types.directory-entry-stream` over a listing made once. */
class DirectoryEntryStream extends Resource {
  readonly #entries: readonly DirectoryEntry[];
  #next = 0;

  constructor(guest: Guest, entries: readonly DirectoryEntry[]) {
    super(guest);
    this.#entries = entries;
  }

  readDirectoryEntry(): Result<DirectoryEntry | undefined, ErrorCode> {
    const entry = this.#entries[this.#next];
    this.#next += 1;
    return ok(entry);
  }
}

/** `wasi:filesystem` */
export function filesystem(guest: Guest) {
  return {
    types: {
      Descriptor,
      DirectoryEntryStream,
      filesystemErrorCode: (error: unknown): ErrorCode | undefined =>
        error instanceof IoError ? error.code : undefined,
    },
    preopens: {
      getDirectories: (): [Descriptor, string][] =>
        guest.world.mounts.map(({ dir, guestPath }) => [
          new Descriptor(guest, dir, { read: true, mutateDirectory: true }),
          guestPath,
        ]),
    },
  };
}

function holding(file: OpenFile): () => void {
  file.share();
  return () => file.release();
}
