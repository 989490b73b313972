import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Sandbox } from '../testing.ts';

const MODULES = fileURLToPath(new URL('../../../node_modules', import.meta.url));
const INSTALL_MS = 60_000;
let sandbox: Sandbox;
beforeEach(() => {
  sandbox = new Sandbox();
});
afterEach(() => sandbox[Symbol.dispose]());

const at = (path: string): string => join(sandbox.work, path);

/** Writes a file of a skill. */
function write(path: string, text: string): void {
  mkdirSync(join(at(path), '..'), { recursive: true });
  writeFileSync(at(path), text);
}

/** A skill in TypeScript with these tools. */
async function typescript(tools: string, before = ''): Promise<void> {
  await sandbox.wirken(['skill', 'new', 'own', '--template', 'ts']);
  write(
    'own/src/skill.ts',
    `import { defineSkill, SkillError, t, tool } from '@wirken/skill';\n${before}\nexport default defineSkill({ tools: {\n${tools}\n} });\n`,
  );
}

async function run(...words: readonly string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return await sandbox.wirken(['skill', 'run', '--dev', '--yes', ...words]);
}

describe('skill new', () => {
  it.for(['ts', 'js', 'c', 'rust', 'assemblyscript', 'wat'].map((template): [string] => [template]))(
    '--template %s builds, tests, lints and runs at once',
    { timeout: 2 * INSTALL_MS },
    async ([template], { skip }) => {
      if (template === 'assemblyscript') {
        const args = ['install', '--prefix', sandbox.work, '--no-audit', '--no-fund', 'assemblyscript@0.28.20'];
        await promisify(execFile)('npm', args, { timeout: INSTALL_MS }).catch(() =>
          skip('AssemblyScript does not install here'),
        );
      }
      const made = await sandbox.wirken(['skill', 'new', 'own', '--template', template]);
      expect(made).toMatchObject({ code: 0, stdout: expect.stringContaining('Next: wirken skill build own') });
      expect(readFileSync(at('own/README.md'), 'utf8').trimEnd().split('\n').length).toBeLessThanOrEqual(10);
      const built = await sandbox.wirken(['skill', 'build', 'own', '--json']);
      if (built.stdout.includes('toolchain-missing')) skip(`not built here: ${built.stdout}`);
      expect(JSON.parse(built.stdout)).toMatchObject({ ok: true, tools_written: false });
      const tested = await sandbox.wirken(['skill', 'test', 'own', '--json']);
      expect(JSON.parse(tested.stdout)).toMatchObject({ ok: true, failed: 0, untested_tools: [], unused_grants: [] });
      expect(await sandbox.wirken(['skill', 'lint', 'own'])).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('Nothing'),
      });
      const ran = await run('./own', ...(template === 'wat' ? ['text=hello'] : ['greet', 'Ada']));
      expect(ran).toMatchObject({ code: 0, stdout: template === 'wat' ? '16' : 'Hello, Ada!\n' });
    },
  );

  it.for([
    ['a name that none can have', ['Nope!'], 'no name for a skill'],
    ['an unknown template', ['own', '--template', 'cobol'], 'ts, js, c, rust, assemblyscript, wat'],
  ] as const)('refuses %s', async ([, args, message]) => {
    const { code, stderr } = await sandbox.wirken(['skill', 'new', ...args]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(message) });
    expect(readdirSync(sandbox.work)).toEqual([]);
  });

  it('refuses a directory that is there and leaves it as it was', async () => {
    write('own/mine.txt', 'mine');
    const { code, stderr } = await sandbox.wirken(['skill', 'new', 'own']);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('is there already') });
    expect(readdirSync(at('own'))).toEqual(['mine.txt']);
  });
});

