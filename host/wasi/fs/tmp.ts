import type { DirEntry, DirHandle, Errno, FileHandle, FileStat, OpenHow, TimeToSet } from '../../workspace/layer.ts';
import { type DirNode, type FileNode, listOf, setNodeTimes, statOf, type TmpNode } from './node.ts';
import { MAX_TARGET_BYTES, parsePath } from './path.ts';
import { leaves, type Place, resolve } from './resolve.ts';
import { type TmpFsSpec, Tree } from './tree.ts';

/** Outside of what a real device has; guests see neither. */
const TMP_DEV = 0xffff_ffff_0001n;

/** An empty file system in memory; what the answered root handle and its descendants do not hold is garbage. */
export function createTmpFs(spec: TmpFsSpec): DirHandle {
  const tree = new Tree(spec);
  return new TmpDir(tree, tree.newRoot());
}

class TmpFile implements FileHandle {
  readonly kind = 'file';
  readonly #tree: Tree;
  readonly #node: FileNode;
  readonly #reads: boolean;
  readonly #writes: boolean;

  constructor(tree: Tree, node: FileNode, { read, write }: OpenHow) {
    this.#tree = tree;
    this.#node = node;
    this.#reads = read;
    this.#writes = write;
    node.opens++;
  }

  read(into: Uint8Array, at: bigint): number | Errno {
    return this.#reads ? this.#node.bytes.read(into, at) : 'badf';
  }

