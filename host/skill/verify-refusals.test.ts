import { spawnSync } from 'node:child_process';
import { appendFileSync, linkSync, mkdirSync, renameSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { delegateBare } from './delegation.ts';
import {
  blind,
  codeOf,
  editing,
  good,
  installed,
  judge,
  OTHER,
  revoking,
  ROOT,
  scratch,
  signBlindly,
  SIGNER,
  skillMd,
  skillOf,
  V2,
  versioned,
  WASM,
  withDeleg,
  withEntry,
  without,
} from './verify.fixture.ts';
import type { VerifyContext } from './verify.ts';

afterAll(() => scratch[Symbol.dispose]());

function listening(path: string): void {
  const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.exit(0))`;
  // Ended without closing, so the socket stays in the directory.
  spawnSync(process.execPath, ['-e', script.replace('process.exit(0)', 'process.kill(process.pid, "SIGKILL")')]);
}

interface Case {
  readonly why: string;
  readonly code: string;
  readonly make: () => string;
  readonly context?: (dir: string) => Partial<VerifyContext>;
}

// Everything that can be wrong, in the order in which it is found.
const FAULTS: readonly Case[] = [
  {
    why: 'a symlink',
    code: 'bundle-unsafe-entry',
    make: () => withEntry((dir) => symlinkSync('/etc/passwd', join(dir, 'x'))),
  },
  {
    why: 'a symlink to a file of its own',
    code: 'bundle-unsafe-entry',
    make: () => withEntry((dir) => symlinkSync('SKILL.md', join(dir, 'x'))),
  },
  {
    why: 'a symlink to a directory',
    code: 'bundle-unsafe-entry',
    make: () => withEntry((dir) => symlinkSync('/etc', join(dir, 'x'))),
  },
  {
    why: 'a dangling symlink',
    code: 'bundle-unsafe-entry',
    make: () => withEntry((dir) => symlinkSync('nowhere', join(dir, 'x'))),
  },
  {
    why: 'a hard link',
    code: 'bundle-unsafe-entry',
    make: () => withEntry((dir) => linkSync(join(dir, 'ref/a.txt'), join(dir, '..', 'linked'))),
  },
  {
    why: 'a FIFO',
    code: 'bundle-unsafe-entry',
    make: () => withEntry((dir) => void spawnSync('mkfifo', [join(dir, 'x')])),
  },
  { why: 'a socket', code: 'bundle-unsafe-entry', make: () => withEntry((dir) => listening(join(dir, 'x'))) },
  { why: 'an empty directory', code: 'bundle-unsafe-entry', make: () => withEntry((dir) => mkdirSync(join(dir, 'x'))) },
  {
    why: 'an empty directory further down',
    code: 'bundle-unsafe-entry',
    make: () => withEntry((dir) => mkdirSync(join(dir, 'ref/x'))),
  },
  {
    why: 'a name with a blank',
    code: 'bundle-unsafe-entry',
    make: () => withEntry((dir) => writeFileSync(join(dir, 'a b'), '')),
  },
  {
    why: 'a name with a dot at its end',
    code: 'bundle-unsafe-entry',
    make: () => withEntry((dir) => writeFileSync(join(dir, 'a.'), '')),
  },
  {
    why: 'a name that looks like another',
    code: 'bundle-unsafe-entry',
    make: () => withEntry((dir) => writeFileSync(join(dir, 'SKILL․md'), '')),
  },
  {
    why: 'a name that is no UTF-8',
    code: 'bundle-unsafe-entry',
    make: () => withEntry((dir) => writeFileSync(Buffer.concat([Buffer.from(`${dir}/`), Buffer.from([0xff])]), '')),
  },
  {
    why: 'a name of 129 characters',
    code: 'bundle-unsafe-entry',
    make: () => withEntry((dir) => writeFileSync(join(dir, 'a'.repeat(129)), '')),
  },
  {
    why: 'two names that differ in case',
    code: 'bundle-unsafe-entry',
    make: () => withEntry((dir) => writeFileSync(join(dir, 'skill.MD'), '')),
  },
  {
    why: 'two directories that differ in case',
    code: 'bundle-unsafe-entry',
    make: () =>
      withEntry((dir) => {
        mkdirSync(join(dir, 'REF'));
        writeFileSync(join(dir, 'REF/b'), '');
      }),
  },
  {
    why: '33 levels',
    code: 'bundle-unsafe-entry',
    make: () =>
      withEntry((dir) => {
        mkdirSync(join(dir, 'd/'.repeat(32)), { recursive: true });
        writeFileSync(join(dir, 'd/'.repeat(32), 'f'), '');
      }),
  },
  {
    why: 'one byte above 64 MiB',
    code: 'bundle-too-large',
    make: () =>
      withEntry((dir) => {
        writeFileSync(join(dir, 'x'), '');
        truncateSync(join(dir, 'x'), 64 * 1024 * 1024);
      }),
  },
  {
    why: 'a terabyte that is not there',
    code: 'bundle-too-large',
    make: () =>
      withEntry((dir) => {
        writeFileSync(join(dir, 'x'), '');
        truncateSync(join(dir, 'x'), 2 ** 40);
      }),
  },
  {
    why: '2,001 files',
    code: 'bundle-too-large',
    make: () =>
      withEntry((dir) => {
        for (let i = 0; i < 1_995; i++) writeFileSync(join(dir, `f${i}`), '');
      }),
  },
  { why: 'no SKILL.sig', code: 'signature-missing', make: () => without('SKILL.sig') },
  { why: 'no SKILL.pub', code: 'signature-missing', make: () => without('SKILL.pub') },
  { why: 'no SKILL.md', code: 'manifest-invalid', make: () => without('SKILL.md') },
  { why: 'an empty signature', code: 'signature-malformed', make: () => editing(good(), 'SKILL.sig', () => '') },
  {
    why: 'a signature in capitals',
    code: 'signature-malformed',
    make: () => editing(good(), 'SKILL.sig', (text) => text.toUpperCase()),
  },
  {
    why: 'a signature with two newlines',
    code: 'signature-malformed',
    make: () => editing(good(), 'SKILL.sig', (text) => `${text}\n`),
  },
  {
    why: 'a signature with CRLF',
    code: 'signature-malformed',
    make: () => editing(good(), 'SKILL.sig', (text) => text.replace('\n', '\r\n')),
  },
  {
    why: 'a blank before the signature',
    code: 'signature-malformed',
    make: () => editing(good(), 'SKILL.sig', (text) => ` ${text}`),
  },
  {
    why: 'a short signature',
    code: 'signature-malformed',
    make: () => editing(good(), 'SKILL.sig', (text) => text.slice(2)),
  },
  {
    why: 'a key in capitals',
    code: 'signature-malformed',
    make: () => editing(good(), 'SKILL.pub', (text) => text.toUpperCase()),
  },
  { why: 'a long key', code: 'signature-malformed', make: () => editing(good(), 'SKILL.pub', (text) => `00${text}`) },
  {
    why: 'a key of small order',
    code: 'key-weak',
    make: () => editing(good(), 'SKILL.pub', () => `01${'00'.repeat(31)}`),
  },
  {
    why: 'a key that is not canonical',
    code: 'key-weak',
    make: () => editing(good(), 'SKILL.pub', () => `f0${'ff'.repeat(30)}7f`),
  },
  {
    why: 'a key off the curve',
    code: 'key-weak',
    make: () => editing(good(), 'SKILL.pub', () => `02${'00'.repeat(31)}`),
  },
  { why: 'a root as the signer', code: 'key-is-root', make: () => scratch.signed({}, ROOT) },
  { why: 'another key', code: 'signature-invalid', make: () => editing(good(), 'SKILL.pub', () => OTHER.key) },
  {
    why: 'another SKILL.md',
    code: 'signature-invalid',
    make: () => editing(good(), 'SKILL.md', (text) => text.replace('Body', 'body')),
  },
  {
    why: 'another SKILL.md, without skill.wasm',
    code: 'signature-invalid',
    make: () => editing(scratch.signed({}), 'SKILL.md', (text) => `${text} `),
  },
  { why: 'a revoked key', code: 'revoked', make: good, context: () => revoking('keys', SIGNER.key) },
  {
    why: 'a revoked digest',
    code: 'revoked',
    make: good,
    context: (dir) => revoking('digests', skillOf(judge(dir)).digest),
  },
  {
    why: 'a revoked publisher',
    code: 'revoked',
    make: () => scratch.signed({}, SIGNER, V2),
    context: () => revoking('publishers', 'Example'),
  },
  {
    why: 'a revoked publisher that is a key',
    code: 'revoked',
    make: () => scratch.signed({}, SIGNER, delegateBare(ROOT.bytes, SIGNER.key)),
    context: () => revoking('publishers', SIGNER.key),
  },
  {
    why: 'a revoked publisher, its SKILL.deleg left out',
    code: 'revoked',
    make: good,
    context: () => ({
      ...revoking('publishers', 'Example'),
      pin: { key: SIGNER.key, publisher: 'Example', root: ROOT.key },
    }),
  },
  {
    why: 'a revoked root',
    code: 'revoked',
    make: () => scratch.signed({}, SIGNER, V2),
    context: () => revoking('keys', ROOT.key),
  },
  { why: 'a manifest without description', code: 'manifest-invalid', make: () => blind('---\nname: demo\n---\n') },
  { why: 'another name than the directory', code: 'manifest-invalid', make: () => blind(skillMd('name: other')) },
  {
    why: 'a directory that is no name',
    code: 'manifest-invalid',
    make: () => {
      const dir = scratch.signed({});
      renameSync(dir, join(dir, '..', 'Demo'));
      return join(dir, '..', 'Demo');
    },
  },
  { why: 'a file that is missing', code: 'integrity-missing-file', make: () => without('gone.txt') },
  {
    why: 'a file too many',
    code: 'integrity-extra-file',
    make: () => withEntry((dir) => writeFileSync(join(dir, 'x'), '')),
  },
  {
    why: 'a file called like one of the signature but for its case',
    code: 'integrity-extra-file',
    make: () => withEntry((dir) => writeFileSync(join(dir, 'SKILL.DELEG'), 'x')),
  },
  {
    why: 'a file, and no integrity at all',
    code: 'integrity-extra-file',
    make: () => signBlindly(scratch.dir({ 'SKILL.md': skillMd(), x: '' })),
  },
  {
    why: 'a file with a byte more',
    code: 'integrity-mismatch',
    make: () => withEntry((dir) => appendFileSync(join(dir, 'ref/a.txt'), '\n')),
  },
  {
    why: 'two files that changed places',
    code: 'integrity-mismatch',
    make: () => withEntry((dir) => writeFileSync(join(dir, 'ref/a.txt'), WASM)),
  },
  { why: 'form B with integrity', code: 'downgrade', make: () => signBlindly(good(), SIGNER, 'B') },
  {
    why: 'a delegation that is none',
    code: 'delegation-invalid',
    make: () => withEntry((dir) => writeFileSync(join(dir, 'SKILL.deleg'), 'x')),
  },
  {
    why: 'an empty delegation',
    code: 'delegation-invalid',
    make: () => withEntry((dir) => writeFileSync(join(dir, 'SKILL.deleg'), '')),
  },
  {
    why: 'a bare delegation by a root nobody knows',
    code: 'delegation-invalid',
    make: () => withEntry((dir) => writeFileSync(join(dir, 'SKILL.deleg'), delegateBare(OTHER.bytes, SIGNER.key))),
  },
  { why: 'a delegation by a root nobody knows', code: 'delegation-invalid', make: () => withDeleg({}, OTHER.bytes) },
  { why: 'a delegation for another key', code: 'delegation-invalid', make: () => withDeleg({ key: OTHER.key }) },
  {
    why: 'a bare delegation for another key',
    code: 'delegation-invalid',
    make: () => withEntry((dir) => writeFileSync(join(dir, 'SKILL.deleg'), delegateBare(ROOT.bytes, OTHER.key))),
  },
  {
    why: 'a delegation for another name',
    code: 'delegation-invalid',
    make: () => withDeleg({ names: ['demos', 'other-*', 'demo-*'] }),
  },
  {
    why: 'a delegation that expired a millisecond ago',
    code: 'delegation-invalid',
    make: () => withDeleg({ notAfter: '2026-05-31T23:59:59.999Z' }),
  },
  {
    why: 'a delegation from the next millisecond on',
    code: 'delegation-invalid',
    make: () => withDeleg({ notBefore: '2026-06-01T00:00:00.001Z' }),
  },
  {
    why: 'a delegation whose publisher was edited',
    code: 'delegation-invalid',
    make: () => withEntry((dir) => writeFileSync(join(dir, 'SKILL.deleg'), V2.replace('Example', 'Exemple'))),
  },
  {
    why: 'no delegation where one is required',
    code: 'delegation-required',
    make: good,
    context: () => ({ require: 'root' }),
  },
  { why: 'another key than the pin', code: 'key-changed', make: good, context: () => ({ pin: { key: OTHER.key } }) },
  {
    why: 'another key, of a publisher without version 2',
    code: 'key-changed',
    make: () => scratch.signed({}, SIGNER, delegateBare(ROOT.bytes, SIGNER.key)),
    context: () => ({ pin: { key: OTHER.key, publisher: SIGNER.key, root: ROOT.key } }),
  },
  {
    why: 'another publisher',
    code: 'key-changed',
    make: () => scratch.signed({}, SIGNER, V2),
    context: () => ({ pin: { key: OTHER.key, publisher: 'Sample', root: ROOT.key } }),
  },
  {
    why: 'the same publisher by another root',
    code: 'key-changed',
    make: () => scratch.signed({}, SIGNER, V2),
    context: () => ({ pin: { key: OTHER.key, publisher: 'Example', root: OTHER.key } }),
  },
  {
    why: 'a name that belongs to a publisher alone',
    code: 'key-changed',
    make: good,
    context: () => ({ pin: { publisher: 'Example', root: ROOT.key } }),
  },
  { why: 'an older version', code: 'downgrade', make: () => versioned('1.9.0'), context: () => installed('1.10.0') },
  {
    why: 'a prerelease of what is installed',
    code: 'downgrade',
    make: () => versioned('1.0.0-rc.1'),
    context: () => installed('1.0.0'),
  },
  { why: 'no version after one was there', code: 'downgrade', make: good, context: () => installed('1.0.0') },
  {
    why: 'the same version with other content',
    code: 'downgrade',
    make: () => versioned('1.0.0'),
    context: () => installed('1.0.0'),
  },
  ...['network: {hosts: [example.org]}', 'secrets: [token]', 'tools: [web]', 'inference: [any]', 'env: [HOME]'].map(
    (ask) => ({
      why: `asking for ${ask}`,
      code: 'capability-unavailable',
      make: () => blind(skillMd(`permissions: {${ask}}`)),
    }),
  ),
];

describe('verify refuses', () => {
  it.for(FAULTS.map((fault) => [fault.why, fault.code, fault] as const))('%s: %s', ([, code, fault]) => {
    const dir = fault.make();
    const outcome = judge(dir, fault.context?.(dir));
    expect(codeOf(outcome)).toBe(code);
    expect(outcome).toMatchObject({
      kind: 'refused',
      message: expect.stringMatching(/^[^\n]+$/),
      remedy: expect.stringMatching(/\.$/),
    });
  });

  it('has a case for every code of the order', () => {
    const codes = new Set(FAULTS.map(({ code }) => code));
    expect([...codes]).toEqual([
      'bundle-unsafe-entry',
      'bundle-too-large',
      'signature-missing',
      'manifest-invalid',
      'signature-malformed',
      'key-weak',
      'key-is-root',
      'signature-invalid',
      'revoked',
      'integrity-missing-file',
      'integrity-extra-file',
      'integrity-mismatch',
      'downgrade',
      'delegation-invalid',
      'delegation-required',
      'key-changed',
      'capability-unavailable',
    ]);
  });
});
