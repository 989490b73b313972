import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HostError } from '../base/error.ts';
import { type Connection, openDatabase } from './database.ts';
import { checkConsistencyProof, checkRowProof, proveConsistency, proveRow, type RowProof } from './prove.ts';
import { copyOf, tamper, type TestLog, testLog } from './verify.fixture.ts';

let log: TestLog;
let db: Connection;
let notes: readonly string[];

beforeAll(async () => {
  log = await testLog();
  db = openDatabase(log.dataDir, { readonly: true });
  notes = db.prepare<[], string>('SELECT note FROM checkpoints ORDER BY size').pluck().all();
});
afterAll(() => {
  db.close();
  log[Symbol.dispose]();
});

const refused = (code: string): HostError => expect.objectContaining({ code }) as HostError;
const tampered = (change: Parameters<typeof tamper>[1]): { copy: TestLog; db: Connection } => {
  const copy = copyOf(log);
  tamper(copy.dataDir, change);
  return { copy, db: openDatabase(copy.dataDir, { readonly: true }) };
};

describe('a row proof', () => {
  it('is made for every row, and holds', () => {
    for (let id = 1; id <= 34; id++) {
      const proof = proveRow(db, id, log.key);
      expect(proof).toMatchObject({
        kind: 'wirken/audit-row-proof/v1',
        index: id - 1,
        size: 34,
        checkpoint: log.checkpoint,
      });
      const checked = checkRowProof(JSON.stringify(proof), log.key);
      expect(checked.row).toEqual(proof.row);
      expect(checked.head.size).toBe(34);
    }
  });

  it.for<readonly [string, (proof: RowProof) => unknown]>([
    [
      'another payload',
      (proof) => ({ ...proof, row: { ...proof.row, payload: proof.row.payload.replace('read_file', 'x') } }),
    ],
    ['another column', (proof) => ({ ...proof, row: { ...proof.row, actor: 'cli' } })],
    ['another session', (proof) => ({ ...proof, row: { ...proof.row, session: 'cli-b' } })],
    ['a hash recomputed', (proof) => ({ ...proof, row: { ...proof.row, hash: '00'.repeat(32) } })],
    ['an id of another row', (proof) => ({ ...proof, row: { ...proof.row, id: 10 } })],
    ['an id and index of another row', (proof) => ({ ...proof, index: 9, row: { ...proof.row, id: 10 } })],
    ['another size', (proof) => ({ ...proof, size: 33 })],
    ['a hash less', (proof) => ({ ...proof, hashes: proof.hashes.slice(1) })],
    ['a hash more', (proof) => ({ ...proof, hashes: [...proof.hashes, proof.hashes[0]] })],
    ['hashes in another order', (proof) => ({ ...proof, hashes: proof.hashes.toReversed() })],
    ['a short hash', (proof) => ({ ...proof, hashes: proof.hashes.with(0, 'AAAA') })],
    ['hashes without end', (proof) => ({ ...proof, hashes: Array.from({ length: 1000 }, () => proof.hashes[0]) })],
    ['no hashes', (proof) => ({ ...proof, hashes: 7 })],
    ['a checkpoint of another size', (proof) => ({ ...proof, checkpoint: notes[4] })],
    ['no checkpoint', (proof) => ({ ...proof, checkpoint: null })],
    ['no row', (proof) => ({ ...proof, row: [] })],
    ['a row without a column', (proof) => ({ ...proof, row: { ...proof.row, payload: undefined } })],
    ['another kind', (proof) => ({ ...proof, kind: 'wirken/audit-row-proof/v2' })],
    ['nothing', () => null],
  ])('with %s is refused', ([, change]) => {
    const untrusted = JSON.stringify(change(proveRow(db, 9, log.key)));
    expect(() => checkRowProof(untrusted, log.key)).toThrow(refused('audit-invalid'));
  });

  it.for(['', '{', '[]', '{"kind":1,"kind":2}', 'x'.repeat(9_000_000)])(
    'that is no proof at all is refused',
    (text) => {
      expect(() => checkRowProof(text, log.key)).toThrow(refused('audit-invalid'));
      expect(() => checkConsistencyProof(text, log.key)).toThrow(refused('audit-invalid'));
    },
  );

  it('is not made for a row that is not there, or under no checkpoint', () => {
    expect(() => proveRow(db, 35, log.key)).toThrow(refused('not-found'));
    const { copy, db: cut } = tampered((db) => db.exec('DELETE FROM checkpoints WHERE size > 3'));
    expect(() => proveRow(cut, 4, log.key)).toThrow(/checkpoint of the audit log stands over row 4/);
    expect(proveRow(cut, 3, log.key).size).toBe(3);
    cut.close();
    copy[Symbol.dispose]();
  });

  it.for<readonly [string, string, RegExp]>([
    ['whose row was changed', `UPDATE events SET actor = 'cli' WHERE id = 9`, /^Row 9 .* column actor says “cli”/],
    [
      'whose row has another hash',
      `UPDATE events SET hash = '${'00'.repeat(32)}' WHERE id = 9`,
      /^Row 9 .* its hash is not/,
    ],
    ['whose row has no hash', `UPDATE events SET hash = 'x' WHERE id = 9`, /^Row 9 .* its hash is not/],
    [
      'whose other row was changed',
      `UPDATE events SET hash = '${'00'.repeat(32)}' WHERE id = 20`,
      /other rows than the first 34/,
    ],
    [
      'whose other row has no hash',
      `UPDATE events SET hash = 'x' WHERE id = 20`,
      /^Row 20 of the audit log has no hash/,
    ],
    ['that lacks another row', `DELETE FROM events WHERE id = 20`, /lacks rows between 17 and 32/],
  ])('is not made from a log %s', ([, change, message]) => {
    const { copy, db: changed } = tampered((db) => db.exec(change));
    expect(() => proveRow(changed, 9, log.key)).toThrow(message);
    expect(() => proveRow(changed, 9, log.key)).toThrow(refused('audit-invalid'));
    changed.close();
    copy[Symbol.dispose]();
  });
});

