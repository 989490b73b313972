import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Sandbox, TEXT_TOOL } from './testing.ts';

const WRITES = `description: "for tests"\nversion: "1.0.0"\npermissions:\n  filesystem:\n    write: ["out/**"]\n${TEXT_TOOL}`;

async function signed(box: Sandbox, front = `description: "for tests"\nversion: "1.0.0"\n${TEXT_TOOL}`): Promise<void> {
  box.skill('mine', front);
  await box.wirken(['key', 'new']);
  await box.wirken(['skill', 'sign', './mine']);
}

describe('wirken permission', () => {
  it('adds rules that decide, shows where they stand, and takes them away again', async () => {
    using box = new Sandbox();
    const file = join(box.data, 'permissions.yaml');
    expect((await box.wirken(['permission', 'allow', 'SkillRun:mine'])).code).toBe(0);
    writeFileSync(file, `# why: we wrote it\n${readFileSync(file, 'utf8')}`);
    expect((await box.wirken(['permission', 'deny', 'SkillRun:mine/text', '--channel', 'chat'])).code).toBe(0);
    expect(readFileSync(file, 'utf8')).toContain('# why: we wrote it');
    const { rules } = JSON.parse((await box.wirken(['permission', 'list', '--json'])).stdout);
    expect(rules).toMatchObject([
      { rule: 'allow SkillRun:mine', line: 3 },
      { rule: 'deny SkillRun:mine/text (channel chat)' },
    ]);
    await signed(box);
    expect((await box.wirken(['skill', 'run', './mine', 'text', 'abc'])).stdout).toContain('ba7816bf');
    expect((await box.wirken(['permission', 'revoke', 'allow SkillRun:mine'])).code).toBe(0);
    expect((await box.wirken(['skill', 'run', './mine', 'text', 'abc'])).stderr).toContain('consent-required');
    expect((await box.wirken(['permission', 'revoke', 'allow SkillRun:mine'])).stderr).toContain('not-found');
  });

  it('denies what a rule denies, whatever the command line says', async () => {
    using box = new Sandbox();
    await box.wirken(['permission', 'deny', 'SkillRun:hash']);
    const { code, stderr } = await box.wirken(['skill', 'run', '--yes', 'hash', 'text', 'abc']);
    expect([code, stderr]).toEqual([1, expect.stringContaining('wirken: denied: Denied by a rule')]);
    await box.wirken(['permission', 'deny', 'SkillInstall:mine']);
    await signed(box);
    const install = await box.wirken(['skill', 'install', '--yes', './mine']);
    expect([install.code, install.stderr]).toEqual([1, expect.stringContaining('denied')]);
  });

  it.for<[string, string[], string]>([
    ['whoever asks', [], ''],
    ['a skill of that name', ['--skill', 'hash'], ''],
    ['another skill', ['--skill', 'text-tools'], '2c26b46b'],
  ])('a rule about files binds what a skill was granted: %s', async ([, about, read]) => {
    using box = new Sandbox();
    writeFileSync(join(box.work, 'private.txt'), 'foo');
    await box.wirken(['permission', 'deny', 'WorkspaceRead:private.*', ...about]);
    const { stdout, stderr } = await box.wirken(['skill', 'run', 'hash', 'files', 'private.txt']);
    if (read === '') expect(stdout + stderr).not.toContain('2c26b46b');
    else expect(stdout).toContain(read);
  });

  it.for<[string, string[], string, number]>([
    ['a tier alone', ['SkillRun:hash'], 'allowed', 0],
    ['a person', ['WorkspaceWrite:docs/a.md'], 'asked', 1],
    ['an option', ['--allow', 'WorkspaceWrite:docs/**', 'WorkspaceWrite:docs/a.md'], 'allowed', 0],
    ['an option for elsewhere', ['--allow', 'WorkspaceWrite:docs/**', 'WorkspaceWrite:src/a.md'], 'asked', 1],
    ['a host that nobody listed', ['NetworkRequest:https://example.com/'], 'asked', 1],
    ['a command that only looks', ['ShellExec:ls -l'], 'asked', 1],
  ])('test says what would decide: %s', async ([, args, outcome, code]) => {
    using box = new Sandbox();
    const tested = await box.wirken(['permission', 'test', '--json', ...args]);
    expect([tested.code, JSON.parse(tested.stdout)]).toEqual([code, expect.objectContaining({ outcome })]);
  });

  it('lets a skill in by a rule without granting what nobody saw it ask for', async () => {
    using box = new Sandbox();
    await box.wirken(['permission', 'allow', 'SkillInstall:mine']);
    await signed(box, WRITES);
    expect((await box.wirken(['skill', 'install', './mine'])).stdout).toContain('granted: nothing');
    expect((await box.wirken(['skill', 'run', 'mine', 'text', 'abc'])).stderr).toContain('consent-required');
    const installed = box.auditRows().filter(({ action }) => action === 'skill.installed');
    expect(installed).toMatchObject([{ detail: { by: 'nobody', granted: {} } }]);
    expect((await box.wirken(['skill', 'install', '--yes', './mine'])).stdout).toContain('write: out/**');
    box.skill('mine', WRITES.replace('1.0.0', '1.1.0').replace('"out/**"', '"out/**", "more/**"'));
    await box.wirken(['skill', 'sign', './mine']);
    expect((await box.wirken(['skill', 'install', './mine'])).stdout).toMatch(
      /granted: filesystem\.write: out\/\*\*\n/,
    );
  });

  it('test names the rule and its line', async () => {
    using box = new Sandbox();
    await box.wirken(['permission', 'deny', 'WorkspaceWrite:.git/**']);
    const { stdout } = await box.wirken(['permission', 'test', 'WorkspaceWrite:.git/hooks/x']);
    expect(stdout).toContain('Denied');
    expect(stdout).toContain('permissions.yaml:2');
  });

  it('refuses a rule file that is wrong whole, with line and column, and denies meanwhile', async () => {
    using box = new Sandbox();
    await box.wirken(['permission', 'allow', 'SkillRun:mine']);
    writeFileSync(join(box.data, 'permissions.yaml'), 'rules:\n  - allow: SkillRun:mine\n  - alow: SkillRun:hash\n');
    const listed = await box.wirken(['permission', 'list']);
    expect([listed.code, listed.stderr]).toEqual([1, expect.stringMatching(/policy-invalid: permissions\.yaml:3:\d+/)]);
    await signed(box);
    expect((await box.wirken(['skill', 'run', '--yes', './mine', 'text', 'abc'])).code).toBe(1);
  });

  it.for([
    ['no variant', ['permission', 'allow', 'Everything']],
    ['a pattern that is none', ['permission', 'allow', 'WorkspaceWrite:../x']],
    ['no subject', ['permission', 'test', 'WorkspaceWrite']],
    ['a skill that is not here', ['permission', 'test', '--skill', 'nope', 'WorkspaceWrite:a']],
  ] as const)('answers %s with one clear line', async ([, args]) => {
    using box = new Sandbox();
    const { code, stderr, stdout } = await box.wirken([...args]);
    expect(code).toBeGreaterThan(0);
    expect(stderr).toMatch(/^wirken: (?:usage|policy-invalid|not-installed): /);
    expect(stderr + stdout).not.toContain('    at ');
  });
});

