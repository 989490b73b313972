import { hash } from 'node:crypto';

export const HASH_BYTES = 32;
/** Siblings that a proof can have: one for each level of a tree of 2^53 leaves, and one more for a consistency proof. */
export const MAX_PROOF_HASHES = 54;

/** The root of a tree without leaves. */
export const EMPTY_ROOT = sha256(Buffer.alloc(0));

const leafInput = Buffer.alloc(1 + HASH_BYTES, 0);
const nodeInput = Buffer.alloc(1 + 2 * HASH_BYTES, 1);

/**
 * The leaf of a row: SHA-256(0x00 ‖ the row's hash).
 * @throws TypeError for anything but 64 hex digits
 * Source: RFC 6962 §2.1.
 */
export function leafHash(rowHashHex: string): Buffer {
  return sha256(leafInputOf(rowHashHex));
}

function leafInputOf(rowHashHex: string): Buffer {
  if (rowHashHex.length !== 2 * HASH_BYTES || leafInput.write(rowHashHex, 1, 'hex') !== HASH_BYTES) {
    throw new TypeError('a row hash is 64 hex digits');
  }
  return leafInput;
}

/** The node above two others: SHA-256(0x01 ‖ left ‖ right). Source: RFC 6962 §2.1. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  nodeInput.set(left, 1);
  nodeInput.set(right, 1 + HASH_BYTES);
  return sha256(nodeInput);
}

/** `leafHash` in a string of a character a byte. */
export function leafText(rowHashHex: string): string {
  return hash('sha256', leafInputOf(rowHashHex), 'latin1');
}

/** `nodeHash` of and in such strings. */
export function nodeAbove(left: string, right: string): string {
  nodeInput.write(left, 1, 'latin1');
  nodeInput.write(right, 1 + HASH_BYTES, 'latin1');
  return hash('sha256', nodeInput, 'latin1');
}

/** Hashes of full subtrees: `node(level, index)` stands over the leaves from index · 2^level to (index + 1) · 2^level − 1. */
export interface NodeSource {
  node(level: number, index: number): Buffer;
}

/**
 * A tree that grows leaf by leaf and keeps only its right edge. Within, hashes are strings of a character a byte: node:crypto makes those
 * three times as fast as buffers.
 */
export class Frontier {
  #size = 0;
  /** At `level` the full subtree of 2^level leaves that was completed last. */
  readonly #edge: string[] = [];

  get size(): number {
    return this.#size;
  }

  push(leaf: Buffer): void {
    this.#push(leaf.toString('latin1'));
  }

  /** Pushes the leaf of a row. @throws TypeError for anything but 64 hex digits */
  pushRow(rowHashHex: string): void {
    this.#push(leafText(rowHashHex));
  }

  /** The hash over the last 2^level leaves, where the size is a multiple of that; `undefined` elsewhere. */
  completed(level: number): Buffer | undefined {
    const node = this.#size > 0 && this.#size % 2 ** level === 0 ? this.#edge[level] : undefined;
    return node === undefined ? undefined : Buffer.from(node, 'latin1');
  }

  root(): Buffer {
    let right: string | undefined;
    let level = 0;
    for (let rest = this.#size; rest > 0; rest = Math.floor(rest / 2), level++) {
      const left = this.#edge[level];
      if (rest % 2 === 1 && left !== undefined) right = right === undefined ? left : nodeAbove(left, right);
    }
    return right === undefined ? EMPTY_ROOT : Buffer.from(right, 'latin1');
  }

  /** Every completed subtree is kept, also where a larger one has swallowed it; `root` takes the ones that the size has a bit for. */
  #push(leaf: string): void {
    let node = leaf;
    let level = 0;
    for (let rest = this.#size; rest % 2 === 1; rest = (rest - 1) / 2, level++) {
      const left = this.#edge[level];
      if (left === undefined) throw new TypeError('a tree misses an edge');
      this.#edge[level] = node;
      node = nodeAbove(left, node);
    }
    this.#edge[level] = node;
    this.#size++;
  }
}

/** The root of the first `size` leaves. */
export function rootOf(nodes: NodeSource, size: number): Buffer {
  return size === 0 ? EMPTY_ROOT : rangeHash(nodes, 0, size);
}

/**
 * The siblings on the way from a leaf to the root of the first `size` leaves, lowest first.
 * @throws TypeError unless 0 ≤ index < size
 * Source: RFC 6962 §2.1.1.
 */
