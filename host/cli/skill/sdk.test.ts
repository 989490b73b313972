import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { Sandbox } from '../testing.ts';
import { sdkDir } from './sdk.ts';

const BIN = fileURLToPath(new URL('../../../node_modules/.bin', import.meta.url));
const env = { ...process.env, PATH: `${BIN}${delimiter}${process.env['PATH'] ?? ''}` };

function run(
  program: string,
  args: readonly string[],
  cwd: string,
): { readonly status: number | null; readonly stdout: string } {
  return spawnSync(program, args, { cwd, env, encoding: 'utf8' });
}

it('the SDK type-checks, and what an editor knows of it is what it is', { timeout: 60_000 }, () => {
  expect(run('tsc', ['-p', '.'], sdkDir())).toMatchObject({ status: 0, stdout: '' });
  expect(run(process.execPath, ['js/types.mjs', '--check'], sdkDir())).toMatchObject({ status: 0 });
});

it.for([
  ['as it is', '', '', undefined],
  ['an argument that is not declared', '({ file }, {', '({ file, other }, {', 'other'],
  ['an argument of another type', '`Hello, ${name}!\\n`', 'String(name * 2)', 'arithmetic'],
  ['an output of another type', 'bytes: bytes.length', "bytes: 'many'", 'bytes'],
  ['a text where one is declared', '`Hello, ${name}!\\n`', '3', 'string'],
  ['something that the context does not have', '{ workspace }', '{ network }', 'network'],
] as const)('the template in TypeScript: %s', { timeout: 60_000 }, async ([, before, after, fault]) => {
  using sandbox = new Sandbox();
  await sandbox.wirken(['skill', 'new', 'own', '--template', 'ts']);
  const file = join(sandbox.work, 'own/src/skill.ts');
  const source = readFileSync(file, 'utf8');
  expect(source).toContain(before);
  writeFileSync(file, source.replace(before, after));
  const { status, stdout } = run('tsc', ['-p', 'own'], sandbox.work);
  expect(status).toBe(fault === undefined ? 0 : 1);
  expect(stdout).toContain(fault ?? '');
});

it('the engine names its licences', () => {
  const text = readFileSync(join(sdkDir(), 'js/engine/LICENSES.md'), 'utf8');
  for (const part of ['Fabrice Bellard', 'Vercel', 'Permission is hereby granted', 'Unicode'])
    expect(text).toContain(part);
});
