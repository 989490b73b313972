import { appendFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  codeOf,
  editing,
  installed,
  judge,
  OTHER,
  revoking,
  ROOT,
  scratch,
  signBlindly,
  SIGNER,
  skillMd,
} from './verify.fixture.ts';
import type { VerifyContext } from './verify.ts';

afterAll(() => scratch[Symbol.dispose]());

describe('the first failure wins', () => {
  // Each breaks one thing and leaves the rest as it was; together every pair has two faults.
  const STEPS: readonly (readonly [string, (dir: string) => void, Partial<VerifyContext>?])[] = [
    ['bundle-unsafe-entry', (dir) => symlinkSync('SKILL.md', join(dir, 'link'))],
    [
      'bundle-too-large',
      (dir) => {
        writeFileSync(join(dir, 'big'), '');
        truncateSync(join(dir, 'big'), 2 ** 27);
      },
    ],
    ['signature-missing', (dir) => rmSync(join(dir, 'SKILL.sig'))],
    ['signature-malformed', (dir) => editing(dir, 'SKILL.pub', (text) => `${text}00`)],
    ['key-weak', (dir) => editing(dir, 'SKILL.pub', () => '00'.repeat(32))],
    ['key-is-root', (dir) => editing(dir, 'SKILL.pub', () => ROOT.key)],
    ['signature-invalid', (dir) => editing(dir, 'SKILL.sig', () => 'ab'.repeat(64))],
    ['revoked', () => undefined, revoking('keys', SIGNER.key)],
    [
      'manifest-invalid',
      (dir) => {
        editing(dir, 'SKILL.md', (text) => text.replace('description', 'describe'));
        signBlindly(dir);
      },
    ],
    ['integrity-missing-file', (dir) => rmSync(join(dir, 'gone.txt'))],
    ['integrity-extra-file', (dir) => writeFileSync(join(dir, 'extra'), '')],
    ['integrity-mismatch', (dir) => appendFileSync(join(dir, 'zz'), 'x')],
    ['delegation-invalid', (dir) => writeFileSync(join(dir, 'SKILL.deleg'), 'x')],
    ['delegation-required', () => undefined, { require: 'root' }],
    ['key-changed', () => undefined, { pin: { key: OTHER.key } }],
    ['downgrade', () => undefined, installed('9.0.0')],
    [
      'capability-unavailable',
      (dir) => {
        editing(dir, 'SKILL.md', (text) => text.replace('filesystem: {}', 'secrets: [x]'));
        signBlindly(dir);
      },
    ],
  ];

  it.for([
    ['signature-malformed', 'SKILL.sig', 'x'],
    ['key-weak', 'SKILL.pub', '00'.repeat(32)],
    ['key-is-root', 'SKILL.pub', ROOT.key],
    ['manifest-invalid', 'SKILL.sig', 'ab'.repeat(64)],
  ] as const)('%s with no SKILL.md at all', ([code, file, text]) => {
    const dir = scratch.signed({});
    rmSync(join(dir, 'SKILL.md'));
    editing(dir, file, () => text);
    expect(codeOf(judge(dir))).toBe(code);
  });

  it.for(
    STEPS.flatMap((first, at) => STEPS.slice(at + 1).map((second) => [first[0], second[0], first, second] as const)),
  )('%s before %s', ([code, , first, second]) => {
    // Neither can stand beside the other: the one replaces what the other broke.
    if (code === 'delegation-invalid' && second[0] === 'delegation-required') return;
    const dir = scratch.signed({
      'SKILL.md': skillMd('permissions: {filesystem: {}}'),
      'ref/a.txt': 'a',
      'gone.txt': 'g',
      zz: 'z',
    });
    // Later faults first: signing again must not undo an earlier one.
    second[1](dir);
    first[1](dir);
    if (code === 'key-weak' || code === 'key-is-root') first[1](dir);
    expect(codeOf(judge(dir, { ...second[2], ...first[2] }))).toBe(code);
  });
});