describe('skill build', () => {
  it('writes the tools of the code into SKILL.md, and lint sees when they part', async () => {
    await typescript(
      `nap: tool({ description: 'Sleeps for as long as you say, or not at all.', parameters: { long: t.optional(t.integer({ minimum: 1, description: 'Seconds.' })), how: t.oneOf(['deep', 'light'], { description: 'How.' }) }, output: t.object({ ok: t.boolean() }), readOnly: true, run: () => ({ ok: true }) }),`,
    );
    write(
      'own/tests/cases.yaml',
      'cases:\n  - { name: naps, tool: nap, input: { how: deep }, expect: { output: { ok: true } } }\n',
    );
    const built = await sandbox.wirken(['skill', 'build', 'own']);
    expect(built).toMatchObject({ code: 0, stdout: expect.stringContaining('were written anew') });
    const manifest = readFileSync(at('own/SKILL.md'), 'utf8');
    expect(manifest).toContain('- deep');
    expect(manifest).toContain('read-only: true');
    expect(manifest).toContain('What a model should know');
    expect((await sandbox.wirken(['skill', 'test', 'own'])).code).toBe(0);
    writeFileSync(at('own/SKILL.md'), manifest.replace('- deep', '- shallow'));
    const { code, stdout } = await sandbox.wirken(['skill', 'lint', 'own', '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(stdout).findings).toContainEqual(expect.objectContaining({ rule: 'tools-disagree' }));
  });

  it('gives the same bytes again', async () => {
    await typescript(`a: tool({ description: 'Answers with the letter a.', parameters: {}, run: () => 'a' }),`);
    const digests = [];
    for (let turn = 0; turn < 2; turn += 1)
      digests.push(JSON.parse((await sandbox.wirken(['skill', 'build', 'own', '--json'])).stdout).sha256);
    expect(digests[0]).toBe(digests[1]);
  });

  it.for([
    ['a fault in the syntax', `const x = ;`, ['src/skill.ts']],
    ['what cannot be erased', `enum Colour { Red }`, ['src/skill.ts', 'enum']],
    ['a module of Node', `import fs from 'node:fs';`, ['node:fs', 'part of Node']],
    ['a package that is not there', `import x from 'no-such-package';`, ['no-such-package', 'npm install']],
    ['chance at the top level', `const x = Math.random();`, ['Math.random', 'within run', 'src/skill.ts:2:']],
    [
      'an error at the top level',
      `const inner = () => { throw new RangeError('too far'); };\ninner();`,
      ['too far', 'src/skill.ts:2:', 'src/skill.ts:3:'],
    ],
  ] as const)('says where and what: %s', async ([, before, parts]) => {
    await typescript(`a: tool({ description: 'Answers with the letter a.', parameters: {}, run: () => 'a' }),`, before);
    const { code, stderr } = await sandbox.wirken(['skill', 'build', 'own']);
    expect(code).toBe(1);
    for (const part of parts) expect(stderr).toContain(part);
    expect(existsSync(at('own/skill.wasm'))).toBe(false);
  });

  it.for([
    ['c', 'src/skill.c', 'int main(void) { return nothing; }', 'src/skill.c:1'],
    ['wat', 'src/skill.wat', '(module (func (drop)', 'src/skill.wat'],
    ['wat', 'src/skill.wat', '(module (import "env" "x" (func)) (func (export "_start")))', 'import-unknown'],
  ] as const)(
    '%s: a wrong source is told in the words of its compiler, and nothing is put in place',
    async ([template, file, source, part], { skip }) => {
      await sandbox.wirken(['skill', 'new', 'own', '--template', template]);
      write(`own/${file}`, source);
      const { code, stderr } = await sandbox.wirken(['skill', 'build', 'own']);
      if (stderr.includes('toolchain-missing')) skip(stderr);
      expect(code).toBe(1);
      expect(stderr).toContain(part);
      expect(existsSync(at('own/skill.wasm'))).toBe(false);
    },
  );

  it('says how to get a compiler that is missing', async () => {
    await sandbox.wirken(['skill', 'new', 'own', '--template', 'c']);
    const { code, stderr } = await sandbox.wirken(['skill', 'build', 'own'], '', { PATH: '/nonexistent' });
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/toolchain-missing[^]*apt-get install/),
    });
  });

  it.for([
    ['is not JSON', '{', 'it is not JSON'],
    ['leads out of the skill', '{"build":{"language":"c","sources":["../x.c"]}}', 'must lie within the skill'],
    ['loads a plugin', '{"build":{"language":"c","sources":["a.c"],"flags":["-fplugin=./a.so"]}}', 'no flag that'],
    ['names a linker', '{"build":{"language":"c","sources":["a.c"],"flags":["-fuse-ld=/bin/sh"]}}', 'no flag that'],
    ['knows no such language', '{"build":{"language":"basic"}}', 'build.language'],
    ['has a key too many', '{"build":{"language":"wat","entry":"a.wat","shell":"rm"}}', 'shell'],
  ] as const)('refuses a skill.json that %s', async ([, text, part]) => {
    await sandbox.wirken(['skill', 'new', 'own', '--template', 'c']);
    write('own/skill.json', text);
    expect(await sandbox.wirken(['skill', 'build', 'own'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(part),
    });
  });
});

