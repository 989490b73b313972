import type { DirEntry, DirHandle, Errno, FileHandle, FileStat, OpenHow } from '../../workspace/layer.ts';
import { type DirNode, type FileNode, listOf, statOf, type TmpNode } from './node.ts';
import type { FileBytes } from './paged.ts';
import { resolve } from './resolve.ts';

/** Outside of what a real device has; guests see neither. */
const BUNDLE_DEV = 0xffff_ffff_0002n;

/**
 * The files as a read-only file system: every write is `rofs`. The bytes are used as they are, not copied, and never written.
 * @param files relative path with `/` separators → content
 * @throws TypeError for a path that is not one, or a file where another path needs a directory
 */
export function createBundleFs(files: ReadonlyMap<string, Uint8Array>): DirHandle {
  let lastIno = 0n;
  const common = () => ({ ino: ++lastIno, nlink: 1, atimNs: 0n, mtimNs: 0n, ctimNs: 0n });
  const newDir = (parent: DirNode | undefined): DirNode => ({
    ...common(),
    kind: 'directory',
    entries: new Map(),
    parent,
    removed: false,
  });
  const root = newDir(undefined);
  for (const [path, content] of files) {
    const segments = path.split('/');
    const name = segments.pop();
    let dir = root;
    for (const segment of segments) {
      let next = dir.entries.get(named(segment, path));
      if (next === undefined) dir.entries.set(segment, (next = newDir(dir)));
      if (next.kind !== 'directory') throw new TypeError(`the bundle has a file where ${path} needs a directory`);
      dir = next;
    }
    if (dir.entries.has(named(name, path))) throw new TypeError(`the bundle has ${path} twice`);
    dir.entries.set(named(name, path), { ...common(), kind: 'file', bytes: new FixedBytes(content), opens: 0 });
  }
  return new BundleDir(root);
}

function named(segment: string | undefined, path: string): string {
  if (segment === undefined || segment === '' || segment === '.' || segment === '..') {
    throw new TypeError(`not a path in a bundle: ${path}`);
  }
  return segment;
}

class FixedBytes implements FileBytes {
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get size(): number {
    return this.#bytes.length;
  }

  read(into: Uint8Array, at: bigint): number {
    if (at >= BigInt(this.#bytes.length)) return 0;
    const part = this.#bytes.subarray(Number(at), Number(at) + into.length);
    into.set(part);
    return part.length;
  }

  write(): Errno {
    return 'rofs';
  }

  resize(): Errno {
    return 'rofs';
  }
}

class BundleFile implements FileHandle {
  readonly kind = 'file';
  readonly #node: FileNode;

  constructor(node: FileNode) {
    this.#node = node;
  }

  read(into: Uint8Array, at: bigint): number {
    return this.#node.bytes.read(into, at);
  }

  write(): Errno {
    return 'rofs';
  }

  stat(): FileStat {
    return statOf(this.#node, BUNDLE_DEV);
  }

  resize(): Errno {
    return 'rofs';
  }

  setTimes(): Errno {
    return 'rofs';
  }

  sync(): undefined {}

  close(): void {}
}

class BundleDir implements DirHandle {
  readonly kind = 'directory';
  readonly #node: DirNode;

  constructor(node: DirNode) {
    this.#node = node;
  }

  open(path: string, how: OpenHow): FileHandle | DirHandle | Errno {
    const node = this.#existing(path);
    if (node === 'noent' && how.create) return 'rofs';
    if (typeof node === 'string') return node;
    if (how.create && how.exclusive) return 'exist';
    if (node.kind === 'directory') {
      return how.write || how.truncate || how.create ? 'isdir' : new BundleDir(node);
    }
    if (how.directory || node.kind !== 'file') return 'notdir';
    return how.write || how.truncate ? 'rofs' : new BundleFile(node);
  }

  stat(): FileStat {
    return statOf(this.#node, BUNDLE_DEV);
  }

  statAt(path: string): FileStat | Errno {
    const node = this.#existing(path);
    return typeof node === 'string' ? node : statOf(node, BUNDLE_DEV);
  }

  list(): readonly DirEntry[] {
    return listOf(this.#node);
  }

  mkdir(): Errno {
    return 'rofs';
  }

  unlink(): Errno {
    return 'rofs';
  }

  rmdir(): Errno {
    return 'rofs';
  }

  rename(): Errno {
    return 'rofs';
  }

  link(): Errno {
    return 'rofs';
  }

  symlink(): Errno {
    return 'rofs';
  }

  readlink(path: string): Errno {
    const node = this.#existing(path);
    return typeof node === 'string' ? node : 'inval';
  }

  setTimesAt(): Errno {
    return 'rofs';
  }

  sync(): undefined {}

  close(): void {}

  #existing(path: string): TmpNode | Errno {
    const place = resolve(this.#node, path, 'always');
    if (typeof place === 'string') return place;
    if (place.node === undefined) return 'noent';
    return place.directory && place.node.kind !== 'directory' ? 'notdir' : place.node;
  }
}
