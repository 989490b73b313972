import { createHash } from 'node:crypto';
import { assert, integer, nat, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  consistencyPath,
  EMPTY_ROOT,
  Frontier,
  inclusionPath,
  leafHash,
  nodeHash,
  rootOf,
  verifyConsistency,
  verifyInclusion,
} from './tree.ts';

const MAX_SIZE = 600;
const leaves = Array.from({ length: MAX_SIZE }, (_, at) => leafHash(sha256(Buffer.from(`row ${at}`)).toString('hex')));

function sha256(...parts: readonly Uint8Array[]): Buffer {
  return parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();
}

/** MTH, PATH and SUBPROOF as RFC 6962 §2.1 writes them, over the hashes of the leaves. */
function naiveRoot(hashes: readonly Buffer[]): Buffer {
  if (hashes.length === 0) return sha256();
  const [only] = hashes;
  if (hashes.length === 1 && only !== undefined) return only;
  const k = naiveSplit(hashes.length);
  return sha256(Buffer.from([1]), naiveRoot(hashes.slice(0, k)), naiveRoot(hashes.slice(k)));
}

function naivePath(m: number, hashes: readonly Buffer[]): Buffer[] {
  if (hashes.length === 1) return [];
  const k = naiveSplit(hashes.length);
  return m < k
    ? [...naivePath(m, hashes.slice(0, k)), naiveRoot(hashes.slice(k))]
    : [...naivePath(m - k, hashes.slice(k)), naiveRoot(hashes.slice(0, k))];
}

function naiveSubproof(m: number, hashes: readonly Buffer[], known: boolean): Buffer[] {
  if (m === hashes.length) return known ? [] : [naiveRoot(hashes)];
  const k = naiveSplit(hashes.length);
  return m <= k
    ? [...naiveSubproof(m, hashes.slice(0, k), known), naiveRoot(hashes.slice(k))]
    : [...naiveSubproof(m - k, hashes.slice(k), false), naiveRoot(hashes.slice(0, k))];
}

function naiveSplit(n: number): number {
  let k = 1;
  while (2 * k < n) k *= 2;
  return k;
}

const memo = new Map<string, Buffer>();
const nodes = {
  node(level: number, index: number): Buffer {
    const key = `${level}/${index}`;
    const known = memo.get(key);
    if (known !== undefined) return known;
    const made =
      level === 0 ? leaves[index] : nodeHash(this.node(level - 1, index * 2), this.node(level - 1, index * 2 + 1));
    if (made === undefined) throw new TypeError('no such leaf');
    memo.set(key, made);
    return made;
  },
};

const sized = integer({ min: 1, max: MAX_SIZE }).chain((size) => nat(size - 1).map((index) => ({ size, index })));
const pair = nat(MAX_SIZE).chain((to) => nat(to).map((from) => ({ from, to })));