describe('a skill in TypeScript', () => {
  it('tells its errors with their places in the source', async () => {
    await typescript(
      `boom: tool({ description: 'Breaks in another file of the skill.', parameters: {}, run: () => inner(1) }),
  later: tool({ description: 'Breaks after it has waited.', parameters: {}, run: async () => { await null; return inner(2); } }),
  never: tool({ description: 'Waits for what never comes.', parameters: {}, run: () => new Promise<string>(() => undefined) }),
  own: tool({ description: 'Fails with an error of its own.', parameters: {}, run: () => { throw new SkillError('empty', 'nothing there', 7); } }),`,
      `import { inner } from './inner.ts';`,
    );
    write(
      'own/src/inner.ts',
      `type Y = { b: string };\n\nexport function inner(a: number): string {\n  return (undefined as unknown as Y).b + a;\n}\n`,
    );
    expect((await sandbox.wirken(['skill', 'build', 'own'])).code).toBe(0);
    for (const tool of ['boom', 'later']) {
      const { code, stderr } = await run('./own', tool);
      expect(code).toBe(1);
      expect(stderr).toMatch(/TypeError: .*'b'[^]*inner \(src\/inner\.ts:4:\d+\)[^]*src\/skill\.ts/);
    }
    expect((await run('./own', 'never')).stderr).toContain('waits for something that never comes');
    expect((await run('./own', 'own')).stderr).toMatch(/exited with 7: nothing there\n/);
  });

  it('uses packages of both kinds, and fresh randomness in each call', async () => {
    symlinkSync(MODULES, at('node_modules'));
    await typescript(
      `deps: tool({ description: 'Uses what others wrote.', parameters: {}, output: t.any(), run: async (_, { log, progress }) => {
    progress(1, 2, 'half');
    console.log({ a: 1 });
    log('said', 3);
    return [parse('a: [1]'), marked.parse('*x*'), matter.default?.name ?? typeof matter, new TextDecoder().decode(new TextEncoder().encode('ü😀')), Math.random()];
  } }),`,
      `import { parse } from 'yaml';\nimport { marked } from 'marked';\nimport matter from './old.cjs';`,
    );
    write(
      'own/src/old.cjs',
      `const helper = require('./helper.cjs');\nmodule.exports = { default: { name: helper.name } };\n`,
    );
    write('own/src/helper.cjs', `exports.name = 'common';\n`);
    expect(await sandbox.wirken(['skill', 'build', 'own'])).toMatchObject({ code: 0 });
    const [first, second] = [await run('--json', './own', 'deps'), await run('--json', './own', 'deps')].map(
      ({ stdout }) => JSON.parse(stdout),
    );
    expect(first.slice(0, 4)).toEqual([{ a: [1] }, '<p><em>x</em></p>\n', 'common', 'ü😀']);
    expect(first[4]).not.toBe(second[4]);
    expect(first[4]).toBeGreaterThanOrEqual(0);
    expect(first[4]).toBeLessThan(1);
  });

  it('reads, lists, writes, renames and removes what it was granted, and is refused the rest', async () => {
    await typescript(`files: tool({ description: 'Does everything with files.', parameters: {}, output: t.any(), run: (_, { workspace: w, bundle }) => {
    const names = [...w.walk('in')].length;
    w.write('out/deep/a.txt', 'ä'.repeat(70000));
    w.write('out/b.bin', new Uint8Array([0, 255]));
    w.rename('out/b.bin', 'out/c.bin');
    w.write('out/gone.txt', '');
    w.remove('out/gone.txt');
    const codes = [() => w.readText('secret'), () => w.write('elsewhere', ''), () => w.readText('in/none.txt'), () => bundle.write('x', '')].map((one) => { try { one(); return 'done'; } catch (error) { return error instanceof SkillError ? error.code : String(error); } });
    return { names, big: w.readText('out/deep/a.txt').length, bytes: [...w.readBytes('out/c.bin')], many: w.list('in/many').length, stat: w.stat('in/a.txt')?.size, none: w.exists('in/none.txt'), codes, own: bundle.exists('SKILL.md') };
  } }),`);
    const many = Object.fromEntries(
      Array.from({ length: 3000 }, (_, index) => [`in/many/file-with-a-long-name-${index}.txt`, '']),
    );
    write(
      'own/tests/cases.json',
      JSON.stringify({
        cases: [
          {
            name: 'files',
            tool: 'files',
            files: { 'in/a.txt': 'abc', secret: 's', ...many },
            expect: {
              contains: {
                big: 70000,
                bytes: [0, 255],
                many: 3000,
                stat: 3,
                none: false,
                own: true,
                codes: ['not-granted', 'not-granted', 'not-found', 'read-only'],
              },
              files: { 'out/deep/a.txt': 'ä'.repeat(70000), 'out/c.bin': { base64: 'AP8=' } },
            },
          },
        ],
      }),
    );
    const manifest = readFileSync(at('own/SKILL.md'), 'utf8').replace(
      /^ {4}read: .*$/m,
      '    read: ["in/**", "out/**"]\n    write: ["out/**"]',
    );
    writeFileSync(at('own/SKILL.md'), manifest);
    write('own/tests/cases.yaml', 'cases: []\n');
    expect((await sandbox.wirken(['skill', 'build', 'own'])).code).toBe(0);
    const { stdout } = await sandbox.wirken(['skill', 'test', 'own', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, cases: [{ differences: [] }] });
  });
});
