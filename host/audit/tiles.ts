import type { Database } from 'better-sqlite3';
import { HostError } from '../base/error.ts';
import { consistencyPath, HASH_BYTES, inclusionPath, leafText, nodeAbove, type NodeSource, rootOf } from './tree.ts';

/** Children of a tile: 2^8. */
const TILE_BITS = 8;
const TILE_WIDTH = 2 ** TILE_BITS;
/** Levels of tiles that 2^53 rows can need. */
const MAX_LEVEL = 6;
const ROW_HASH = /^[0-9a-f]{64}$/;

/**
 * Stores the root of each full tile within the first `size` rows that is not stored yet. The tile (level, tile) stands over the rows
 * whose ids are tile · 256^(level+1) + 1 to (tile+1) · 256^(level+1); `hashes` is the hash of that subtree, 32 bytes. Rows of a tile are
 * read once; tiles are a cache of what the rows say, and whoever verifies a log leaves them aside.
 */
export function extendTiles(db: Database, size: number): void {
  const stored = db.prepare<[number], number>('SELECT max(tile) FROM tiles WHERE level = ?').pluck();
  const insert = db.prepare('INSERT INTO tiles (level, tile, hashes) VALUES (?, ?, ?)');
  const nodes = storedNodes(db);
  for (let level = 0; level <= MAX_LEVEL; level++) {
    const full = Math.floor(size / TILE_WIDTH ** (level + 1));
    if (full === 0) return;
    for (let tile = (stored.get(level) ?? -1) + 1; tile < full; tile++) {
      const root = fold(nodes.children(level, tile * TILE_WIDTH, TILE_WIDTH));
      insert.run(level, tile, Buffer.from(root, 'latin1'));
    }
  }
}

/** The root of the first `size` rows; stores the tiles that have become full, so the database must be writable and in a transaction. */
export function rootAt(db: Database, size: number): Buffer {
  extendTiles(db, size);
  return rootOf(storedNodes(db), size);
}

/** The root of the first `size` rows; writes nothing. */
export function readRoot(db: Database, size: number): Buffer {
  return rootOf(storedNodes(db), size);
}

/** The siblings between the row of id `index` + 1 and the root of the first `size` rows. @throws TypeError outside of the tree */
export function inclusionProof(db: Database, index: number, size: number): Buffer[] {
  return inclusionPath(storedNodes(db), index, size);
}

/** What shows that the first `to` rows begin with the first `from`. @throws TypeError unless 0 ≤ from ≤ to */
export function consistencyProof(db: Database, from: number, to: number): Buffer[] {
  return consistencyPath(storedNodes(db), from, to);
}

interface StoredNodes extends NodeSource {
  /** `count` nodes of 256^level leaves each, as strings of a character a byte: those are made three times as fast as buffers. */
  children(level: number, first: number, count: number): string[];
}

function storedNodes(db: Database): StoredNodes {
  const rows = db
    .prepare<[number, number], string>('SELECT hash FROM events WHERE id > ? AND id <= ? ORDER BY id')
    .pluck();
  const tiles = db
    .prepare<[number, number, number], { readonly tile: number; readonly hashes: Buffer }>(
      'SELECT tile, hashes FROM tiles WHERE level = ? AND tile >= ? AND tile < ?',
    )
    .raw(false);

  const children = (level: number, first: number, count: number): string[] => {
    if (level === 0) {
      const hashes = rows.all(first, first + count);
      if (hashes.length !== count) throw rowsMissing(db, first, count);
      return hashes.map((hash, at) => {
        if (!ROW_HASH.test(hash)) throw changed(db, `Row ${first + at + 1} of the audit log has no hash`);
        return leafText(hash);
      });
    }
    const found = new Map(tiles.all(level - 1, first, first + count).map(({ tile, hashes }) => [tile, hashes]));
    return Array.from({ length: count }, (_, at) => {
      const stored = found.get(first + at);
      // A tile that is missing or of no use is made again from what lies beneath it.
      return stored?.length === HASH_BYTES
        ? stored.toString('latin1')
        : fold(children(level - 1, (first + at) * TILE_WIDTH, TILE_WIDTH));
    });
  };
  return {
    children,
    node(level, index) {
      const width = 2 ** (level % TILE_BITS);
      return Buffer.from(fold(children(Math.floor(level / TILE_BITS), index * width, width)), 'latin1');
    },
  };
}

/** What asks for more than there is, is ours; rows that are gone between others are the log's. */
function rowsMissing(db: Database, first: number, count: number): Error {
  const last = db.prepare<[], number>('SELECT coalesce(max(id), 0) FROM events').pluck().get() ?? 0;
  if (last < first + count) return new TypeError('a tree over rows that do not exist');
  return changed(db, `The audit log lacks rows between ${first + 1} and ${first + count}`);
}

function changed(db: Database, what: string): HostError {
  return new HostError('audit-invalid', what, {
    file: db.name,
    remedy: 'Keep it as evidence, and find out what was changed with `wirken audit verify`.',
  });
}

/** The node above 2^n others. */
function fold(hashes: string[]): string {
  let level = hashes;
  while (level.length > 1) {
    const above: string[] = [];
    for (let at = 0; at < level.length; at += 2) {
      const [left, right] = [level[at], level[at + 1]];
      if (left === undefined || right === undefined) throw new TypeError('a subtree is not full');
      above.push(nodeAbove(left, right));
    }
    level = above;
  }
  const [root] = level;
  if (root === undefined) throw new TypeError('a subtree of nothing');
  return root;
}
