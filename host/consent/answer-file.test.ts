import { execFile } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import Sqlite from 'better-sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { answer, BINDING, itKeepsAnswers, NOW_MS } from '../policy/fixtures/answers.ts';
import { expectCode } from '../policy/fixtures/expect-code.ts';
import { askGate, ScriptedApprover, TEST_ACTIONS, TEST_ASKER, testGate } from '../policy/testing.ts';
import { AnswerFile } from './answer-file.ts';
import { scratchDir } from './fixtures/scratch.ts';

const writer = new URL('fixtures/writer.ts', import.meta.url).pathname;

function open(dir = scratchDir()): AnswerFile {
  const file = new AnswerFile(dir);
  onTestFinished(() => file[Symbol.dispose]());
  return file;
}

describe('answers in a file', () => {
  itKeepsAnswers(() => open());

  it('outlast the process, for their owner alone', () => {
    const dir = scratchDir();
    const added = open(dir).add(answer());
    expect(open(dir).find(BINDING, NOW_MS)).toEqual([added]);
    expect(added.id).toMatch(/^[0-9a-f]{8}$/);
    for (const name of ['permissions.db', 'permissions.db-wal'])
      expect(statSync(join(dir, name)).mode & 0o777).toBe(0o600);
  });

  it('are never those of a session', () => {
    expect(() => open().add(answer({ effect: 'session' }))).toThrow(TypeError);
    expect(() => open().add(answer({ session: 's1' }))).toThrow(TypeError);
  });

  it('make no file before there is one', async () => {
    const file = open();
    expect(file.find(BINDING, NOW_MS)).toEqual([]);
    expect(file.list(NOW_MS)).toEqual([]);
    expect(file.remove('x')).toBe(false);
    expect(file.sweep(NOW_MS)).toBe(0);
    const { gate } = testGate({ answers: file, approver: new ScriptedApprover('once') });
    await askGate(gate, TEST_ACTIONS.WorkspaceRead);
    await askGate(gate, TEST_ACTIONS.WorkspaceWrite);
    expect(existsSync(file.path)).toBe(false);
  });

  it('serve the gates of several processes', async () => {
    const dir = scratchDir();
    const clock = { now: () => NOW_MS };
    const { gate } = testGate({ answers: open(dir), clock, approver: new ScriptedApprover('always') });
    expect(await askGate(gate, TEST_ACTIONS.WorkspaceWrite)).toMatchObject({ kind: 'permit', decider: 'person' });
    const other = open(dir);
    const { gate: second } = testGate({ answers: other, clock });
    const asker = { ...TEST_ASKER, session: 'another' };
    expect(await askGate(second, TEST_ACTIONS.WorkspaceWrite, asker)).toMatchObject({ decider: 'remembered' });
    const [kept] = other.list(NOW_MS);
    expect(open(dir).remove(kept?.id ?? '')).toBe(true);
    expect(await askGate(second, TEST_ACTIONS.WorkspaceWrite, asker)).toMatchObject({
      kind: 'denied',
      decider: 'nobody',
    });
  });

  it('know in every process that the clock was set back', () => {
    const dir = scratchDir();
    const [one, two] = [open(dir), open(dir)];
    one.add(answer());
    one.find(BINDING, NOW_MS + 20 * 86_400_000);
    expect(two.find(BINDING, NOW_MS + 86_400_000)).toEqual([]);
    expect(one.find(BINDING, NOW_MS + 86_400_000)).toEqual([]);
  });

  it('of several processes at once are all kept', async () => {
    const dir = scratchDir();
    const run = promisify(execFile);
    await Promise.all(['a', 'b', 'c', 'd'].map((name) => run(process.execPath, [writer, 'answers', dir, name, '15'])));
    expect(open(dir).list(Date.now())).toHaveLength(60);
  });
});

it('is made by several processes at once', async () => {
  const dir = scratchDir();
  const run = promisify(execFile);
  await Promise.all(['a', 'b', 'c'].map((name) => run(process.execPath, [writer, 'fresh', dir, name, '60'])));
  for (let at = 0; at < 60; at++) expect(open(join(dir, String(at))).list(Date.now())).toHaveLength(3);
});

