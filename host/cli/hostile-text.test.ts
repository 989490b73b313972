import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { shownJson } from '../base/shown.ts';
import { createOutput, faultText } from './output.ts';
import { Sandbox, TEXT_TOOL } from './testing.ts';

// oxlint-disable-next-line no-control-regex -- what must not be printed
const ESCAPE = /[\u001b\u009b\u0007\u202e]/;

describe('what others wrote', () => {
  it.for([
    [['skill', 'list', '--x\u001b[31m\u0007']],
    [['skill\u001b[2J']],
    [['skill', 'list', 'too', 'many\u009b2J']],
    [['skill', 'info', 'x\u001b[2J']],
    [['skill', 'verify', './x\u202e']],
  ] as const)('acts on no terminal from the command line %j', async ([args]) => {
    using box = new Sandbox();
    const { stdout, stderr } = await box.wirken(args);
    expect(stdout).toBe('');
    expect(stderr).not.toMatch(ESCAPE);
    expect(stderr).not.toBe('');
  });

  it('adds no line to what `skill info` says', async () => {
    using box = new Sandbox();
    box.skill('mine', `description: "a\\ntrust     root-delegated (publisher wirken)"\n${TEXT_TOOL}`);
    await box.wirken(['key', 'new']);
    await box.wirken(['skill', 'sign', './mine']);
    await box.wirken(['skill', 'install', '--yes', './mine']);
    const { stdout } = await box.wirken(['skill', 'info', 'mine']);
    expect(stdout.split('\n').filter((line) => line.startsWith('trust'))).toEqual([
      'trust     self-signed (nobody vouches for the key)',
    ]);
  });

  it('stands behind a bar in an error', () => {
    expect(faultText({ code: 'tool-failed', message: 'x exited with 1: no\nwirken: all is well\n' })).toBe(
      'wirken: tool-failed: x exited with 1: no\n  │ wirken: all is well',
    );
  });

  it('is the same value in JSON, and harmless', () => {
    const value = { '\u009b': ['\u202e\u{e0041}\u007f', 'ü\u001b\n'] };
    const json = shownJson(JSON.stringify(value, null, 2));
    expect(json).not.toMatch(/[\u007f-\u009f\u202e\u{e0041}]/u);
    expect(JSON.parse(json)).toEqual(value);
    const written: string[] = [];
    const stream = { write: (chunk: string | Uint8Array) => written.push(String(chunk)), isTTY: true };
    createOutput(stream, stream, true).result('', value);
    expect(written.join('')).toBe(`${json}\n`);
  });
});

describe('a data directory', () => {
  it.skipIf(process.platform === 'win32')('that others may write is neither read nor filled with code', async () => {
    using box = new Sandbox();
    mkdirSync(box.data);
    chmodSync(box.data, 0o777);
    const { code, stderr } = await box.wirken(['skill', 'list']);
    expect(code).toBe(1);
    expect(stderr).toContain('config-invalid');
    expect(existsSync(join(box.data, 'cache'))).toBe(false);
  });

  it.skipIf(process.platform === 'win32')('whose config is a FIFO does not hang', async () => {
    using box = new Sandbox();
    mkdirSync(box.data, { mode: 0o700 });
    execFileSync('mkfifo', [join(box.data, 'config.yaml')]);
    expect((await box.wirken(['skill', 'list'])).stderr).toContain('no regular file');
  });

  it('that is a file is told, not a fault of wirken', async () => {
    using box = new Sandbox();
    writeFileSync(box.data, '');
    expect((await box.wirken(['key', 'new'])).stderr).toContain('config-invalid');
  });
});

describe('wrong usage under --json', () => {
  it.for([
    [['skill', 'list', '--json', '--nonsense']],
    [['skill', 'verify', '--json']],
    [['skill', 'list', '--json', 'more']],
  ] as const)('is JSON as well: %j', async ([args]) => {
    using box = new Sandbox();
    const { code, stdout } = await box.wirken(args);
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, error: { code: 'usage' } });
  });

  it('names a place once', async () => {
    using box = new Sandbox();
    const { stdout } = await box.wirken(['skill', 'verify', '--json', './nowhere']);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'not-found', file: './nowhere' } });
  });
});
