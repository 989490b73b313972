import { spawn } from 'node:child_process';
import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Sandbox } from '../testing.ts';

const ENTRY = fileURLToPath(new URL('../../bin/wirken.mjs', import.meta.url));
const sandbox = new Sandbox();
afterAll(() => sandbox[Symbol.dispose]());

const at = (path: string): string => join(sandbox.work, path);

function write(path: string, text: string): void {
  mkdirSync(dirname(at(path)), { recursive: true });
  writeFileSync(at(path), text);
}

const wirken = async (...args: readonly string[]): ReturnType<Sandbox['wirken']> => await sandbox.wirken(args);
// oxlint-disable-next-line typescript/no-explicit-any -- what a command prints is looked at by the assertions
const json = async (...args: readonly string[]): Promise<any> => JSON.parse((await wirken(...args, '--json')).stdout);

beforeAll(async () => {
  await wirken('skill', 'new', 'own', '--template', 'ts');
  write(
    'own/src/skill.ts',
    `import { defineSkill, SkillError, t, tool } from '@wirken/skill';
export default defineSkill({ tools: {
  count: tool({ description: 'Counts the files of a folder.', parameters: { dir: t.string({ description: 'Which.' }) }, output: t.object({ files: t.integer(), bytes: t.integer() }),
    run: ({ dir }, { workspace: w }) => { let files = 0, bytes = 0; for (const path of w.walk(dir)) { files++; bytes += w.readBytes(path).length; } return { files, bytes }; } }),
  save: tool({ description: 'Writes a note, and tells of it.', parameters: { text: t.string({ description: 'What.' }) },
    run: ({ text }, { workspace: w, progress, log }) => { progress(1); progress(2, 2); log('saving'); w.exists('notes/none.txt'); w.write('notes/a.txt', text); return 'saved'; } }),
  fail: tool({ description: 'Fails as it is told to.', parameters: { how: t.oneOf(['own', 'loop', 'deep'], { description: 'How.' }) },
    run: ({ how }) => { if (how === 'own') throw new SkillError('told', 'as told', 9); for (;;) if (how === 'deep') break; return ''; } }),
} });
`,
  );
  const manifest = readFileSync(at('own/SKILL.md'), 'utf8');
  writeFileSync(
    at('own/SKILL.md'),
    manifest.replace(/^ {4}read: .*$/m, '    read: ["src/**", "never/**"]\n    write: ["notes/**"]'),
  );
  write('own/tests/cases.yaml', GOOD);
  expect(await wirken('skill', 'build', 'own')).toMatchObject({ code: 0 });
});

const GOOD = `cases:
  - name: counts
    tool: count
    input: { dir: src }
    files: { src/a.js: "12345", src/deep/b.js: "123", src/c.md: "" }
    expect: { output: { files: 3, bytes: 8 }, contains: { files: 3 } }
  - name: saves
    tool: save
    input: { text: hello }
    expect: { text: saved, progress: 2, log: saving, files: { notes/a.txt: hello } }
`;

