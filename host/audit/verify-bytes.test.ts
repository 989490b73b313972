import Database from 'better-sqlite3';
import { asyncProperty, assert, constantFrom, integer, nat } from 'fast-check';
import { expect, it } from 'vitest';
import { databaseFile } from './place.ts';
import { ROW_COLUMNS } from './source.ts';
import { loosen, tamper, testLog, verified } from './verify.fixture.ts';

it('any change of one byte in any column of any row is found', async () => {
  using log = await testLog();
  tamper(log.dataDir, (db) => {
    loosen(db);
    db.exec('CREATE TABLE kept AS SELECT * FROM events');
  });
  const db = new Database(databaseFile(log.dataDir));
  db.pragma('foreign_keys = OFF');
  try {
    await assert(
      asyncProperty(
        integer({ min: 1, max: 34 }),
        constantFrom(...ROW_COLUMNS),
        nat(),
        integer({ min: 1, max: 255 }),
        async (id, column, where, bits) => {
          const value = db.prepare<[number]>(`SELECT ${column} FROM kept WHERE id = ?`).pluck().get(id);
          const changed = otherwise(value, where, bits);
          // An id that another row has cannot be given.
          if (column === 'id' && Number(changed) <= 34) return;
          const cast = typeof changed === 'number' ? '?' : 'CAST(? AS TEXT)';
          db.prepare(`UPDATE events SET ${column} = ${cast} WHERE id = ?`).run(changed, id);
          const report = await verified(log);
          db.exec('DELETE FROM events; INSERT INTO events SELECT * FROM kept');
          expect(report.exitCode, `${column} of row ${id}`).toBe(11);
          expect(report.findings.length).toBeGreaterThan(0);
        },
      ),
      { numRuns: 400 },
    );
    expect((await verified(log)).exitCode).toBe(0);
  } finally {
    db.close();
  }
});

function otherwise(value: unknown, where: number, bits: number): number | Buffer {
  if (typeof value === 'number') return value ^ bits;
  const bytes = Buffer.from(typeof value === 'string' ? value : '');
  if (bytes.length === 0) return Buffer.from([bits]);
  bytes[where % bytes.length]! ^= bits;
  return bytes;
}
