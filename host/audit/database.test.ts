import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { openDatabase } from './database.ts';
import { databaseFile } from './place.ts';
import { draft, openTestLog, storedRows, testData } from './testing.ts';

const isRoot = process.getuid?.() === 0;

describe('the database of the log', () => {
  it('is made with the pragmas that it needs, for its owner alone', () => {
    using data = testData();
    const db = openDatabase(data.path, { readonly: false });
    const pragma = (name: string): unknown => db.pragma(name, { simple: true });
    expect({
      journal: pragma('journal_mode'),
      synchronous: pragma('synchronous'),
      triggers: pragma('recursive_triggers'),
      keys: pragma('foreign_keys'),
      trusted: pragma('trusted_schema'),
      application: pragma('application_id'),
      version: pragma('user_version'),
    }).toEqual({
      journal: 'wal',
      synchronous: 2,
      triggers: 1,
      keys: 1,
      trusted: 0,
      application: 0x574b4e41,
      version: 1,
    });
    db.exec(`INSERT INTO meta VALUES ('a', 'b')`);
    for (const name of ['log.db', 'log.db-wal', 'log.db-shm']) {
      expect(statSync(join(data.path, 'audit', name)).mode & 0o777, name).toBe(0o600);
    }
    expect(statSync(join(data.path, 'audit')).mode & 0o777).toBe(0o700);
    db.close();
  });

  it('loses what others may read, and keeps the rows', () => {
    using data = testData();
    openDatabase(data.path, { readonly: false }).close();
    chmodSync(databaseFile(data.path), 0o644);
    chmodSync(join(data.path, 'audit'), 0o755);
    openDatabase(data.path, { readonly: false }).close();
    expect(statSync(databaseFile(data.path)).mode & 0o777).toBe(0o600);
    expect(statSync(join(data.path, 'audit')).mode & 0o777).toBe(0o700);
  });

  it('is made by whoever comes first, once', async () => {
    using data = testData();
    const script = `import { openDatabase } from ${JSON.stringify(join(import.meta.dirname, 'database.ts'))};
      openDatabase(process.argv[1], { readonly: false }).close();`;
    const codes = await Promise.all(
      Array.from(
        { length: 6 },
        () =>
          new Promise((resolve) => {
            const child = spawn(process.execPath, ['--input-type=module', '--eval', script, data.path], {
              stdio: ['ignore', 'ignore', 'inherit'],
            });
            child.on('close', resolve);
          }),
      ),
    );
    expect(codes).toEqual([0, 0, 0, 0, 0, 0]);
    expect(storedRows(data.path)).toEqual([]);
  });

  it.for<[string, (dir: string, file: string) => void, string]>([
    ['a symlink', (_, file) => relink(file), 'audit-invalid'],
    ['a FIFO', (_, file) => refill(file, () => execFileSync('mkfifo', ['-m', '600', file])), 'audit-invalid'],
    ['a directory', (_, file) => refill(file, () => mkdirSync(file)), 'audit-invalid'],
    ['what others may write', (_, file) => chmodSync(file, 0o666), 'audit-invalid'],
    ['a directory that others may write', (dir) => chmodSync(dir, 0o777), 'audit-invalid'],
    ['a file in the place of the directory', (dir) => refill(dir, () => writeFileSync(dir, '')), 'audit-unwritable'],
    ['a symlink in the place of the directory', (dir) => relink(dir), 'audit-invalid'],
    ['a WAL that is a symlink', (_, file) => symlinkSync('/etc/hosts', `${file}-wal`), 'audit-invalid'],
    ['no database', (_, file) => writeFileSync(file, 'x'.repeat(5000)), 'audit-invalid'],
    [
      "another program's database",
      (_, file) => refill(file, () => foreign(file, 'PRAGMA user_version=7')),
      'audit-invalid',
    ],
    ['a database with tables of its own', (_, file) => refill(file, () => foreign(file, '')), 'audit-invalid'],
    ['a newer version', (_, file) => alter(file, 'PRAGMA user_version=2'), 'audit-invalid'],
    ['a file that was cut', (_, file) => truncateSync(file, 4096 * 3), 'audit-invalid'],
    [
      'a database without its table',
      (_, file) => alter(file, 'DROP TABLE openings; DROP TABLE events'),
      'audit-invalid',
    ],
  ])('refuses %s', ([, spoil, code]) => {
    using data = testData();
    openDatabase(data.path, { readonly: false }).close();
    spoil(join(data.path, 'audit'), databaseFile(data.path));
    const open = (): unknown => openTestLog(data.path);
    expect(open).toThrow(expect.objectContaining({ name: 'HostError', code }));
    expect(open).toThrow(expect.objectContaining({ details: expect.objectContaining({ file: expect.anything() }) }));
  });

  it.for<[string, (dir: string, file: string) => void, RegExp]>([
    ['the file', (_, file) => relink(file), /log\.db is no regular file$/],
    ['the WAL', (_, file) => symlinkSync('/etc/hosts', `${file}-wal`), /log\.db-wal is no regular file$/],
    ['the directory', (dir) => relink(dir), /audit is no directory$/],
  ])('names a symlink in the place of %s', ([, spoil, message]) => {
    using data = testData();
    openDatabase(data.path, { readonly: false }).close();
    spoil(join(data.path, 'audit'), databaseFile(data.path));
    expect(() => openDatabase(data.path, { readonly: false })).toThrow(message);
    expect(() => openDatabase(data.path, { readonly: true })).toThrow(message);
  });

  it.runIf(isRoot)('refuses what belongs to another user', () => {
    using data = testData();
    openDatabase(data.path, { readonly: false }).close();
    chownSync(databaseFile(data.path), 65534, 65534);
    expect(() => openTestLog(data.path)).toThrow(expect.objectContaining({ code: 'audit-invalid' }));
  });

  it.runIf(isRoot)('says so when its directory cannot be written', () => {
    using data = testData();
    chmodSync(data.path, 0o755);
    const script = `process.setgid(65534); process.setuid(65534);
      const { openDatabase } = await import(${JSON.stringify(join(import.meta.dirname, 'database.ts'))});
      try { openDatabase(process.argv[1], { readonly: false }); } catch ({ code, message, details }) {
        console.log(JSON.stringify({ code, message, details }));
      }`;
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', script, data.path]);
    expect(String(stderr)).toBe('');
    expect(JSON.parse(String(stdout))).toMatchObject({
      code: 'audit-unwritable',
      message: expect.stringMatching(/permission denied$/),
      details: { file: join(data.path, 'audit'), remedy: expect.anything() },
    });
  });
});

