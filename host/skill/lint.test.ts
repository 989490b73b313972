import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { lintBundle } from './lint.ts';
import { good, scratch, SIGNER, V2, withEntry } from './verify.fixture.ts';
import { writeFileSync, symlinkSync } from 'node:fs';

afterAll(() => scratch[Symbol.dispose]());

const CLEAN = 'description: Does what a test needs it to do\nversion: 1.0.0';
const TOOL = 'tools: [{name: t, description: A tool that a test describes, parameters: {type: object';

function md(...lines: readonly string[]): string {
  return ['---', CLEAN, ...lines, '---', '# Body', ''].join('\n');
}

function rules(files: Readonly<Record<string, string | Uint8Array>>): string[] {
  return lintBundle(scratch.dir(files)).map(({ severity, rule }) => `${severity} ${rule}`);
}

describe('lint', () => {
  it('says nothing of a good bundle, signed or not', () => {
    expect(rules({ 'SKILL.md': md() })).toEqual([]);
    const files = { 'SKILL.md': md(`${TOOL}}}]`), 'skill.wasm': '', 'x.md': '' };
    expect(rules(files)).toEqual([]);
    expect(lintBundle(scratch.signed(files, SIGNER, V2))).toEqual([]);
  });

  it.for<[string, Readonly<Record<string, string | Uint8Array>>]>([
    ['error manifest-invalid', {}],
    ['error manifest-invalid', { 'SKILL.md': '# Title' }],
    ['error manifest-invalid', { 'SKILL.md': md('version: 2') }],
    ['error byte-order-mark', { 'SKILL.md': `\uFEFF${md()}` }],
    ['error carriage-return', { 'SKILL.md': md().replaceAll('\n', '\r\n') }],
    ['error zero-byte', { 'SKILL.md': `${md()}\0` }],
    ['error unknown-key', { 'SKILL.md': md('colour: red') }],
    ['warning version-missing', { 'SKILL.md': '---\ndescription: Does what a test needs it to do\n---\nx' }],
    [
      'error description-unsafe',
      { 'SKILL.md': '---\ndescription: "Does what a test \\u202eneeds"\nversion: 1.0.0\n---\nx' },
    ],
    [
      'warning description-blank',
      { 'SKILL.md': '---\ndescription: "Does what a test needs "\nversion: 1.0.0\n---\nx' },
    ],
    ['warning description-short', { 'SKILL.md': '---\ndescription: demo\nversion: 1.0.0\n---\nx' }],
    ['error module-missing', { 'SKILL.md': md(`${TOOL}}}]`) }],
    ['error tools-missing', { 'SKILL.md': md(), 'skill.wasm': '' }],
    ['error empty', { 'SKILL.md': `---\n${CLEAN}\n---\n` }],
    ['warning unreachable', { 'SKILL.md': md('user-invocable: false') }],
    ['error parameter-unknown', { 'SKILL.md': md(`${TOOL}, properties: {}, required: [a]}}]`), 'skill.wasm': '' }],
    [
      'warning parameter-undescribed',
      { 'SKILL.md': md(`${TOOL}, properties: {a: {type: string}}}}]`), 'skill.wasm': '' },
    ],
    [
      'error pointer-unknown',
      { 'SKILL.md': md(`${TOOL}}, output: {properties: {md: true}}, display: /text}]`), 'skill.wasm': '' },
    ],
    ['warning permission-unused', { 'SKILL.md': md('permissions: {filesystem: {read: [a]}}') }],
    [
      'warning permission-broad',
      { 'SKILL.md': md(`${TOOL}}}]`, 'permissions: {filesystem: {write: ["**"]}}'), 'skill.wasm': '' },
    ],
    ['warning capability-unavailable', { 'SKILL.md': md(`${TOOL}}}]`, 'permissions: {env: [A]}'), 'skill.wasm': '' }],
    ['warning link-broken', { 'SKILL.md': `${md()}[a](rules/a.md#x) [b](https://example.org/x)` }],
  ])('%s', ([rule, files]) => {
    expect(rules(files)).toEqual([rule]);
  });

  it('sees what changed since it was signed', () => {
    const dir = good();
    writeFileSync(join(dir, 'ref/a.txt'), 'changed');
    expect(lintBundle(dir).map(({ rule }) => rule)).toContain('signature-stale');
  });

  it('reports what reading refuses', () => {
    expect(lintBundle(withEntry((dir) => symlinkSync('/', join(dir, 'x'))))).toMatchObject([
      { severity: 'error', rule: 'bundle-unsafe-entry', file: 'x' },
    ]);
  });

  it('repairs what needs no judgement', () => {
    const dir = scratch.dir({ 'SKILL.md': `\uFEFF${md().replaceAll('\n', '\r\n')}a\rb\0c` });
    expect(lintBundle(dir, { fix: true }).map(({ severity, rule }) => `${severity} ${rule}`)).toEqual([
      'fixed byte-order-mark',
      'fixed carriage-return',
      'fixed zero-byte',
    ]);
    expect(readFileSync(join(dir, 'SKILL.md'), 'utf8')).toBe(`${md()}a\nbc`);
    expect(lintBundle(dir)).toEqual([]);
  });
});