describe('the tree of RFC 6962', () => {
  it('hashes a leaf and nothing as the RFC does', () => {
    expect(EMPTY_ROOT.toString('hex')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    expect(leafHash('00'.repeat(32))).toEqual(sha256(Buffer.alloc(33)));
    expect(() => leafHash('00'.repeat(31))).toThrow(TypeError);
    expect(() => leafHash('0g'.repeat(32))).toThrow(TypeError);
  });

  it('has the roots of the naive tree for 0 to 600 leaves, pushed or looked up', () => {
    const frontier = new Frontier();
    for (let size = 0; size <= MAX_SIZE; size++) {
      const root = naiveRoot(leaves.slice(0, size));
      expect(frontier.size).toBe(size);
      expect(frontier.root().equals(root)).toBe(true);
      expect(rootOf(nodes, size).equals(root)).toBe(true);
      const next = leaves[size];
      if (next !== undefined) frontier.push(next);
    }
  });

  it('proves that a leaf is in it as the RFC does', () => {
    assert(
      property(sized, ({ size, index }) => {
        const path = inclusionPath(nodes, index, size);
        expect(path).toEqual(naivePath(index, leaves.slice(0, size)));
        const leaf = leaves[index] ?? EMPTY_ROOT;
        const root = rootOf(nodes, size);
        expect(verifyInclusion({ index, size, leaf, path, root })).toBe(true);
      }),
    );
  });

  it('proves that it only grew as the RFC does', () => {
    assert(
      property(pair, ({ from, to }) => {
        const path = consistencyPath(nodes, from, to);
        if (from > 0) expect(path).toEqual(naiveSubproof(from, leaves.slice(0, to), true));
        const [fromRoot, toRoot] = [rootOf(nodes, from), rootOf(nodes, to)];
        expect(verifyConsistency({ from, to, fromRoot, toRoot, path })).toBe(true);
      }),
    );
  });
});

function flipped(hash: Buffer, bit: number): Buffer {
  const copy = Buffer.from(hash);
  copy[(bit >> 3) % copy.length]! ^= 1 << (bit & 7);
  return copy;
}

describe('a proof', () => {
  it('of inclusion does not survive a flipped bit, another place, a missing or a further hash', () => {
    assert(
      property(sized, nat(), nat(255), ({ size, index }, which, bit) => {
        const path = inclusionPath(nodes, index, size);
        const good = { index, size, leaf: leaves[index] ?? EMPTY_ROOT, path, root: rootOf(nodes, size) };
        const at = which % (path.length + 1);
        expect(verifyInclusion({ ...good, root: flipped(good.root, bit) })).toBe(false);
        expect(verifyInclusion({ ...good, leaf: flipped(good.leaf, bit) })).toBe(false);
        if (at < path.length) {
          const bad = path.with(at, flipped(path[at] ?? EMPTY_ROOT, bit));
          expect(verifyInclusion({ ...good, path: bad })).toBe(false);
          expect(verifyInclusion({ ...good, path: path.toSpliced(at, 1) })).toBe(false);
        }
        expect(verifyInclusion({ ...good, path: path.toSpliced(at, 0, EMPTY_ROOT) })).toBe(false);
        if (size > 1)
          expect(verifyInclusion({ ...good, index: (index + 1 + (which % (size - 1))) % size })).toBe(false);
      }),
    );
  });

  it('of consistency does not survive a flipped bit, other sizes, a missing or a further hash', () => {
    assert(
      property(pair, nat(), nat(255), ({ from, to }, which, bit) => {
        const path = consistencyPath(nodes, from, to);
        const good = { from, to, fromRoot: rootOf(nodes, from), toRoot: rootOf(nodes, to), path };
        const at = which % (path.length + 1);
        expect(verifyConsistency({ ...good, fromRoot: flipped(good.fromRoot, bit) })).toBe(false);
        if (from > 0) expect(verifyConsistency({ ...good, toRoot: flipped(good.toRoot, bit) })).toBe(false);
        if (at < path.length) {
          const bad = path.with(at, flipped(path[at] ?? EMPTY_ROOT, bit));
          expect(verifyConsistency({ ...good, path: bad })).toBe(false);
          expect(verifyConsistency({ ...good, path: path.toSpliced(at, 1) })).toBe(false);
        }
        expect(verifyConsistency({ ...good, path: path.toSpliced(at, 0, EMPTY_ROOT) })).toBe(false);
      }),
    );
  });

  it.for<readonly [string, number, number]>([
    ['beyond the tree', 3, 3],
    ['before it', -1, 3],
    ['between leaves', 0.5, 3],
    ['that is no number', Number.NaN, 3],
    ['of a tree without end', 0, Number.POSITIVE_INFINITY],
    ['of a tree that cannot be counted', 0, 2 ** 60],
  ])('of a leaf %s is none', ([, index, size]) => {
    expect(verifyInclusion({ index, size, leaf: EMPTY_ROOT, path: [], root: EMPTY_ROOT })).toBe(false);
  });

  it('with hashes of another length is none', () => {
    const short = EMPTY_ROOT.subarray(1);
    expect(verifyInclusion({ index: 0, size: 1, leaf: short, path: [], root: short })).toBe(false);
    expect(verifyConsistency({ from: 1, to: 1, fromRoot: short, toRoot: short, path: [] })).toBe(false);
  });

  it('is not made outside of the tree', () => {
    expect(() => inclusionPath(nodes, 3, 3)).toThrow(TypeError);
    expect(() => consistencyPath(nodes, 4, 3)).toThrow(TypeError);
  });
});