describe('a reader', () => {
  it('does not make what is not there', () => {
    using data = testData();
    expect(() => openDatabase(data.path, { readonly: true })).toThrow(expect.objectContaining({ code: 'not-found' }));
    expect(existsSync(join(data.path, 'audit'))).toBe(false);
    mkdirSync(join(data.path, 'audit'), { mode: 0o700 });
    expect(() => openDatabase(data.path, { readonly: true })).toThrow(expect.objectContaining({ code: 'not-found' }));
    expect(existsSync(databaseFile(data.path))).toBe(false);
  });

  it('cannot write', async () => {
    using data = testData();
    await using log = openTestLog(data.path);
    await log.append(draft('s'));
    const db = openDatabase(data.path, { readonly: true });
    expect(() => db.exec(`INSERT INTO meta VALUES ('a', 'b')`)).toThrow(/readonly/);
    db.close();
  });

  it.runIf(isRoot)('reads a log in a directory that it may not write', async () => {
    using data = testData();
    await using log = openTestLog(data.path);
    await log.append(draft('s'));
    await log[Symbol.asyncDispose]();
    const before = readFileSync(databaseFile(data.path));
    const mounted = spawnSync('mount', ['--bind', '-o', 'ro', data.path, data.path]);
    if (mounted.status !== 0) return;
    try {
      const db = openDatabase(data.path, { readonly: true });
      expect(db.prepare('SELECT count(*) FROM events').pluck().get()).toBe(2);
      db.close();
    } finally {
      spawnSync('umount', [data.path]);
    }
    expect(readFileSync(databaseFile(data.path)).equals(before)).toBe(true);
  });
});

