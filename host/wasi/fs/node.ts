import type { DirEntry, FileStat, TimeToSet } from '../../workspace/layer.ts';
import type { FileBytes } from './paged.ts';
import { sortNames } from './path.ts';

interface NodeCommon {
  readonly ino: bigint;
  /** Names that lead to it. */
  nlink: number;
  atimNs: bigint;
  mtimNs: bigint;
  ctimNs: bigint;
}

export interface FileNode extends NodeCommon {
  readonly kind: 'file';
  readonly bytes: FileBytes;
  /** Open handles: the bytes of a file without a name live until the last one closes. */
  opens: number;
}

export interface DirNode extends NodeCommon {
  readonly kind: 'directory';
  readonly entries: Map<string, TmpNode>;
  /** Absent for the root and for a removed directory. */
  parent: DirNode | undefined;
  removed: boolean;
}

export interface LinkNode extends NodeCommon {
  readonly kind: 'symlink';
  readonly target: string;
}

export type TmpNode = FileNode | DirNode | LinkNode;

export function statOf(node: TmpNode, dev: bigint): FileStat {
  return {
    kind: node.kind,
    dev,
    ino: node.ino,
    nlink: BigInt(node.nlink),
    size: BigInt(sizeOf(node)),
    atimNs: node.atimNs,
    mtimNs: node.mtimNs,
    ctimNs: node.ctimNs,
  };
}

function sizeOf(node: TmpNode): number {
  if (node.kind === 'file') return node.bytes.size;
  return node.kind === 'symlink' ? Buffer.byteLength(node.target) : 0;
}

export function setNodeTimes(node: TmpNode, atim: TimeToSet, mtim: TimeToSet, nowNs: bigint): void {
  if (atim !== undefined) node.atimNs = atim === 'now' ? nowNs : atim;
  if (mtim !== undefined) node.mtimNs = mtim === 'now' ? nowNs : mtim;
  node.ctimNs = nowNs;
}

/** The entries of a directory in the order of their names' bytes. */
export function listOf({ entries }: DirNode): readonly DirEntry[] {
  const listed: DirEntry[] = [];
  for (const name of sortNames([...entries.keys()])) {
    const node = entries.get(name);
    if (node !== undefined) listed.push({ name, kind: node.kind, ino: node.ino });
  }
  return listed;
}