export function inclusionPath(nodes: NodeSource, index: number, size: number): Buffer[] {
  if (!(index >= 0 && index < size)) throw new TypeError('a leaf lies outside of its tree');
  const path: Buffer[] = [];
  let from = 0;
  let to = size;
  while (to - from > 1) {
    const middle = from + splitOf(to - from);
    if (index < middle) {
      path.push(rangeHash(nodes, middle, to));
      to = middle;
    } else {
      path.push(rangeHash(nodes, from, middle));
      from = middle;
    }
  }
  return path.toReversed();
}

/**
 * What shows that the first `to` leaves begin with the first `from`. Empty if `from` is 0 or `to`.
 * @throws TypeError unless 0 ≤ from ≤ to
 * Source: RFC 6962 §2.1.2.
 */
export function consistencyPath(nodes: NodeSource, from: number, to: number): Buffer[] {
  if (!(from >= 0 && from <= to)) throw new TypeError('a tree does not shrink');
  if (from === 0 || from === to) return [];
  const path: Buffer[] = [];
  let start = 0;
  let end = to;
  while (end !== from) {
    const middle = start + splitOf(end - start);
    if (from <= middle) {
      path.push(rangeHash(nodes, middle, end));
      end = middle;
    } else {
      path.push(rangeHash(nodes, start, middle));
      start = middle;
    }
  }
  // The old tree's last full subtree is known to whoever knows its root only if it is the whole old tree.
  if (start > 0) path.push(rangeHash(nodes, start, end));
  return path.toReversed();
}

export interface Inclusion {
  readonly index: number;
  readonly size: number;
  readonly leaf: Buffer;
  readonly path: readonly Buffer[];
  readonly root: Buffer;
}

/** Whether the leaf stands at `index` of the tree of `size` leaves with that root. Source: RFC 9162 §2.1.3.2. */
export function verifyInclusion({ index, size, leaf, path, root }: Inclusion): boolean {
  if (!isCount(index) || !isCount(size) || index >= size || !areHashes([leaf, root, ...path])) return false;
  let at = index;
  let last = size - 1;
  let node = leaf;
  for (const sibling of path) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      node = nodeHash(sibling, node);
      for (; at % 2 === 0 && at !== 0; at /= 2) last = Math.floor(last / 2);
    } else node = nodeHash(node, sibling);
    at = Math.floor(at / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && node.equals(root);
}

export interface Consistency {
  readonly from: number;
  readonly to: number;
  readonly fromRoot: Buffer;
  readonly toRoot: Buffer;
  readonly path: readonly Buffer[];
}

/** Whether the tree of `to` leaves begins with the tree of `from` leaves. Source: RFC 9162 §2.1.4.2. */
export function verifyConsistency({ from, to, fromRoot, toRoot, path }: Consistency): boolean {
  if (!isCount(from) || !isCount(to) || from > to || !areHashes([fromRoot, toRoot, ...path])) return false;
  if (from === to) return path.length === 0 && fromRoot.equals(toRoot);
  if (from === 0) return path.length === 0 && fromRoot.equals(EMPTY_ROOT);
  const [first, ...siblings] = isPowerOfTwo(from) ? [fromRoot, ...path] : path;
  if (first === undefined) return false;
  let at = from - 1;
  let last = to - 1;
  for (; at % 2 === 1; at = (at - 1) / 2) last = Math.floor(last / 2);
  let old = first;
  let whole = first;
  for (const sibling of siblings) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      old = nodeHash(sibling, old);
      whole = nodeHash(sibling, whole);
      for (; at % 2 === 0 && at !== 0; at /= 2) last = Math.floor(last / 2);
    } else whole = nodeHash(whole, sibling);
    at = Math.floor(at / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && old.equals(fromRoot) && whole.equals(toRoot);
}

/** The hash over the leaves from `from` up to `to`, where `from` is a multiple of the power of two that holds them all. */
function rangeHash(nodes: NodeSource, from: number, to: number): Buffer {
  const count = to - from;
  if (isPowerOfTwo(count)) return nodes.node(Math.log2(count), from / count);
  const left = splitOf(count);
  return nodeHash(nodes.node(Math.log2(left), from / left), rangeHash(nodes, from + left, to));
}

/** The largest power of two below `count`, which is at least 2. */
function splitOf(count: number): number {
  let split = 1;
  while (split * 2 < count) split *= 2;
  return split;
}

function isPowerOfTwo(count: number): boolean {
  return Number.isInteger(Math.log2(count)) && 2 ** Math.log2(count) === count;
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function areHashes(hashes: readonly Buffer[]): boolean {
  return hashes.length <= MAX_PROOF_HASHES + 2 && hashes.every(({ length }) => length === HASH_BYTES);
}

function sha256(bytes: Uint8Array): Buffer {
  return hash('sha256', bytes, 'buffer');
}
