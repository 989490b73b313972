import { readdirSync, readFileSync, statSync, writeFileSync, chmodSync } from 'node:fs';
import { join } from 'node:path';
import { array, assert, constantFrom, property, uint8Array, uniqueArray } from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { encodeUtf8 } from '../base/bytes.ts';
import type { HostError } from '../base/error.ts';
import { delegate, delegateBare } from './delegation.ts';
import { digestFiles, sha256 } from './digest.ts';
import { parsePublicKey } from './ed25519.ts';
import { parseBundlePath } from './names.ts';
import { signBundle, withIntegrity } from './sign.ts';
import type { BundlePath } from './skill.ts';
import { codeOf, good, judge, OTHER, ROOT, scratch, SIGNER, skillMd, TERMS, V2 } from './verify.fixture.ts';

afterAll(() => scratch[Symbol.dispose]());

const FILES = digestFiles(
  new Map([
    [path('skill.wasm'), encodeUtf8('w')],
    [path('a/b.txt'), encodeUtf8('b')],
  ]),
);
const BLOCK = `integrity:\n  "a/b.txt": sha256:${sha256(encodeUtf8('b'))}\n  "skill.wasm": sha256:${sha256(encodeUtf8('w'))}`;

function path(text: string): BundlePath {
  const parsed = parseBundlePath(text);
  if (parsed === undefined) throw new TypeError(text);
  return parsed;
}

function rewritten(md: string): string {
  return new TextDecoder().decode(withIntegrity(encodeUtf8(md), FILES));
}