describe('the tables', () => {
  const rows = async (path: string): Promise<void> => {
    await using log = openTestLog(path);
    await log.append(draft('s', { redactable: { arguments: 'x'.repeat(70_000) } }));
    await log.append(draft('t'));
  };
  const next = `(id, session, seq, ts, actor, action, payload, prev_hash, payload_hash, hash)`;
  const values = `'t', 'a', 'a', '{}', '', '', ''`;
  const last = `(SELECT hash FROM events WHERE session = 's' ORDER BY seq DESC LIMIT 1)`;
  const chained = `'t', 'a', 'a', '{}', ${last}, '', ''`;

  // The connection is one without any pragma of ours: `recursive_triggers` and `foreign_keys` are off in it.
  it.for([
    ['an update', `UPDATE events SET payload = '{}' WHERE id = 1`],
    ['an update of nothing else than the id', `UPDATE events SET id = 9 WHERE id = 1`],
    ['a removal', `DELETE FROM events WHERE id = 4`],
    ['an insert over a row', `INSERT INTO events ${next} VALUES (1, 's', 3, ${chained})`],
    ['a replacement by id', `INSERT OR REPLACE INTO events ${next} VALUES (1, 's', 3, ${chained})`],
    ['a replacement by sequence number', `INSERT OR REPLACE INTO events ${next} VALUES (5, 's', 1, ${values})`],
    ['an upsert', `INSERT INTO events ${next} VALUES (1, 's', 1, ${values}) ON CONFLICT DO UPDATE SET payload = '{}'`],
    ['a gap in the ids', `INSERT INTO events ${next} VALUES (6, 's', 3, ${chained})`],
    ['a gap in the sequence', `INSERT INTO events ${next} VALUES (5, 's', 4, ${values})`],
    ['a first row that is not 1', `INSERT INTO events ${next} VALUES (5, 'u', 2, ${values})`],
    ['a row that chains to nothing', `INSERT INTO events ${next} VALUES (5, 's', 3, ${values})`],
    [
      'a first row that chains to something',
      `INSERT INTO events ${next} VALUES (5, 'u', 1, 't', 'a', 'a', '{}', 'x', '', '')`,
    ],
    ['a row without an id', `INSERT INTO events ${next} VALUES (NULL, 's', 3, ${chained})`],
    ['a changed opening', `UPDATE openings SET value = '1'`],
    ['a replaced opening', `INSERT OR REPLACE INTO openings VALUES (1, '/detail/arguments', x'00', '1', NULL)`],
    ['a changed checkpoint', `UPDATE checkpoints SET note = ''`],
    ['a removed checkpoint', `DELETE FROM checkpoints`],
    ['a changed blob', `UPDATE blobs SET data = x''`],
    ['a replaced blob', `INSERT OR REPLACE INTO blobs SELECT sha256, 0, 'raw', x'' FROM blobs`],
    ['a replaced checkpoint', `INSERT OR REPLACE INTO checkpoints VALUES (2, '', '')`],
  ] as const)('abort %s', async ([, statement]) => {
    using data = testData();
    await rows(data.path);
    const dump = (): unknown => {
      const db = new Database(databaseFile(data.path));
      try {
        return ['events', 'openings', 'blobs', 'checkpoints'].map((table) =>
          db.prepare(`SELECT * FROM ${table}`).all(),
        );
      } finally {
        db.close();
      }
    };
    const before = dump();
    const db = new Database(databaseFile(data.path));
    db.pragma('recursive_triggers = OFF');
    db.pragma('foreign_keys = OFF');
    expect(() => db.exec(statement)).toThrow(/append-only|only the next row|written once/);
    db.close();
    expect(dump()).toEqual(before);
  });
});

function refill(path: string, make: () => unknown): void {
  rmSync(path, { recursive: true });
  make();
}

function relink(path: string): void {
  execFileSync('mv', [path, `${path}.moved`]);
  symlinkSync(`${path}.moved`, path);
}

function foreign(file: string, more: string): void {
  const db = new Database(file);
  db.exec(`CREATE TABLE notes (a); ${more}`);
  db.close();
  chmodSync(file, 0o600);
}

function alter(file: string, sql: string): void {
  const db = new Database(file);
  db.pragma('foreign_keys = OFF');
  db.exec(sql);
  db.close();
}
