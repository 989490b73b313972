import type { Errno } from '../../workspace/layer.ts';
import type { GuestClock } from '../world.ts';
import type { DirNode, FileNode, TmpNode } from './node.ts';
import { PagedBytes } from './paged.ts';
import { Quota } from './quota.ts';

export interface TmpFsSpec {
  /** Over all files, in steps of up to 64 KiB a file, holes included; more is `nospc`, one file larger than this is `fbig`. */
  readonly maxBytes: number;
  /** Names in all directories; more is `nospc`. */
  readonly maxNodes: number;
  readonly clock: Pick<GuestClock, 'realtimeNs'>;
}

/** The nodes of one file system in memory: makes them, names them, and counts what they hold. */
export class Tree {
  readonly quota: Quota;
  readonly #clock: TmpFsSpec['clock'];
  #lastIno = 0n;

  constructor({ maxBytes, maxNodes, clock }: TmpFsSpec) {
    this.quota = new Quota(maxBytes, maxNodes);
    this.#clock = clock;
  }

  now(): bigint {
    return this.#clock.realtimeNs();
  }

  /** As old as time itself: a file system that nobody uses costs no reading of the clock. */
  newRoot(): DirNode {
    return { ...this.#aged(0n), kind: 'directory', entries: new Map(), parent: undefined, removed: false };
  }

  newDir(parent: DirNode): DirNode {
    return { ...this.#aged(this.now()), kind: 'directory', entries: new Map(), parent, removed: false };
  }

  newFile(): FileNode {
    return { ...this.#aged(this.now()), kind: 'file', bytes: new PagedBytes(this.quota), opens: 0 };
  }

  newLink(target: string): TmpNode {
    return { ...this.#aged(this.now()), kind: 'symlink', target };
  }

  /** Gives the node a name. */
  add(parent: DirNode, name: string, node: TmpNode): Errno | undefined {
    if (parent.removed) return 'noent';
    if (!this.quota.takeName()) return 'nospc';
    parent.entries.set(name, node);
    this.touch(parent);
    return undefined;
  }

  /** Takes a name away; the node goes with its last one, a file's bytes with its last handle too. */
  remove(parent: DirNode, name: string, node: TmpNode): void {
    parent.entries.delete(name);
    this.quota.giveName();
    this.touch(parent);
    node.nlink--;
    node.ctimNs = parent.ctimNs;
    if (node.kind === 'directory') node.removed = true;
    else if (node.nlink === 0 && node.kind === 'file') this.reap(node);
    else if (node.nlink === 0 && node.kind === 'symlink') this.quota.giveBytes(Buffer.byteLength(node.target));
  }

  reap(node: FileNode): void {
    if (node.nlink === 0 && node.opens === 0) node.bytes.resize(0n);
  }

  touch(node: TmpNode): void {
    node.mtimNs = this.now();
    node.ctimNs = node.mtimNs;
  }

  #aged(ns: bigint) {
    return { ino: ++this.#lastIno, nlink: 1, atimNs: ns, mtimNs: ns, ctimNs: ns };
  }
}
