import { hash } from 'node:crypto';
import Database from 'better-sqlite3';
import { assert, integer, nat, property } from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { SCHEMA } from './schema.ts';
import { consistencyProof, extendTiles, inclusionProof, readRoot, rootAt } from './tiles.ts';
import { EMPTY_ROOT, Frontier, leafHash, verifyConsistency, verifyInclusion } from './tree.ts';

const ROWS = 66_300;
const SIZES = [0, 1, 2, 255, 256, 257, 511, 512, 513, 65_535, 65_536, 65_537, 65_793, ROWS];
const rowHash = (id: number): string => hash('sha256', `row ${id}`, 'hex');

/** The root at each size, by the tree that grows leaf by leaf. */
const roots: Buffer[] = [EMPTY_ROOT];
const db = new Database(':memory:');
db.exec(SCHEMA);
for (const name of db.prepare<[], string>(`SELECT name FROM sqlite_schema WHERE type = 'trigger'`).pluck().all()) {
  db.exec(`DROP TRIGGER ${name}`);
}
const insert = db.prepare(`INSERT INTO events VALUES (?, 's', ?, '', '', '', NULL, '', '', '', ?)`);
db.transaction(() => {
  const tree = new Frontier();
  for (let id = 1; id <= ROWS; id++) {
    insert.run(id, id, rowHash(id));
    tree.pushRow(rowHash(id));
    roots.push(tree.root());
  }
})();
const rootOf = (size: number): Buffer => roots[size] ?? EMPTY_ROOT;
afterAll(() => void db.close());

describe('stored tiles', () => {
  it('give the root of every size, as the log grows', () => {
    for (const size of SIZES) expect(rootAt(db, size)).toEqual(rootOf(size));
    expect(db.prepare('SELECT level, count(*), max(tile) FROM tiles GROUP BY level').raw().all()).toEqual([
      [0, 258, 257],
      [1, 1, 0],
    ]);
    for (const size of SIZES) expect(readRoot(db, size)).toEqual(rootOf(size));
  });

  it('are not written again', () => {
    const before = db.prepare('SELECT total_changes()').pluck().get();
    extendTiles(db, ROWS);
    extendTiles(db, 300);
    expect(db.prepare('SELECT total_changes()').pluck().get()).toBe(before);
  });

  it('prove each row under each size', () => {
    assert(
      property(integer({ min: 1, max: ROWS }), nat(), (size, which) => {
        const index = which % size;
        const path = inclusionProof(db, index, size);
        expect(verifyInclusion({ index, size, leaf: leafHash(rowHash(index + 1)), path, root: rootOf(size) })).toBe(
          true,
        );
      }),
      { numRuns: 60 },
    );
  });

  it('prove that each size grew from each smaller one', () => {
    assert(
      property(nat(ROWS), nat(ROWS), (a, b) => {
        const [from, to] = a < b ? [a, b] : [b, a];
        const path = consistencyProof(db, from, to);
        expect(verifyConsistency({ from, to, fromRoot: rootOf(from), toRoot: rootOf(to), path })).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('are made again where they are missing or of no use', () => {
    db.exec('BEGIN');
    db.exec(
      'DELETE FROM tiles WHERE level = 0 AND tile % 3 = 0; UPDATE tiles SET hashes = zeroblob(31) WHERE tile % 5 = 1',
    );
    expect(readRoot(db, ROWS)).toEqual(rootOf(ROWS));
    db.exec('ROLLBACK');
  });

  it('do not stand over rows that are not there', () => {
    expect(() => readRoot(db, ROWS + 1)).toThrow(TypeError);
    expect(() => inclusionProof(db, ROWS, ROWS)).toThrow(TypeError);
  });
});