describe('what is printed as a way to allow it', () => {
  it.for<[string, string[], RegExp]>([
    ['the remedy of a denial', ['tool', 'run', 'exec', 'echo', "it's", 'a b', '$HOME'], /wirken permission allow .*/],
    [
      'the remedy of permission test',
      ['permission', 'test', "ShellExec:echo \"it's\" 'a b' '$HOME'"],
      /wirken permission allow .*/,
    ],
  ])('does so, as it stands, in a shell: %s', async ([, args, command]) => {
    using box = new Sandbox();
    const { stdout, stderr } = await box.wirken(args);
    const printed = command.exec(stdout + stderr)?.[0] ?? '';
    const words = execFileSync('sh', ['-c', `wirken() { printf '%s\\0' "$@"; }; ${printed}`], { encoding: 'utf8' });
    expect((await box.wirken(words.split('\0').slice(0, -1))).code).toBe(0);
    const again = await box.wirken(['tool', 'run', 'exec', 'echo', "it's", 'a b', '$HOME']);
    expect(again.stderr).not.toMatch(/consent-required|denied/);
  });

  it('is not a rule for code that no rule can name', async () => {
    using box = new Sandbox();
    box.skill('mine', `description: "for tests"\n${TEXT_TOOL}`);
    const { stderr } = await box.wirken(['skill', 'run', '--dev', './mine', 'text', 'abc']);
    expect(stderr).toContain('--yes or --allow SkillRun:mine/text');
    expect(stderr).not.toContain('permission allow');
  });
});

describe('the words of a command', () => {
  it('stand nowhere in the clear, by whatever rule or option it was allowed', async () => {
    using box = new Sandbox();
    const rule = 'allow ShellExec:echo -u hunter2 *';
    for (const args of [
      ['permission', 'allow', rule.slice('allow '.length)],
      ['tool', 'run', 'exec', 'echo', '-u', 'hunter2', 'x'],
      ['tool', 'run', '--allow', 'ShellExec:printf hunter2', 'exec', 'printf', 'hunter2'],
      ['permission', 'revoke', 'allow hunter2'],
      ['permission', 'revoke', rule],
      ['permission', 'allow', 'hunter2'],
      ['permission', 'allow', 'WorkspaceRead:../hunter2'],
    ]) {
      // oxlint-disable-next-line no-await-in-loop -- each sees the rules of the one before
      await box.wirken(args);
    }
    writeFileSync(join(box.data, 'permissions.yaml'), 'rules:\n  - allow: ShellExec:hunter2  x\n');
    await box.wirken(['tool', 'run', 'exec', 'true']);
    const rows = box.auditRows();
    expect(JSON.stringify(rows)).not.toContain('hunter2');
    const rules = rows.flatMap(({ detail }) => (typeof detail['rule'] === 'string' ? [detail['rule']] : []));
    expect(rules).toEqual([
      'allow ShellExec:echo …',
      'allow ShellExec:echo … (permissions.yaml:2:5)',
      '--allow ShellExec:printf …',
      'allow ShellExec:echo …',
      expect.stringMatching(/^rules unreadable: policy-invalid, permissions\.yaml:2:\d+$/),
    ]);
    const opened = (await box.wirken(['audit', 'log', '--json'])).stdout;
    expect(opened).toContain(`"rule_text":{"kind":"value","value":"${rule}"}`);
  });
});

describe('what --yes covers', () => {
  it('running, and not writing', async () => {
    using box = new Sandbox();
    await signed(box, WRITES);
    const { code } = await box.wirken(['skill', 'run', '--yes', './mine', 'text', 'abc']);
    expect(code).toBe(0);
    const log = box.auditRows();
    expect(log.filter(({ action }) => action === 'permission.decision').at(-1)?.detail).toMatchObject({
      action_variant: 'SkillRun',
      decider: 'option',
      rule: '--yes',
      tier: 'tier2',
    });
    expect(log.filter(({ action }) => action === 'skill.call').at(-1)?.detail['permissions']).not.toHaveProperty(
      'filesystem.write',
    );
  });
});
