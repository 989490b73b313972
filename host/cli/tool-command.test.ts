import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Sandbox } from './testing.ts';

describe('wirken tool run', () => {
  it('reads without asking, writes and deletes only on a word, and records each', async () => {
    using box = new Sandbox();
    writeFileSync(join(box.work, 'a.txt'), 'one\ntwo\n');
    expect((await box.wirken(['tool', 'run', 'read_file', 'a.txt'])).stdout).toContain('two');
    const refused = await box.wirken(['tool', 'run', 'write_file', 'b.txt', 'three']);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('--allow WorkspaceWrite:b.txt')]);
    expect(existsSync(join(box.work, 'b.txt'))).toBe(false);
    const elsewhere = ['tool', 'run', '--allow', 'WorkspaceWrite:docs/**', 'write_file', 'b.txt', 'three'];
    expect((await box.wirken(elsewhere)).code).toBe(1);
    const allowed = ['tool', 'run', '--allow', 'WorkspaceWrite:b.txt', 'write_file', 'b.txt', 'three'];
    expect((await box.wirken(allowed)).code).toBe(0);
    expect(readFileSync(join(box.work, 'b.txt'), 'utf8')).toBe('three');
    expect((await box.wirken(['tool', 'run', '--allow', 'WorkspaceWrite', 'delete_file', 'b.txt'])).code).toBe(1);
    expect((await box.wirken(['tool', 'run', '--allow', 'WorkspaceDelete', 'delete_file', 'b.txt'])).code).toBe(0);
    expect(existsSync(join(box.work, 'b.txt'))).toBe(false);
    const decisions = box.auditRows().filter(({ action }) => action === 'permission.decision');
    expect(decisions.map(({ detail }) => [detail['action_variant'], detail['decision'], detail['tier']])).toEqual([
      ['WorkspaceRead', 'allowed', 'tier1'],
      ['WorkspaceWrite', 'denied', 'tier2'],
      ['WorkspaceWrite', 'denied', 'tier2'],
      ['WorkspaceWrite', 'allowed', 'tier2'],
      ['WorkspaceDelete', 'denied', 'tier3'],
      ['WorkspaceDelete', 'allowed', 'tier3'],
    ]);
    // File contents are commitments.
    expect(JSON.stringify(box.auditRows())).not.toContain('three');
  });

  it('walks past what a rule denies, and reads nothing of it', async () => {
    using box = new Sandbox();
    mkdirSync(join(box.work, 'secret'));
    writeFileSync(join(box.work, 'secret', 'key.txt'), 'the needle');
    writeFileSync(join(box.work, 'open.txt'), 'a needle');
    await box.wirken(['permission', 'deny', 'WorkspaceRead:secret/**']);
    const found = await box.wirken(['tool', 'run', 'search_files', 'needle']);
    expect(found.stdout).toContain('open.txt');
    expect(found.stdout).not.toContain('the needle');
    expect((await box.wirken(['tool', 'run', 'read_file', 'secret/key.txt'])).stderr).toContain('Denied by a rule');
  });

  it('tells nothing of a file that a rule forbids to read by editing it', async () => {
    using box = new Sandbox();
    writeFileSync(join(box.work, 'key.txt'), 'user\nhunter2\n');
    await box.wirken(['permission', 'deny', 'WorkspaceRead:key.txt']);
    for (const old of ['user', 'guess']) {
      // oxlint-disable-next-line no-await-in-loop -- two processes at once are enough for this machine
      const edited = await box.wirken(['tool', 'run', '--allow', 'WorkspaceWrite', 'edit_file', 'key.txt', old, 'x']);
      expect([edited.code, edited.stdout, edited.stderr]).toEqual([1, '', expect.stringContaining('Denied by a rule')]);
    }
    expect((await box.wirken(['tool', 'run', '--allow', 'WorkspaceWrite', 'write_file', 'key.txt', 'x'])).code).toBe(0);
  });

  it('answers --json with the value, and a tool that is none with a refusal that is recorded', async () => {
    using box = new Sandbox();
    writeFileSync(join(box.work, 'a.txt'), 'one\n');
    const listed = await box.wirken(['tool', 'run', '--json', 'list_files']);
    expect(JSON.parse(listed.stdout)).toMatchObject({ entries: [{ path: 'a.txt' }] });
    expect((await box.wirken(['tool', 'run', 'frobnicate'])).code).toBe(1);
    expect(box.auditRows().map(({ detail }) => detail['action_variant'])).toContain('ToolUnknown');
  });

  it.for<[string, string[], string]>([
    ['ask', ['ask', '--allow', 'WorkspaceWrite:b.txt', '/tool write_file b.txt x'], ''],
    ['chat', ['chat', '--allow', 'WorkspaceWrite:b.txt'], '/tool write_file b.txt x\n'],
  ])('does in %s what its own --allow allows', async ([, args, input]) => {
    using box = new Sandbox();
    await box.wirken(args, input);
    expect(existsSync(join(box.work, 'b.txt'))).toBe(true);
    const other = args.map((word) => (word.startsWith('/tool') ? word.replace('b.txt', 'c.txt') : word));
    await box.wirken(other, input.replace('b.txt', 'c.txt'));
    expect(existsSync(join(box.work, 'c.txt'))).toBe(false);
  });

  it('reaches the tools from the chat', async () => {
    using box = new Sandbox();
    writeFileSync(join(box.work, 'a.txt'), 'one\ntwo\n');
    const { stdout } = await box.wirken(['chat'], '/tools\n/tool read_file a.txt\n/tool write_file b.txt x\n');
    expect(stdout).toContain('/tool exec');
    expect(stdout).toContain('two');
    expect(stdout).toContain('consent-required');
    expect(existsSync(join(box.work, 'b.txt'))).toBe(false);
  });
});