describe('a consistency proof', () => {
  it('is made between any two checkpoints, and holds', () => {
    for (const [at, from] of notes.entries()) {
      for (const to of notes.slice(at)) {
        const proof = JSON.stringify(proveConsistency(db, log.key, from, to));
        const checked = checkConsistencyProof(proof, log.key);
        expect(checked.from.size).toBeLessThanOrEqual(checked.to.size);
      }
    }
    expect(proveConsistency(db, log.key, notes[0] ?? '').to).toBe(log.checkpoint);
  });

  it('is not made backwards, for another log, or for rows that are gone', () => {
    expect(() => proveConsistency(db, log.key, notes[3] ?? '', notes[2])).toThrow(/later one/);
    expect(() => proveConsistency(db, log.key, 'x')).toThrow(refused('audit-invalid'));
    const { copy, db: cut } = tampered((db) =>
      db.exec(
        'DELETE FROM openings WHERE event_id > 20; DELETE FROM events WHERE id > 20; DELETE FROM checkpoints WHERE size > 20',
      ),
    );
    expect(() => proveConsistency(cut, log.key, log.checkpoint)).toThrow(/over 34 rows, and there are 20/);
    cut.close();
    copy[Symbol.dispose]();
  });

  it('does not hold for other checkpoints, or with other hashes', () => {
    const proof = proveConsistency(db, log.key, notes[2] ?? '', notes[5]);
    for (const bad of [
      { ...proof, from: notes[3] },
      { ...proof, to: notes[4] },
      { ...proof, hashes: proof.hashes.slice(1) },
      { ...proof, hashes: proof.hashes.toReversed() },
      { ...proof, from: proof.to, to: proof.from },
    ]) {
      expect(() => checkConsistencyProof(JSON.stringify(bad), log.key)).toThrow(refused('audit-invalid'));
    }
  });
});
