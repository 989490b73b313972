import { execFile, execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { expectCode } from '../policy/fixtures/expect-code.ts';
import { askGate, ScriptedApprover, TEST_ACTIONS, testGate } from '../policy/testing.ts';
import { scratchDir } from './fixtures/scratch.ts';
import { RuleFile } from './rule-file.ts';

const forever = new AbortController().signal;
const DENY = 'rules:\n  - deny: "*"\n';
const writer = new URL('fixtures/writer.ts', import.meta.url).pathname;

function fileWith(text: string): { readonly file: RuleFile; readonly path: string } {
  const dir = scratchDir();
  const path = join(dir, 'permissions.yaml');
  writeFileSync(path, text, { mode: 0o600 });
  return { file: new RuleFile(dir), path };
}

const said = (file: RuleFile): readonly string[] => file.rules().rules.map(({ text }) => text);

describe('the rules of now', () => {
  it('are none without a file', () => {
    expect(said(new RuleFile(scratchDir()))).toEqual([]);
    expect(said(new RuleFile(join(scratchDir(), 'not there')))).toEqual([]);
  });

  it('are not taken for none when a symlink comes to lead nowhere', () => {
    const { file, path } = fileWith(DENY);
    rmSync(path);
    expect(said(file)).toEqual([]);
    symlinkSync(`${path}.gone`, path);
    expectCode(() => file.rules(), 'policy-invalid');
  });

  it('are the same object while the file stays', () => {
    const { file } = fileWith(DENY);
    expect(file.rules()).toBe(file.rules());
    expect(said(file)).toEqual(['deny *']);
  });

  it('follow every change: edited, replaced, made wrong, mended, removed', () => {
    const { file, path } = fileWith(DENY);
    expect(said(file)).toEqual(['deny *']);
    writeFileSync(path, 'rules:\n  - deny: MemoryRead\n');
    expect(said(file)).toEqual(['deny MemoryRead']);
    writeFileSync(path, 'rules:\n  - deny: Nothing\n');
    const first = expectCode(() => file.rules(), 'policy-invalid');
    expect(first.details).toMatchObject({ line: 2, column: 11 });
    expect(expectCode(() => file.rules(), 'policy-invalid')).toBe(first);
    writeFileSync(path, DENY);
    expect(said(file)).toEqual(['deny *']);
    chmodSync(path, 0o666);
    expectCode(() => file.rules(), 'policy-invalid');
    chmodSync(path, 0o644);
    expect(said(file)).toEqual(['deny *']);
    rmSync(path);
    expect(said(file)).toEqual([]);
  });

  it.for<readonly [string, (path: string) => void, RegExp]>([
    ['others may write', (path) => chmodSync(path, 0o602), /written by others/],
    ['the group may write', (path) => chmodSync(path, 0o620), /written by others/],
    ['is a directory', (path) => (rmSync(path), mkdirSync(path)), /no regular file/],
    ['is a FIFO', (path) => (rmSync(path), execFileSync('mkfifo', [path])), /no regular file/],
    ['is a device', (path) => (rmSync(path), symlinkSync('/dev/zero', path)), /no regular file|another user/],
    ['is huge', (path) => truncateSync(path, 1 << 30), /larger/],
    ['is no UTF-8', (path) => writeFileSync(path, Buffer.from([0xff, 0xfe])), /UTF-8/],
    ['leads nowhere', (path) => (rmSync(path), symlinkSync(path, path)), /ELOOP/],
    ['leads to what is gone', (path) => (rmSync(path), symlinkSync(`${path}.gone`, path)), /ENOENT/],
    ['belongs to another user', giveAway, /another user/],
    ['is cut in the middle', (path) => writeFileSync(path, 'rules:\n  - deny: "WorkspaceWr'), /:2:/],
  ])('are none of a file that %s', async ([, spoil, why]) => {
    const { file, path } = fileWith(DENY);
    if (spoil === giveAway && process.getuid?.() !== 0) return;
    file.rules();
    spoil(path);
    const error = expectCode(() => file.rules(), 'policy-invalid');
    expect(error.message).toMatch(why);
    expect(error.details.remedy).toBeTruthy();
    const { gate, log } = testGate({ rules: () => file.rules(), approver: new ScriptedApprover('once') });
    for (const action of Object.values(TEST_ACTIONS))
      expect(await askGate(gate, action)).toMatchObject({ kind: 'denied', decider: 'rule' });
    expect(log.decisions).toHaveLength(18);
  });
});

/** For root alone; nobody else can. */
function giveAway(path: string): void {
  chownSync(path, 12_345, 12_345);
}

describe('an edit', () => {
  it('makes the file, for its owner alone', async () => {
    const dir = join(scratchDir(), 'data');
    const file = new RuleFile(dir);
    const rules = await file.add({ effect: 'deny', target: 'WorkspaceWrite:.git/**' }, forever);
    expect(rules.map(({ text }) => text)).toEqual(['deny WorkspaceWrite:.git/**']);
    expect(said(file)).toEqual(['deny WorkspaceWrite:.git/**']);
    expect(statSync(file.path).mode & 0o777).toBe(0o600);
    await file.remove('deny WorkspaceWrite:.git/**', forever);
    expect(said(file)).toEqual([]);
    await expect(file.remove('deny WorkspaceWrite:.git/**', forever)).rejects.toMatchObject({ code: 'not-found' });
  });

  it('leaves a file that is wrong as it is', async () => {
    const { file, path } = fileWith('rules:\n  - deny: Nothing\n');
    await expect(file.add({ effect: 'deny', target: '*' }, forever)).rejects.toMatchObject({
      code: 'policy-invalid',
      details: { line: 2 },
    });
    expect(readFileSync(path, 'utf8')).toBe('rules:\n  - deny: Nothing\n');
  });

  it('leaves nothing half-made behind, and removes what another left', async () => {
    const { file, path } = fileWith(DENY);
    writeFileSync(join(path, '..', '.tmp-permissions.yaml-dead'), 'x');
    await file.add({ effect: 'deny', target: 'MemoryRead' }, forever);
    expect(readdirSync(join(path, '..')).sort()).toEqual(['permissions.busy', 'permissions.yaml']);
  });

  it('of several processes at once loses none', async () => {
    const dir = scratchDir();
    const run = promisify(execFile);
    await Promise.all(['a', 'b', 'c', 'd'].map((name) => run(process.execPath, [writer, 'rules', dir, name, '5'])));
    expect(said(new RuleFile(dir))).toHaveLength(20);
  });

  it('waits no longer than it is wanted', async () => {
    const { default: Sqlite } = await import('better-sqlite3');
    const { file, path } = fileWith(DENY);
    const busy = new Sqlite(join(path, '..', 'permissions.busy'));
    busy.exec('BEGIN EXCLUSIVE');
    const reason = new Error('enough');
    const stop = new AbortController();
    setTimeout(() => stop.abort(reason), 60);
    await expect(file.add({ effect: 'deny', target: 'MemoryRead' }, stop.signal)).rejects.toBe(reason);
    busy.close();
    expect(said(file)).toEqual(['deny *']);
  });
});
