import { appendFileSync, chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { assert, constantFrom, nat, property } from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { rawBundle } from './bundle.ts';
import { delegate, delegateBare } from './delegation.ts';
import { readBundleDir } from './read-bundle.ts';
import type { Digest } from './skill.ts';
import {
  codeOf,
  contextOf,
  editing,
  good,
  installed,
  judge,
  NOW,
  OTHER,
  ROOT,
  scratch,
  signBlindly,
  SIGNER,
  skillMd,
  skillOf,
  TERMS,
  V2,
  versioned,
  WASM,
  withDeleg,
} from './verify.fixture.ts';
import { verify, type VerifyContext, verifyDev } from './verify.ts';

afterAll(() => scratch[Symbol.dispose]());

describe('verify accepts', () => {
  it('a self-signed bundle', () => {
    const skill = skillOf(judge(good()));
    expect(skill).toMatchObject({
      name: 'demo',
      form: 'A',
      key: SIGNER.key,
      trust: { kind: 'self-signed' },
      wasm: WASM,
    });
    expect([...skill.files.keys()]).toEqual(['SKILL.md', 'gone.txt', 'ref/a.txt', 'skill.wasm']);
  });

  it('a bare delegation', () => {
    const outcome = judge(scratch.signed({}, SIGNER, delegateBare(ROOT.bytes, SIGNER.key)), { require: 'root' });
    expect(skillOf(outcome).trust).toEqual({
      kind: 'root-delegated',
      root: ROOT.key,
      rootName: 'test root',
      publisher: SIGNER.key,
    });
  });

  it.for([[['demo']], [['*']], [['x', 'demo']]])('a version 2 delegation for %j', ([names]) => {
    const outcome = judge(withDeleg({ names: names! }), { require: 'root' });
    expect(skillOf(outcome).trust).toEqual({
      kind: 'root-delegated',
      root: ROOT.key,
      rootName: 'test root',
      publisher: 'Example',
      serial: 1,
    });
  });

  it.for([{ notBefore: NOW }, { notAfter: NOW }])('a delegation at its very edge: %j', (terms) => {
    expect(codeOf(judge(withDeleg(terms)))).toBe('root-delegated');
  });

  it('the prefix of a name', () => {
    const dir = scratch.dir({ 'SKILL.md': skillMd() }, 'demo-one');
    signBlindly(dir);
    writeFileSync(join(dir, 'SKILL.deleg'), delegate(ROOT.bytes, { ...TERMS, names: ['demo-*'] }));
    expect(codeOf(judge(dir))).toBe('root-delegated');
  });

  it('hex without a newline', () => {
    const dir = good();
    for (const file of ['SKILL.sig', 'SKILL.pub']) editing(dir, file, (text) => text.trimEnd());
    expect(codeOf(judge(dir))).toBe('self-signed');
  });

  it('any file modes', () => {
    const dir = good();
    chmodSync(join(dir, 'ref/a.txt'), 0o4777);
    expect(codeOf(judge(dir))).toBe('self-signed');
  });

  it.for<[string, () => string, Partial<VerifyContext>]>([
    ['the pinned key', good, { pin: { key: SIGNER.key } }],
    [
      'another key of the publisher',
      () => scratch.signed({}, SIGNER, V2),
      { pin: { key: OTHER.key, publisher: 'Example', root: ROOT.key } },
    ],
    ['a new key that a person accepts', good, { pin: { key: OTHER.key }, acceptNewKey: true }],
    ['a newer version', () => versioned('1.10.0'), installed('1.9.9')],
    [
      'an older version that a person accepts',
      () => versioned('1.0.0'),
      { ...installed('2.0.0'), allowDowngrade: true },
    ],
    ['no version where none was', good, { installed: { digest: 'f'.repeat(64) as Digest } }],
    ['a first version', () => versioned('0.1.0'), { installed: { digest: 'f'.repeat(64) as Digest } }],
  ])('%s', ([, make, context]) => {
    expect(judge(make(), context)).not.toHaveProperty('kind');
  });

  it('the same version again, byte for byte', () => {
    const dir = versioned('1.0.0');
    const { digest } = skillOf(judge(dir));
    expect(judge(dir, { installed: { version: '1.0.0', digest } })).not.toHaveProperty('kind');
  });
});

describe('form B', () => {
  const formB = (files: Readonly<Record<string, string | Uint8Array>> = {}) =>
    signBlindly(scratch.dir({ 'SKILL.md': skillMd(), 'skill.wasm': WASM, ...files }), SIGNER, 'B');

  it('covers SKILL.md and skill.wasm; other files stay outside', () => {
    const skill = skillOf(judge(formB({ 'notes.txt': 'x', 'src/main.rs': 'y' })));
    expect(skill.form).toBe('B');
    expect([...skill.files.keys()]).toEqual(['SKILL.md', 'skill.wasm']);
    expect(skill.wasm).toEqual(WASM);
    expect(skill.manifest.integrity).toBeUndefined();
  });

  it('does not need skill.wasm in form A', () => {
    expect(codeOf(judge(formB({ 'skill.wasm': new Uint8Array([1]) })))).toBe('self-signed');
  });

  it.for(['SKILL.md', 'skill.wasm'])('refuses a changed %s', (path) => {
    const dir = formB();
    appendFileSync(join(dir, path), 'x');
    expect(codeOf(judge(dir))).toBe('signature-invalid');
  });

  it('cannot pass as form A with the zero byte inside SKILL.md', () => {
    const dir = formB();
    writeFileSync(join(dir, 'SKILL.md'), Buffer.concat([readFileSync(join(dir, 'SKILL.md')), Buffer.alloc(1), WASM]));
    rmSync(join(dir, 'skill.wasm'));
    expect(codeOf(judge(dir))).toBe('manifest-invalid');
  });

  it('takes delegations', () => {
    const dir = formB({ 'SKILL.deleg': delegateBare(ROOT.bytes, SIGNER.key) });
    expect(codeOf(judge(dir, { require: 'root' }))).toBe('root-delegated');
  });
});

describe('every byte counts', () => {
  const dir = scratch.signed({ 'skill.wasm': WASM, 'ref/a.txt': 'abc' }, SIGNER, V2);
  const raw = readBundleDir(dir);

  it('flipping any bit of any file refuses the bundle', () => {
    assert(
      property(constantFrom(...raw.files.keys()), nat(), nat(7), (path, at, bit) => {
        const bytes = Uint8Array.from(raw.files.get(path)!);
        bytes[at % bytes.length]! ^= 1 << bit;
        const files = new Map(raw.files).set(path, bytes);
        const outcome = verify({ ...raw, files }, contextOf({ require: 'root' }));
        // The one byte that means nothing: the newline that may follow the hex.
        const trailing =
          at % bytes.length === bytes.length - 1 && ['SKILL.sig', 'SKILL.pub', 'SKILL.deleg'].includes(path);
        if (!trailing) expect(outcome).toHaveProperty('kind', 'refused');
      }),
      { numRuns: 1_500 },
    );
  });

  it('taking any file away or adding one never adds trust', () => {
    for (const path of raw.files.keys()) {
      const files = new Map(raw.files);
      files.delete(path);
      expect(verify({ ...raw, files }, contextOf({ require: 'root' })), path).toHaveProperty('kind', 'refused');
    }
    const more = rawBundle('demo', [...raw.files, ['more', new Uint8Array()]]);
    expect(codeOf(verify(more, contextOf()))).toBe('integrity-extra-file');
  });

  it('hands on the very bytes that it checked', () => {
    const skill = skillOf(verify(raw, contextOf()));
    for (const [path, bytes] of skill.files) expect(bytes).toBe(raw.files.get(path));
    expect(skill.wasm).toBe(skill.files.get([...skill.files.keys()].find((path) => path === 'skill.wasm')!));
  });
});

describe('--dev', () => {
  it('needs no signature and says what it is', () => {
    const skill = skillOf(
      verifyDev(readBundleDir(scratch.dir({ 'SKILL.md': skillMd(), 'skill.wasm': WASM, 'SKILL.sig': 'nonsense' }))),
    );
    expect(skill).toMatchObject({ trust: { kind: 'dev' }, wasm: WASM });
    expect(skill.key).toBeUndefined();
    expect([...skill.files.keys()]).toEqual(['SKILL.md', 'skill.wasm']);
  });

  it('has another digest for every other byte', () => {
    const digests = ['a', 'b', ''].map(
      (x) => skillOf(verifyDev(readBundleDir(scratch.dir({ 'SKILL.md': skillMd(), x })))).digest,
    );
    expect(new Set(digests).size).toBe(3);
  });

  it.for<[string, string]>([
    ['manifest-invalid', '---\n---\n'],
    ['capability-unavailable', skillMd('permissions: {env: [A]}')],
  ])('still refuses %s', ([code, md]) => {
    expect(codeOf(verifyDev(readBundleDir(scratch.dir({ 'SKILL.md': md }))))).toBe(code);
  });
});