describe('skill test', () => {
  it('passes what comes out as it should, and names the tools and grants that no case needs', async () => {
    const report = await json('skill', 'test', 'own');
    expect(report).toMatchObject({
      ok: true,
      passed: 2,
      failed: 0,
      untested_tools: ['fail'],
      unused_grants: ['filesystem.read: never/**'],
    });
    const { stdout } = await wirken('skill', 'test', 'own', '--filter', 'saves');
    expect(stdout).toMatch(/^ok {4}saves$/m);
    expect(stdout).toContain('1 of 1 cases passed');
    const lint = await json('skill', 'lint', 'own');
    expect(lint).toMatchObject({ ok: true });
    expect(lint.findings.map(({ rule }: { rule: string }) => rule)).toEqual(['grant-unused', 'tool-untested']);
  });

  it('runs in the sandbox under the gate: each call has its rows', () => {
    const rows = sandbox.auditRows();
    const calls = rows.filter(({ action }) => action === 'skill.call');
    expect(calls.length).toBeGreaterThanOrEqual(2);
    const decisions = rows.filter(({ action }) => action === 'permission.decision');
    expect(decisions).toHaveLength(calls.length);
    expect(decisions[0]?.detail).toMatchObject({ action_variant: 'SkillRun', decision: 'allowed' });
  });

  it.for([
    ['another output', 'count', '{ dir: src }', '{ output: { files: 4, bytes: 8 } }', 'expected the output'],
    ['a member that is otherwise', 'count', '{ dir: src }', '{ contains: { files: 4 } }', 'expected an output with'],
    ['another text', 'save', '{ text: a }', '{ text: no, files: { notes/a.txt: a } }', 'expected the text'],
    ['a text of another form', 'save', '{ text: a }', '{ matches: "^x", files: { notes/a.txt: a } }', 'that matches'],
    ['a file that the case does not name', 'save', '{ text: a }', '{ text: saved }', 'notes/a.txt was written'],
    ['a file with other contents', 'save', '{ text: a }', '{ files: { notes/a.txt: b } }', 'holds "a", expected "b"'],
    ['a file that should be gone', 'save', '{ text: a }', '{ files: { notes/a.txt: null } }', 'is still there'],
    ['a file that should be there', 'save', '{ text: a }', '{ files: { notes/a.txt: a, b: "" } }', 'b is not there'],
    [
      'fewer events',
      'save',
      '{ text: a }',
      '{ progress: 3, files: { notes/a.txt: a } }',
      'expected 3 progress events, got 2',
    ],
    ['another log', 'save', '{ text: a }', '{ log: x, files: { notes/a.txt: a } }', 'expected a log with'],
    [
      'a result instead of an error',
      'save',
      '{ text: a }',
      '{ exit: 3, files: { notes/a.txt: a } }',
      "expected the tool's own error",
    ],
    ['an error instead of a result', 'fail', '{ how: own }', '{ text: "" }', 'expected a result'],
    ['another exit code', 'fail', '{ how: own }', '{ exit: 3 }', 'expected exit code 3, got 9: as told'],
    ['another message', 'fail', '{ how: own }', '{ exit: 9, message: x }', 'expected a message with'],
    [
      'a refusal of another kind',
      'fail',
      '{ how: odd }',
      '{ refused: tool-unknown }',
      'expected the refusal tool-unknown',
    ],
    ['another limit', 'fail', '{ how: loop }', '{ limit: output }', 'expected the limit output, got wall-time'],
    ['no trap', 'fail', '{ how: own }', '{ trap: true }', 'expected a trap'],
  ] as const)('fails on %s', async ([, tool, input, expected, message]) => {
    write(
      'own/tests/cases.yaml',
      `cases:\n  - name: one\n    tool: ${tool}\n    input: ${input}\n    limits: { time_ms: 700 }\n    files: { src/a.js: "1" }\n    expect: ${expected}\n`,
    );
    const { code, stdout } = await wirken('skill', 'test', 'own');
    expect(code).toBe(1);
    expect(stdout).toContain(message);
    expect(stdout).toContain('0 of 1 cases passed');
  });

  it('knows errors, refusals and limits that are expected', async () => {
    write(
      'own/tests/cases.yaml',
      `cases:
  - { name: own, tool: fail, input: { how: own }, expect: { exit: 9, message: as told } }
  - { name: refused, tool: fail, input: { how: odd }, expect: { refused: arguments-invalid } }
  - { name: unknown, tool: nope, expect: { refused: tool-unknown } }
  - { name: limit, tool: fail, input: { how: loop }, limits: { time_ms: 500 }, expect: { limit: wall-time } }
`,
    );
    expect(await json('skill', 'test', 'own')).toMatchObject({ ok: true, passed: 4, unused_grants: null });
  });

  it.for([
    ['a key that there is none of', 'cases: [{ name: a, tool: b, expekt: {} }]', 'cases.0'],
    [
      'a path that leaves the workspace',
      'cases: [{ name: a, tool: b, files: { ../x: a }, expect: {} }]',
      'cases.0.files',
    ],
    ['no YAML', 'cases: [', 'tests/cases.yaml'],
    ['nothing', 'cases: []', 'there are no cases'],
  ] as const)('refuses cases with %s, naming the file', async ([, text, message]) => {
    write('own/tests/cases.yaml', text);
    const { code, stderr } = await wirken('skill', 'test', 'own');
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(message) });
  });

  it('wants a program', async () => {
    await wirken('skill', 'new', 'unbuilt', '--template', 'c');
    const { code, stderr } = await wirken('skill', 'test', 'unbuilt');
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('wirken skill build unbuilt') });
  });
});

describe('skill record', () => {
  beforeAll(() => {
    for (let file = 0; file < 8; file += 1) write(`ws/src/lib/f${file}.js`, 'x');
    write('ws/src/.hidden', 'x');
    write('ws/src/main.js', 'x');
    write('ws/other.txt', 'x');
  });

  it('proposes what one call used, and changes nothing', async () => {
    expect(
      await json('skill', 'record', '--workspace', 'ws', 'own', 'count', 'src').catch(() => 'usage'),
    ).toBeDefined();
    const counted = await wirken('skill', 'record', '--json', '--workspace', 'ws', './own', 'count', 'src');
    expect(JSON.parse(counted.stdout)).toMatchObject({
      ok: true,
      permissions: { filesystem: { read: ['src/**/*.js', 'src/.hidden'], write: [] } },
      not_needed: ['filesystem.read: src/**', 'filesystem.read: never/**', 'filesystem.write: notes/**'],
    });
    const saved = await wirken('skill', 'record', '--workspace', 'ws', './own', 'save', 'text=hi');
    expect(saved.stdout).toContain('permissions:\n  filesystem:\n    write: ["notes", "notes/a.txt"]');
    expect(saved.stdout).toContain('# looked for, and not there: notes/none.txt');
    await expect(async () => readFileSync(at('ws/notes/a.txt'))).rejects.toThrow('ENOENT');
  });

  it('says how a tool is called', async () => {
    const { code, stderr } = await wirken('skill', 'record', './own', 'count');
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('usage: ') });
  });
});

