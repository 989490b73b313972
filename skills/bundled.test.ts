import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../host/base/jcs.ts';
import { systemClock } from '../host/base/ports.ts';
import { PROJECT_ROOT_NAME, projectRoot } from '../host/skill/builtin.ts';
import { grant } from '../host/skill/grants.ts';
import { asError } from '../host/skill/load.ts';
import { verifyDir } from '../host/skill/verify.ts';
import { startPool, type Pool } from '../host/wasi/pool/pool.ts';
import { permitFor } from '../host/policy/testing.ts';
import { runAction } from '../host/wasi/call-skill.ts';
import { run, type SkillOutcome } from '../host/wasi/run.ts';
import { WorkspaceDir } from '../host/workspace/dir.ts';

const base = mkdtempSync(join(tmpdir(), 'wirken-bundled-'));
const root = join(base, 'ws');
let pool: Pool;

beforeAll(() => {
  pool = startPool({ cacheDir: join(base, 'cache') });
  file('a.c', '// one\nint main(void) { return "// no"[0]; }\n\n/* two\n * three */\n');
  file('lib/b.py', '# one\nx = """\n# in a string\n"""\n');
  file('lib/run', '#!/bin/sh\necho hi\n');
  file('lib/image.c', 'binary\0');
  file('node_modules/x.js', 'left out\n');
  file('.hidden.c', 'not granted\n');
  file('t.csv', 'name,age\n"Ann, A.",30\nBob,7\nCarl,\n');
});

afterAll(async () => {
  await pool[Symbol.asyncDispose]();
  rmSync(base, { recursive: true, force: true });
});

function file(path: string, content: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
}

/** The tool of a bundled skill as a person gets it: verified against the built-in root, with everything that it asks for. */
async function call(skill: string, tool: string, input: Json): Promise<SkillOutcome> {
  const verified = verifyDir(join(import.meta.dirname, skill), () => ({
    roots: new Map([[projectRoot(), PROJECT_ROOT_NAME]]),
    revoked: { keys: new Set(), digests: new Set(), publishers: new Set() },
    require: 'root',
    clock: systemClock,
  }));
  if ('kind' in verified) throw asError(verified);
  using workspace = WorkspaceDir.openAmbient(root);
  const granted = grant(verified, verified.value.manifest.permissions);
  const permit = await permitFor(runAction(granted.skill, granted.permissions, tool));
  return await run(granted, { tool, input }, permit, { pool, workspace, ceilings: {} }, AbortSignal.timeout(30_000));
}

const counts = (files: number, lines: number, code: number, comments: number, blanks: number) => ({
  files,
  lines,
  code,
  comments,
  blanks,
});

