import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Sandbox, TEXT_TOOL } from './testing.ts';

const FRONT = `description: "for tests"\nversion: "1.0.0"\n${TEXT_TOOL}`;
const WRITES = `${FRONT}\npermissions:\n  filesystem:\n    read: ["**"]\n    write: ["out/**"]`;
const ABC = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';

async function signed(box: Sandbox, name: string, frontmatter = FRONT, program = 'hash'): Promise<string> {
  const dir = box.skill(name, frontmatter, program);
  await box.wirken(['key', 'new']);
  const { code, stderr } = await box.wirken(['skill', 'sign', dir]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return dir;
}

describe('wirken skill', () => {
  it('goes from nothing to an installed, updated and removed skill', async () => {
    using box = new Sandbox();
    const dir = await signed(box, 'mine');
    expect((await box.wirken(['skill', 'verify', './mine'])).stdout).toContain('self-signed');
    const packed = await box.wirken(['skill', 'pack', './mine']);
    expect(packed.code).toBe(0);
    const refused = await box.wirken(['skill', 'install', 'mine-1.0.0.skill']);
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toContain('consent-required');
    const installed = await box.wirken(['skill', 'install', '--yes', '--json', 'mine-1.0.0.skill']);
    expect(JSON.parse(installed.stdout)).toMatchObject({
      ok: true,
      status: 'installed',
      name: 'mine',
      trust: 'self-signed',
    });
    const ran = await box.wirken(['skill', 'run', 'mine', 'text', 'text=abc']);
    expect(ran.stdout).toContain(ABC);
    expect((await box.wirken(['skill', 'list'])).stdout).toMatch(/mine\s+1\.0\.0\s+self-signed\s+installed/);
    expect((await box.wirken(['skill', 'info', 'mine'])).stdout).toContain('wirken skill run mine text');
    expect((await box.wirken(['skill', 'update'])).stdout).toContain('installed already');
    appendFileSync(join(dir, 'SKILL.md'), 'More.\n');
    expect((await box.wirken(['skill', 'verify', './mine'])).stderr).toContain('signature-invalid');
    expect((await box.wirken(['skill', 'remove', 'mine'])).code).toBe(0);
    expect((await box.wirken(['skill', 'run', 'mine', 'text', 'abc'])).stderr).toContain('not-installed');
  });

  it('shows what an update asks for anew, and keeps the old version until someone agrees', async () => {
    using box = new Sandbox();
    const dir = await signed(box, 'mine');
    await box.wirken(['skill', 'install', '--yes', './mine']);
    const text = readFileSync(join(dir, 'SKILL.md'), 'utf8');
    writeFileSync(
      join(dir, 'SKILL.md'),
      text
        .replace('1.0.0', '1.1.0')
        .replace('integrity:', 'permissions:\n  filesystem:\n    read: ["src/**"]\nintegrity:'),
    );
    await box.wirken(['skill', 'sign', dir]);
    expect((await box.wirken(['skill', 'update', 'mine'])).stderr).toContain('filesystem.read: src/**');
    expect((await box.wirken(['skill', 'list'])).stdout).toMatch(/mine\s+1\.0\.0/);
    const updated = await box.wirken(['skill', 'update', '--yes', 'mine']);
    expect(updated.stdout).toContain('+ filesystem.read: src/**');
    expect((await box.wirken(['skill', 'list'])).stdout).toMatch(/mine\s+1\.1\.0/);
  });

  it('refuses another key, and a lower version, until someone says so', async () => {
    using box = new Sandbox();
    const dir = await signed(box, 'mine');
    await box.wirken(['skill', 'install', '--yes', './mine']);
    await box.wirken(['key', 'new', 'other']);
    await box.wirken(['skill', 'sign', dir, '--key', 'other']);
    expect((await box.wirken(['skill', 'install', '--yes', './mine'])).stderr).toContain('key-changed');
    expect((await box.wirken(['skill', 'install', '--yes', '--accept-new-key', './mine'])).code).toBe(0);
    writeFileSync(join(dir, 'SKILL.md'), readFileSync(join(dir, 'SKILL.md'), 'utf8').replace('1.0.0', '0.9.0'));
    await box.wirken(['skill', 'sign', dir, '--key', 'other']);
    expect((await box.wirken(['skill', 'install', '--yes', './mine'])).stderr).toContain('downgrade');
    expect((await box.wirken(['skill', 'install', '--yes', '--allow-downgrade', './mine'])).code).toBe(0);
  });

  it('stops an installed skill at once when its key is revoked', async () => {
    using box = new Sandbox();
    await signed(box, 'mine');
    await box.wirken(['skill', 'install', '--yes', './mine']);
    const { keys } = JSON.parse((await box.wirken(['key', 'list', '--json'])).stdout);
    expect((await box.wirken(['trust', 'revoke', keys[0].key])).code).toBe(0);
    expect((await box.wirken(['skill', 'run', 'mine', 'text', 'abc'])).stderr).toContain('revoked');
    expect((await box.wirken(['skill', 'list'])).code).toBe(1);
  });

  it('refuses at install what this host cannot give, by name', async () => {
    using box = new Sandbox();
    await signed(box, 'wants', `${FRONT}\npermissions:\n  network:\n    hosts: ["example.com"]`);
    const { code, stderr } = await box.wirken(['skill', 'install', '--yes', './wants']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/capability-unavailable.*network/);
  });

  it('runs a directory only on a word: --yes for running, --allow for writing', async () => {
    using box = new Sandbox();
    await signed(box, 'mine', WRITES);
    expect((await box.wirken(['skill', 'run', './mine', 'text', 'abc'])).stderr).toContain('consent-required');
    expect((await box.wirken(['skill', 'run', '--yes', './mine', 'text', 'abc'])).stdout).toContain(ABC);
    expect(
      (await box.wirken(['skill', 'run', '--yes', '--allow', 'WorkspaceWrite:out/**', './mine', 'text', 'abc'])).code,
    ).toBe(0);
    expect(
      (await box.wirken(['skill', 'run', '--yes', '--allow', 'WorkspaceWrite:etc/**', './mine', 'text', 'abc'])).code,
    ).toBe(2);
    expect((await box.wirken(['skill', 'run', '--yes', '--allow', 'Everything', './mine', 'text', 'abc'])).code).toBe(
      2,
    );
  });

  it('runs an unsigned directory with --dev alone, and says so', async () => {
    using box = new Sandbox();
    box.skill('mine', FRONT);
    expect((await box.wirken(['skill', 'run', '--yes', './mine', 'text', 'abc'])).stderr).toContain(
      'signature-missing',
    );
    const dev = await box.wirken(['skill', 'run', '--dev', '--yes', './mine', 'text', 'abc']);
    expect(dev.stdout).toContain(ABC);
    expect(dev.stderr).toContain('--dev');
  });

  it('takes arguments as words, as JSON, from --input and from stdin', async () => {
    using box = new Sandbox();
    for (const args of [
      ['hash', 'text', 'abc'],
      ['hash', 'abc'],
      ['hash', 'text', '--text', 'abc', '--algorithm=sha256'],
      ['hash', 'text', '{"text":"abc"}'],
      ['--input', '{"text":"abc"}', 'hash', 'text'],
      ['--input', '{"text":"abc"}', 'hash'],
    ]) {
      const { code, stdout } = await box.wirken(['skill', 'run', '--json', ...args]);
      expect([args, code, JSON.parse(stdout).hex]).toEqual([args, 0, ABC]);
    }
    const piped = await box.wirken(['skill', 'run', '--json', '--input', '-', 'hash', 'text'], '{"text":"abc"}');
    expect(JSON.parse(piped.stdout)).toMatchObject({ hex: ABC });
  });

  it('refuses the home directory, /, and the data directory as workspace', async () => {
    using box = new Sandbox();
    mkdirSync(box.data);
    for (const dir of ['/', box.root, box.data, join(box.data, '..')]) {
      const { code, stderr } = await box.wirken(['skill', 'run', '--workspace', dir, 'code-stats']);
      expect([dir, code]).toEqual([dir, 1]);
      expect(stderr).toContain('workspace-refused');
    }
  });
});

describe('wirken trust and key', () => {
  it('delegates to a key whose holder asked for it, and to no other', async () => {
    using box = new Sandbox();
    await box.wirken(['key', 'new', 'root']);
    await box.wirken(['key', 'new', 'author']);
    const { keys } = JSON.parse((await box.wirken(['key', 'list', '--json'])).stdout);
    const root: string = keys.find((one: { name: string }) => one.name === 'root').key;
    expect((await box.wirken(['trust', 'add', root, '--name', 'team'])).code).toBe(0);
    const request = (await box.wirken(['key', 'request', root, '--key', 'author'])).stdout.trim();
    const args = [
      'trust',
      'delegate',
      request,
      '--root-key',
      'root',
      '--publisher',
      'acme',
      '--names',
      'mine-*',
      '--out',
      'it.deleg',
    ];
    expect((await box.wirken(args)).code).toBe(0);
    const dir = box.skill('mine-tool', FRONT);
    await box.wirken(['skill', 'sign', dir, '--key', 'author', '--delegation', 'it.deleg']);
    const verified = JSON.parse((await box.wirken(['skill', 'verify', '--json', './mine-tool'])).stdout);
    expect(verified).toMatchObject({ ok: true, trust: 'root-delegated', publisher: 'acme', root });
    const forged = request.replace(/"key":"[0-9a-f]{4}/, '"key":"0123');
    expect((await box.wirken(['trust', 'delegate', forged, '--root-key', 'root'])).code).toBe(1);
    await box.wirken(['trust', 'remove', 'team']);
    expect((await box.wirken(['skill', 'verify', './mine-tool'])).stderr).toContain('delegation-invalid');
  });

  it('lets only root-delegated skills load when the config says so', async () => {
    using box = new Sandbox();
    await signed(box, 'mine');
    await box.wirken(['skill', 'install', '--yes', './mine']);
    writeFileSync(join(box.data, 'config.yaml'), 'trust:\n  require: root\n');
    expect((await box.wirken(['skill', 'run', 'mine', 'text', 'abc'])).stderr).toContain('delegation-required');
    expect((await box.wirken(['skill', 'run', 'hash', 'text', 'abc'])).code).toBe(0);
  });

  it.for([
    ['not YAML', 'trust: [', 'line'],
    ['an unknown key', 'trsut: {}', 'trsut'],
    ['a value that is none', 'limits: { time: forever }', 'limits.time'],
    ['a key twice', 'limits: {}\nlimits: {}', 'unique'],
  ])('refuses a config file with %s', async ([, text = '', named = '']) => {
    using box = new Sandbox();
    mkdirSync(box.data, { mode: 0o700 });
    writeFileSync(join(box.data, 'config.yaml'), text);
    const { code, stderr } = await box.wirken(['skill', 'list']);
    expect(code).toBe(1);
    expect(stderr).toContain('config-invalid');
    expect(stderr).toContain(named);
  });
});

describe('every command', () => {
  it('answers --help with 0 and wrong usage with 2', async () => {
    using box = new Sandbox();
    for (const args of [
      ['--help'],
      ['skill', '--help'],
      ['skill', 'run', '--help'],
      ['wasm', 'run', '--help'],
      ['--version'],
    ]) {
      expect([args, (await box.wirken(args)).code]).toEqual([args, 0]);
    }
    for (const args of [
      ['nonsense'],
      ['skill', 'verify'],
      ['skill', 'list', '--nonsense'],
      ['trust', 'delegate', 'x'],
    ]) {
      const { code, stdout, stderr } = await box.wirken(args);
      expect([args, code, stdout]).toEqual([args, 2, '']);
      expect(stderr).not.toContain('    at ');
    }
  });

  it('gives errors as JSON under --json, without a stack', async () => {
    using box = new Sandbox();
    for (const args of [
      ['skill', 'verify', '--json', './nowhere'],
      ['skill', 'info', '--json', 'nowhere'],
      ['skill', 'install', '--json', './nowhere'],
      ['skill', 'run', '--json', 'nowhere'],
      ['trust', 'add', '--json', 'zz'],
      ['skill', 'sign', '--json', './nowhere', '--key', './no.seed'],
    ]) {
      const { code, stdout } = await box.wirken(args);
      expect([args, code]).toEqual([args, 1]);
      expect(JSON.parse(stdout)).toMatchObject({
        ok: false,
        error: { code: expect.any(String), message: expect.any(String) },
      });
    }
  });

  it('says what to do next where there is no terminal, and is well', async () => {
    using box = new Sandbox();
    expect(await box.wirken(['welcome'])).toMatchObject({ code: 0, stdout: expect.stringContaining('chat') });
    const { code, stdout } = await box.wirken(['doctor', '--json']);
    expect([code, JSON.parse(stdout).ok]).toEqual([0, true]);
    expect(existsSync(box.data)).toBe(true);
  });

  it('answers /code-stats in ask and in a piped chat', async () => {
    using box = new Sandbox();
    mkdirSync(join(box.work, 'src'));
    writeFileSync(join(box.work, 'src', 'a.c'), 'int main(void) { return 0; } // one\n');
    expect((await box.wirken(['ask', '/code-stats src'])).stdout).toMatch(/C\b.*1/);
    const chat = await box.wirken(['chat'], '/skills\n/help\n/code-stats src\nhello\n/quit\n');
    expect(chat.code).toBe(0);
    expect(chat.stdout).toContain('/code-stats');
    expect(chat.stdout).toContain('No model is configured');
  });
});