  write(from: Uint8Array, at: bigint): number | Errno {
    if (!this.#writes) return 'badf';
    const written = this.#node.bytes.write(from, at);
    if (typeof written === 'number' && written > 0) this.#tree.touch(this.#node);
    return written;
  }

  stat(): FileStat {
    return statOf(this.#node, TMP_DEV);
  }

  resize(bytes: bigint): Errno | undefined {
    if (!this.#writes) return 'badf';
    const refusal = this.#node.bytes.resize(bytes);
    if (refusal === undefined) this.#tree.touch(this.#node);
    return refusal;
  }

  setTimes(atim: TimeToSet, mtim: TimeToSet): undefined {
    setNodeTimes(this.#node, atim, mtim, this.#tree.now());
  }

  sync(): undefined {}

  close(): void {
    this.#node.opens--;
    this.#tree.reap(this.#node);
  }
}

class TmpDir implements DirHandle {
  readonly kind = 'directory';
  readonly #tree: Tree;
  readonly #node: DirNode;

  constructor(tree: Tree, node: DirNode) {
    this.#tree = tree;
    this.#node = node;
  }

  open(path: string, how: OpenHow): FileHandle | DirHandle | Errno {
    const place = resolve(this.#node, path, how.followLast ? 'always' : 'slash');
    if (typeof place === 'string') return place;
    const { node } = place;
    if (node === undefined) return how.create ? this.#create(place, how) : 'noent';
    if (how.create && how.exclusive) return 'exist';
    if (node.kind === 'symlink') return 'loop';
    if (node.kind === 'directory') {
      return how.write || how.truncate || how.create ? 'isdir' : new TmpDir(this.#tree, node);
    }
    if (how.directory || place.directory) return 'notdir';
    if (how.truncate && node.bytes.size > 0) {
      node.bytes.resize(0n);
      this.#tree.touch(node);
    }
    return new TmpFile(this.#tree, node, how);
  }

  stat(): FileStat {
    return statOf(this.#node, TMP_DEV);
  }

  statAt(path: string, followLast: boolean): FileStat | Errno {
    const node = this.#existing(path, followLast);
    return typeof node === 'string' ? node : statOf(node, TMP_DEV);
  }

  list(): readonly DirEntry[] {
    return listOf(this.#node);
  }

  mkdir(path: string): Errno | undefined {
    const place = resolve(this.#node, path, 'never');
    if (typeof place === 'string') return place;
    if (place.node !== undefined || place.parent === undefined) return 'exist';
    return this.#tree.add(place.parent, place.name, this.#tree.newDir(place.parent));
  }

  unlink(path: string): Errno | undefined {
    const place = resolve(this.#node, path, 'never');
    if (typeof place === 'string') return place;
    const { node, parent } = place;
    if (node === undefined) return 'noent';
    if (node.kind === 'directory' || parent === undefined) return 'isdir';
    if (place.directory) return 'notdir';
    this.#tree.remove(parent, place.name, node);
    return undefined;
  }

  rmdir(path: string): Errno | undefined {
    const place = resolve(this.#node, path, 'never');
    if (typeof place === 'string') return place;
    const { node, parent } = place;
    if (node === undefined) return 'noent';
    if (parent === undefined) return 'inval';
    if (node.kind !== 'directory') return 'notdir';
    if (node.entries.size > 0) return 'notempty';
    this.#tree.remove(parent, place.name, node);
    return undefined;
  }

  rename(from: string, to: DirHandle, toPath: string): Errno | undefined {
    if (!(to instanceof TmpDir) || to.#tree !== this.#tree) return 'xdev';
    const source = resolve(this.#node, from, 'never');
    if (typeof source === 'string') return source;
    const target = resolve(to.#node, toPath, 'never');
    if (typeof target === 'string') return target;
    const { node } = source;
    if (node === undefined) return 'noent';
    if (source.parent === undefined || target.parent === undefined) return 'busy';
    const refusal = node.kind === 'directory' ? dirOnto(node, target) : fileOnto(source, target);
    if (refusal !== undefined) return refusal;
    if (target.parent.removed) return 'noent';
    if (target.node === node) return undefined;
    if (target.node !== undefined) this.#tree.remove(target.parent, target.name, target.node);
    source.parent.entries.delete(source.name);
    target.parent.entries.set(target.name, node);
    if (node.kind === 'directory') node.parent = target.parent;
    this.#tree.touch(source.parent);
    this.#tree.touch(target.parent);
    node.ctimNs = target.parent.ctimNs;
    return undefined;
  }

  link(from: string, followLast: boolean, to: DirHandle, toPath: string): Errno | undefined {
    if (!(to instanceof TmpDir) || to.#tree !== this.#tree) return 'xdev';
    const node = this.#existing(from, followLast);
    if (typeof node === 'string') return node;
    const target = resolve(to.#node, toPath, 'never');
    if (typeof target === 'string') return target;
    if (target.node !== undefined || target.parent === undefined) return 'exist';
    if (node.kind === 'directory') return 'perm';
    if (target.directory) return 'noent';
    const refusal = this.#tree.add(target.parent, target.name, node);
    if (refusal !== undefined) return refusal;
    node.nlink++;
    node.ctimNs = target.parent.ctimNs;
    return undefined;
  }

  /** A target that is absolute or leads above this handle is `notcapable` already here. */
  symlink(target: string, path: string): Errno | undefined {
    const parsed = parsePath(target);
    if (typeof parsed === 'string') return parsed;
    const bytes = Buffer.byteLength(target);
    if (bytes > MAX_TARGET_BYTES) return 'nametoolong';
    const place = resolve(this.#node, path, 'never');
    if (typeof place === 'string') return place;
    if (place.directory && place.node !== undefined && place.node.kind !== 'directory') return 'notdir';
    if (place.node !== undefined || place.parent === undefined) return 'exist';
    if (place.directory) return 'noent';
    if (leaves(parsed.segments, place.depth)) return 'notcapable';
    if (!this.#tree.quota.takeBytes(bytes)) return 'nospc';
    const refusal = this.#tree.add(place.parent, place.name, this.#tree.newLink(target));
    if (refusal !== undefined) this.#tree.quota.giveBytes(bytes);
    return refusal;
  }

  readlink(path: string): { readonly target: string } | Errno {
    const node = this.#existing(path, false);
    if (typeof node === 'string') return node;
    return node.kind === 'symlink' ? { target: node.target } : 'inval';
  }

  setTimesAt(path: string, followLast: boolean, atim: TimeToSet, mtim: TimeToSet): Errno | undefined {
    const node = this.#existing(path, followLast);
    if (typeof node === 'string') return node;
    setNodeTimes(node, atim, mtim, this.#tree.now());
    return undefined;
  }

  sync(): undefined {}

  close(): void {}

  #create({ parent, name, directory }: Place, how: OpenHow): FileHandle | Errno {
    if (parent === undefined || directory) return 'isdir';
    if (how.directory) return 'inval';
    const node = this.#tree.newFile();
    return this.#tree.add(parent, name, node) ?? new TmpFile(this.#tree, node, how);
  }

  #existing(path: string, followLast: boolean): TmpNode | Errno {
    const place = resolve(this.#node, path, followLast ? 'always' : 'slash');
    if (typeof place === 'string') return place;
    if (place.node === undefined) return 'noent';
    return place.directory && place.node.kind !== 'directory' ? 'notdir' : place.node;
  }
}

/** Why a directory cannot be renamed to a place. */
function dirOnto(node: DirNode, target: Place): Errno | undefined {
  for (let above = target.parent; above !== undefined; above = above.parent) if (above === node) return 'inval';
  if (target.node === undefined || target.node === node) return undefined;
  if (target.node.kind !== 'directory') return 'notdir';
  return target.node.entries.size > 0 ? 'notempty' : undefined;
}

/** Why a file or symlink cannot. */
function fileOnto(source: Place, target: Place): Errno | undefined {
  if (source.directory) return 'notdir';
  if (target.node?.kind === 'directory') return 'isdir';
  return target.directory ? 'notdir' : undefined;
}