describe('withIntegrity', () => {
  it.for<[string, string, string]>([
    ['behind the last key', '---\nname: x # why\n---\nB', `---\nname: x # why\n${BLOCK}\n---\nB`],
    ['behind a block of text', '---\na: |\n  x\n\n---\n', `---\na: |\n  x\n\n${BLOCK}\n---\n`],
    ['behind a comment at the end', '---\na: b\n# end\n---\n', `---\na: b\n# end\n${BLOCK}\n---\n`],
    [
      'in its place',
      '---\na: 1\nintegrity:\n  "old": x\n  "older": y\n\n# c\nb:   2\n---\n',
      `---\na: 1\n${BLOCK}\n\n# c\nb:   2\n---\n`,
    ],
    ['in its place, at the end', '---\na: 1\nintegrity:\n  "old": x\n---\n', `---\na: 1\n${BLOCK}\n---\n`],
    ['in place of braces', '---\nintegrity: {"old": x} # c\na: \'b\'\n---\n', `---\n${BLOCK} # c\na: 'b'\n---\n`],
    ['in place of nothing', '---\nintegrity:\na: b\n---\n', `---\n${BLOCK}\na: b\n---\n`],
    ['in place of null', '---\nintegrity: ~\na: b\n---\n', `---\n${BLOCK}\na: b\n---\n`],
    ['in place of a quoted key', '---\n"integrity": {}\na: b\n---\n', `---\n${BLOCK}\na: b\n---\n`],
    ['at the indentation of the rest', '---\n  a: b\n---\n', `---\n  a: b\n${BLOCK.replace(/^/gm, '  ')}\n---\n`],
    [
      'before a body that looks the same',
      `---\na: b\n---\nintegrity:\n---\nx: y\n---\n`,
      `---\na: b\n${BLOCK}\n---\nintegrity:\n---\nx: y\n---\n`,
    ],
  ])('stands %s', ([, before, after]) => {
    expect(rewritten(before)).toBe(after);
    expect(rewritten(after)).toBe(after);
  });

  it.for<[string, string]>([
    ['the whole in braces', '---\n{a: b}\n---\n'],
    ['an explicit key', '---\n? integrity\n: {}\na: b\n---\n'],
    ['a document that has ended', '---\na: b\n...\n---\n'],
  ])('refuses %s', ([, md]) => {
    expect(() => rewritten(md)).toThrow(expect.objectContaining({ code: 'manifest-invalid' }));
  });

  it('leaves SKILL.md alone if there is nothing to list', () => {
    const md = encodeUtf8('---\na: b\n---\n');
    expect(withIntegrity(md, new Map())).toBe(md);
    expect(
      new TextDecoder().decode(withIntegrity(encodeUtf8('---\nintegrity:\n  "x": y\na: b\n---\n'), new Map())),
    ).toBe('---\nintegrity: {}\na: b\n---\n');
  });

  it('leaves every other byte, whatever surrounds it', () => {
    const entries = [
      'a: 1',
      'b: "x: y"',
      "c: 'it''s'",
      'd: # comment\n  - 1\n  -   2',
      'e: >-\n  folded\n  text',
      'f: |+\n  kept\n\n',
      '# lonely comment',
      '',
      'g: {h: [1, 2]}   ',
      'i: plain\n  on two lines',
      'j:',
    ];
    assert(
      property(
        uniqueArray(constantFrom(...entries)),
        uniqueArray(constantFrom('k: 1', '# z', 'l: |\n  t', '')),
        (before, after) => {
          const all = ['description: x', ...before, 'integrity:\n  "old": sha256:x', ...after];
          const out = rewritten(`---\n${all.join('\n')}\n---\nbody`);
          expect(out).toBe(`---\n${['description: x', ...before, BLOCK, ...after].join('\n')}\n---\nbody`);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('signBundle', () => {
  it('writes nothing for a bundle that could not be verified for a file called SKILL.DELEG', () => {
    const dir = scratch.dir({ 'SKILL.md': skillMd(), 'SKILL.DELEG': 'x' });
    expect(() => signBundle(dir, SIGNER)).toThrow('in case alone');
    expect(readFileSync(join(dir, 'SKILL.md'), 'utf8')).toBe(skillMd());
    expect(readdirSync(dir)).not.toContain('SKILL.sig');
  });

  it('round trip: what is signed verifies', () => {
    const segment = constantFrom('a', 'b', 'C', 'd.txt', '-', '@x', '_', '+1');
    const paths = array(segment, { minLength: 1, maxLength: 3 }).map((parts) => `x/${parts.join('/')}.f`);
    assert(
      property(uniqueArray(paths, { maxLength: 6 }), uint8Array({ maxLength: 50 }), (names, bytes) => {
        const dir = scratch.signed(Object.fromEntries(names.map((name) => [name, bytes])));
        expect(codeOf(judge(dir))).toBe('self-signed');
      }),
      { numRuns: 40 },
    );
  });

  it('signs the same bytes the same way', () => {
    const dir = good();
    const before = ['SKILL.md', 'SKILL.sig', 'SKILL.pub'].map((file) => readFileSync(join(dir, file), 'utf8'));
    signBundle(dir, SIGNER);
    expect(['SKILL.md', 'SKILL.sig', 'SKILL.pub'].map((file) => readFileSync(join(dir, file), 'utf8'))).toEqual(before);
    expect(before[1]).toMatch(/^[0-9a-f]{128}\n$/);
    expect(before[2]).toBe(`${SIGNER.key}\n`);
  });

  it('leaves nothing behind, and modes as they were', () => {
    const dir = scratch.dir({ 'SKILL.md': skillMd(), x: '' });
    chmodSync(join(dir, 'SKILL.md'), 0o640);
    signBundle(dir, SIGNER);
    expect(readdirSync(dir)).toEqual(['SKILL.md', 'SKILL.pub', 'SKILL.sig', 'x']);
    expect(statSync(join(dir, 'SKILL.md')).mode & 0o777).toBe(0o640);
  });

  it('signs what this host cannot give yet', () => {
    expect(codeOf(judge(scratch.signed({ 'SKILL.md': skillMd('permissions: {env: [A]}') })))).toBe(
      'capability-unavailable',
    );
  });

  it('signs again with another delegation', () => {
    const dir = scratch.signed({}, SIGNER, V2);
    signBundle(dir, SIGNER, { delegation: encodeUtf8(delegateBare(ROOT.bytes, SIGNER.key)) });
    expect(codeOf(judge(dir, { require: 'root' }))).toBe('root-delegated');
  });

  it.for<[string, string, () => unknown]>([
    ['a delegation for another key', 'delegation-invalid', () => scratch.signed({}, OTHER, V2)],
    [
      'a delegation for another name',
      'delegation-invalid',
      () => scratch.signed({}, SIGNER, delegate(ROOT.bytes, { ...TERMS, names: ['x'] })),
    ],
    ['a delegation that is none', 'delegation-invalid', () => scratch.signed({}, SIGNER, 'x')],
    ['a delegation left by another signer', 'delegation-invalid', () => scratch.signed({ 'SKILL.deleg': V2 }, OTHER)],
    [
      'a manifest that does not parse',
      'manifest-invalid',
      () => scratch.signed({ 'SKILL.md': '---\nname: demo\n---\n' }),
    ],
    ['carriage returns', 'manifest-invalid', () => scratch.signed({ 'SKILL.md': skillMd().replaceAll('\n', '\r\n') })],
    ['a directory without SKILL.md', 'manifest-invalid', () => signBundle(scratch.dir({ x: '' }), SIGNER)],
  ])('refuses %s and writes nothing', ([, code, act]) => {
    let seen = '';
    try {
      act();
    } catch (error) {
      seen = (error as HostError).code;
    }
    expect(seen).toBe(code);
  });

  it('writes nothing that it refuses', () => {
    const dir = scratch.dir({ 'SKILL.md': skillMd() });
    expect(() => signBundle(dir, SIGNER, { delegation: encodeUtf8('x') })).toThrow();
    expect(readdirSync(dir)).toEqual(['SKILL.md']);
    expect(readFileSync(join(dir, 'SKILL.md'), 'utf8')).toBe(skillMd());
  });

  it('signs over what was tampered with only as the author', () => {
    const dir = good();
    writeFileSync(join(dir, 'ref/a.txt'), 'changed');
    expect(codeOf(judge(dir))).toBe('integrity-mismatch');
    expect(signBundle(dir, OTHER).key).toBe(parsePublicKey(OTHER.key));
    expect(codeOf(judge(dir))).toBe('self-signed');
  });
});