describe('a file of answers that', () => {
  it.for<readonly [string, (path: string) => void]>([
    ['is no database', (path) => writeFileSync(path, 'not a database, surely '.repeat(100), { mode: 0o600 })],
    ['is cut', (path) => truncateSync(path, 5000)],
    ['others may write', (path) => chmodSync(path, 0o666)],
    ['is of a newer version', (path) => change(path, (db) => db.pragma('user_version = 99'))],
    [
      'is another program’s',
      (path) =>
        change(path, (db) =>
          db.exec('DROP TABLE answers; DROP TABLE clock; PRAGMA user_version = 0; CREATE TABLE x (y)'),
        ),
    ],
    ['lacks a table', (path) => change(path, (db) => db.exec('DROP TABLE clock'))],
  ])('%s is refused; what is asked is asked, and nothing is remembered', async ([, spoil]) => {
    const dir = scratchDir();
    const first = open(dir);
    first.add(answer());
    first[Symbol.dispose]();
    spoil(first.path);
    const before = readFileSync(first.path);
    const file = open(dir);
    for (const use of [
      () => file.find(BINDING, NOW_MS),
      () => file.list(NOW_MS),
      () => file.add(answer()),
      () => file.remove('x'),
      () => file.sweep(NOW_MS),
    ])
      expect(expectCode(use, 'policy-invalid').details.remedy).toContain('Move it away');
    expect(readFileSync(first.path).equals(before)).toBe(true);
    const approver = new ScriptedApprover('once');
    const told: string[] = [];
    const { gate } = testGate({ answers: file, approver, onUnremembered: (_, { code }) => void told.push(code) });
    expect(await askGate(gate, TEST_ACTIONS.WorkspaceWrite)).toMatchObject({ kind: 'permit', decider: 'person' });
    expect(approver.questions).toMatchObject([{ choices: ['once', 'no'] }]);
    expect(told).toEqual(['policy-invalid']);
  });

  it('is a directory is refused', () => {
    const dir = scratchDir();
    mkdirSync(join(dir, 'permissions.db'));
    expectCode(() => open(dir).add(answer()), 'policy-invalid');
  });

  it('holds rows of another hand gives none of them', () => {
    const dir = scratchDir();
    const file = open(dir);
    file.add(answer());
    change(file.path, (db) => {
      db.exec("UPDATE answers SET variant = 'constructor', pattern = 'x'");
      db.exec(
        `INSERT INTO answers SELECT 'y', 'always', 'WorkspaceWrite', 'src/a.ts', digest, publisher, agent, channel, person, workspace, 0, 9e15 FROM answers`,
      );
    });
    expect(file.list(NOW_MS)).toEqual([]);
    expect(file.find(BINDING, NOW_MS)).toEqual([]);
  });

  it('failed is looked at anew by the next use', () => {
    const dir = scratchDir();
    const file = open(dir);
    file.add(answer());
    change(file.path, (db) => db.exec('DROP TABLE answers'));
    expectCode(() => file.find(BINDING, NOW_MS), 'policy-invalid');
    for (const name of readdirSync(dir)) rmSync(join(dir, name));
    expect(file.find(BINDING, NOW_MS)).toEqual([]);
    expect(file.find(BINDING, NOW_MS)).toEqual([]);
    expect(file.add(answer())).toMatchObject({ effect: 'always' });
  });

  it('belongs to another user is refused', () => {
    const file = open();
    file.add(answer());
    file[Symbol.dispose]();
    if (process.getuid?.() !== 0) return;
    chownSync(file.path, 12_345, 12_345);
    expectCode(() => file.find(BINDING, NOW_MS), 'policy-invalid');
  });

  it('was mended serves again', () => {
    const dir = scratchDir();
    const file = open(dir);
    file.add(answer());
    chmodSync(file.path, 0o666);
    file[Symbol.dispose]();
    expectCode(() => file.find(BINDING, NOW_MS), 'policy-invalid');
    chmodSync(file.path, 0o600);
    expect(file.find(BINDING, NOW_MS)).toHaveLength(1);
  });
});

function change(path: string, work: (db: Sqlite.Database) => unknown): void {
  const db = new Sqlite(path);
  work(db);
  db.close();
}