describe('bundled skills', () => {
  it.for<[skill: string, tool: string, input: Json, output: object]>([
    [
      'code-stats',
      'code-stats',
      {},
      {
        languages: [
          { language: 'Python', ...counts(1, 4, 3, 1, 0) },
          { language: 'CSV', ...counts(1, 4, 4, 0, 0) },
          { language: 'C', ...counts(1, 5, 1, 3, 1) },
          { language: 'Shell', ...counts(1, 2, 1, 1, 0) },
        ].sort((a, b) => b.code - a.code || (a.language < b.language ? -1 : 1)),
        totals: counts(4, 15, 9, 5, 1),
        skipped: { binary: 1, unknown: 0 },
      },
    ],
    [
      'code-stats',
      'code-stats',
      { paths: ['lib/*.py'], by_file: true },
      { files: [{ path: 'lib/b.py', language: 'Python', code: 3 }] },
    ],
    ['hash', 'text', { text: 'abc', algorithm: 'md5' }, { hex: '900150983cd24fb0d6963f7d28e17f72', bytes: 3 }],
    [
      'hash',
      'text',
      { text: '616263', encoding: 'hex', algorithm: 'sha1' },
      { hex: 'a9993e364706816aba3e25717850c26c9cd0d89d' },
    ],
    [
      'hash',
      'files',
      { paths: ['lib/run'], algorithm: 'crc32' },
      { files: [{ path: 'lib/run', hex: crc32('#!/bin/sh\necho hi\n').toString(16).padStart(8, '0') }] },
    ],
    [
      'hash',
      'verify',
      { list: `${createHash('sha256').update('#!/bin/sh\necho hi\n').digest('hex')}  lib/run\n00000000  gone\n` },
      { agree: 1, fail: 1, exit: 1 },
    ],
    [
      'json-query',
      'query',
      { query: '.a[] | select(.n > 1) | .s', json: '{"a":[{"n":1,"s":"x"},{"n":2,"s":"y"}]}' },
      { results: ['y'], count: 1 },
    ],
    ['json-query', 'query', { query: '[..|.k?] | length', json: '{"k":{"k":1}}' }, { results: [2] }],
    ['json-query', 'validate', { json: '{"a":\n[1,]}' }, { valid: false, line: 2, column: 4, exit: 1 }],
    ['json-query', 'format', { json: '{"b":1,"a":[]}', indent: 0, sort: true }, { text: '{"a":[],"b":1}' }],
    [
      'csv-tools',
      'summary',
      { file: 't.csv' },
      {
        rows: 3,
        columns: [
          { name: 'name', type: 'text' },
          { name: 'age', min: 7, max: 30, mean: 18.5, empty: 1 },
        ],
      },
    ],
    [
      'csv-tools',
      'select',
      { file: 't.csv', where: ['age>5'], sort: ['age'], columns: ['name'] },
      { rows: [{ name: 'Bob' }, { name: 'Ann, A.' }] },
    ],
    [
      'csv-tools',
      'convert',
      { to: 'json', file: 't.csv' },
      { text: '[{"name":"Ann, A.","age":30},{"name":"Bob","age":7},{"name":"Carl","age":null}]' },
    ],
    ['text-tools', 'count', { text: 'hé wörld\n' }, { lines: 1, words: 2, characters: 9, bytes: 11 }],
    [
      'text-tools',
      'search',
      { pattern: 'h[io]$', regex: true },
      { matches: [{ path: 'lib/run', line: 2, column: 6 }] },
    ],
    [
      'text-tools',
      'replace',
      { text: 'a1b22', pattern: '[0-9]+', regex: true, replacement: '<$0>' },
      { text: 'a<1>b<22>' },
    ],
    [
      'text-tools',
      'diff',
      { left: 'a\nb\nc\n', right: 'a\nB\nc\n' },
      { added: 1, removed: 1, diff: '--- left\n+++ right\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n' },
    ],
    ['text-tools', 'lines', { text: 'b\na\nb\n', operations: ['uniq', 'sort'] }, { text: 'a\nb\n' }],
  ])('%s %s %j', async ([skill, tool, input, output]) => {
    const outcome = await call(skill, tool, input);
    expect(outcome, JSON.stringify(outcome)).toMatchObject({ kind: 'done', output });
    expect(outcome.kind === 'done' && outcome.display).toBeTypeOf('string');
  });

  it.for<[skill: string, tool: string, input: Json, message: RegExp]>([
    ['code-stats', 'code-stats', { paths: ['../outside'] }, /no such file or directory in the workspace/u],
    ['json-query', 'query', { query: '.a |', json: '{}' }, /character 5: expected a value/u],
    ['json-query', 'query', { query: '.', json: '{]' }, /line 1, column 2/u],
    ['csv-tools', 'summary', { text: 'a,b\n"x' }, /line 2: a quoted cell is never closed/u],
    ['text-tools', 'search', { pattern: '(a', regex: true }, /\( without its \)/u],
    ['hash', 'verify', { file: 'gone.txt' }, /gone\.txt/u],
  ])('%s %s %j says what is wrong', async ([skill, tool, input, message]) => {
    const outcome = await call(skill, tool, input);
    expect(outcome).toMatchObject({ kind: 'tool-failed', code: 1 });
    expect('message' in outcome && outcome.message).toMatch(message);
  });

  it.for(['sha256', 'sha512', 'sha1', 'md5'])('%s agrees with node:crypto on every length', async (algorithm) => {
    const texts = fc.sample(fc.string({ unit: 'binary', maxLength: 300 }), 25);
    for (const text of [
      ...texts,
      'x'.repeat(55),
      'x'.repeat(56),
      'x'.repeat(64),
      'x'.repeat(111),
      'x'.repeat(112),
      'x'.repeat(128),
    ]) {
      const hex = createHash(algorithm).update(text).digest('hex');
      expect(await call('hash', 'text', { text, algorithm })).toMatchObject({ output: { hex } });
    }
  });

  it('formats any JSON to the same value', async () => {
    for (const value of fc.sample(fc.json(), 40)) {
      const outcome = await call('json-query', 'format', { json: value, indent: 3 });
      const output: unknown = outcome.kind === 'done' ? outcome.output : undefined;
      expect(JSON.parse((output as { text: string }).text)).toEqual(JSON.parse(value));
    }
  });
});