describe('skill inspect', () => {
  it('shows the program, who signed it, what it may do and what it did', async () => {
    const unsigned = await json('skill', 'inspect', 'own');
    expect(unsigned).toMatchObject({
      standing: 'not signed',
      trust: null,
      tools: ['count', 'save', 'fail'],
      program: { kind: 'module', producers: ['language: TypeScript', 'processed-by: wirken skill build'] },
    });
    expect(unsigned.program.imports).toContain('wasi_snapshot_preview1.fd_read');
    expect(unsigned.program.exports).toEqual(['memory (memory)', '_start (function)']);
    const sections = unsigned.program.sections.reduce((sum: number, { bytes }: { bytes: number }) => sum + bytes, 0);
    expect(unsigned.program.bytes - sections).toBeLessThan(200);
    await wirken('key', 'new');
    write('own/tests/cases.yaml', GOOD);
    await wirken('skill', 'sign', 'own');
    await wirken('skill', 'run', '--yes', '--workspace', 'ws', './own', 'count', 'src');
    const signed = await json('skill', 'inspect', 'own');
    expect(signed).toMatchObject({ trust: 'self-signed', runs: [{ tool: 'count', outcome: 'done', exitCode: 0 }] });
    const { stdout } = await wirken('skill', 'inspect', './own');
    expect(stdout).toMatch(/^last runs .*count {2}done \(exit 0\)/m);
    expect(stdout).toContain('Next: wirken session show');
    appendFileSync(at('own/README.md'), 'changed');
    expect(await json('skill', 'inspect', 'own')).toMatchObject({
      trust: null,
      standing: expect.stringContaining('integrity-mismatch'),
    });
  });

  it('takes a file alone, and says when it would not run', async () => {
    write('bare/own.wasm', '');
    writeFileSync(at('bare/own.wasm'), readFileSync(at('own/skill.wasm')));
    expect(await json('skill', 'inspect', 'bare/own.wasm')).toMatchObject({ program: { kind: 'module' } });
    const odd = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 2, 7, 1, 1, 0x65, 1, 0x66, 0, 0);
    writeFileSync(at('bare/odd.wasm'), odd);
    expect(await json('skill', 'inspect', 'bare/odd.wasm')).toMatchObject({
      program: { imports: ['e.f'], refusal: { code: 'import-unknown' } },
    });
    writeFileSync(at('bare/none.wasm'), 'no program');
    expect(await wirken('skill', 'inspect', 'bare/none.wasm')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('module-invalid'),
    });
    expect(await wirken('skill', 'inspect', 'nowhere')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('not-found'),
    });
  });
});

describe('skill lint', () => {
  it('finds a program that asks for what is not there, cases that cannot be read, and packages in the bundle', async () => {
    write('own/tests/more.yaml', 'cases: 3');
    write('own/node_modules/x/index.js', '');
    writeFileSync(
      at('own/skill.wasm'),
      Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 2, 7, 1, 1, 0x65, 1, 0x66, 0, 0),
    );
    const { code, stdout } = await wirken('skill', 'lint', 'own', '--json');
    expect(code).toBe(1);
    const rules = JSON.parse(stdout).findings.map(({ rule }: { rule: string }) => rule);
    expect(rules).toEqual(expect.arrayContaining(['node-modules', 'import-unknown', 'manifest-invalid']));
    rmSync(at('own/node_modules'), { recursive: true });
    rmSync(at('own/tests/more.yaml'));
  });
});

it('skill dev builds and tests again after a change, and ends with Ctrl-C', { timeout: 60_000 }, async () => {
  write('own/tests/cases.yaml', GOOD);
  const child = spawn(process.execPath, [ENTRY, 'skill', 'dev', 'own'], {
    cwd: sandbox.work,
    env: { PATH: process.env['PATH'], HOME: sandbox.root, WIRKEN_DATA_DIR: sandbox.data },
  });
  let said = '';
  const waits = (times: number): Promise<void> =>
    new Promise((resolve) => {
      const look = (chunk: Buffer | string): void => {
        said += chunk.toString();
        if (said.split('Waiting for a change').length > times) resolve();
      };
      child.stdout.on('data', look);
      child.stderr.on('data', look);
      look('');
    });
  await waits(1);
  expect(said).toContain('2 of 2 cases passed');
  write('own/tests/cases.yaml', GOOD.replace('files: 3, bytes: 8', 'files: 3, bytes: 9'));
  await waits(2);
  expect(said).toContain('1 of 2 cases passed');
  child.kill('SIGINT');
  const code = await new Promise((resolve) => child.on('close', resolve));
  expect(code).toBe(0);
});

it('skill pack refuses to put the archive into the bundle', async () => {
  await wirken('skill', 'build', 'own');
  await wirken('skill', 'sign', 'own');
  expect(await wirken('skill', 'pack', 'own', '--out', 'own/own.skill')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--out'),
  });
  expect(await wirken('skill', 'pack', 'own')).toMatchObject({ code: 0 });
});
