import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readArchive } from './archive.ts';
import { type BundleSpec, Machine, writeFiles, signedFiles } from './bundle.fixture.ts';
import { packBundle } from './pack.ts';
import { writeUstar } from './ustar.ts';

let m: Machine;
beforeEach(() => {
  m = new Machine();
});
afterEach(() => {
  m[Symbol.dispose]();
});

describe('packBundle', () => {
  it('gives the same bytes whatever the directory looks like', async () => {
    const spec: BundleSpec = { version: '1.0.0', files: { b: 'b', 'a/c': 'c', 'a.b': 'x', Z: 'y' }, delegated: 'bare' };
    const one = readFileSync(m.packed(spec, 'one.skill'));
    const dir = join(m.dir, 'again/hash');
    for (const [path, bytes] of [...signedFiles(spec)].toReversed()) writeFiles(dir, new Map([[path, bytes]]));
    chmodSync(join(dir, 'b'), 0o600);
    expect(one.equals(packBundle(...m.verified(dir)))).toBe(true);
    expect(one.subarray(0, 10).toString('hex')).toBe('1f8b08000000000002ff');
    expect([...readArchive(one).entries.keys()]).toEqual([
      'SKILL.deleg',
      'SKILL.md',
      'SKILL.pub',
      'SKILL.sig',
      'Z',
      'a.b',
      'a/c',
      'b',
    ]);
  });

  it('wants a version', () => {
    expect(() => m.packed({}, 'x.skill')).toThrow(expect.objectContaining({ code: 'manifest-invalid' }));
  });

  it('holds a path of 255 bytes and refuses a longer one', () => {
    const path = (last: number): string => `hash/${'d'.repeat(100)}/${'e'.repeat(48)}/${'f'.repeat(last)}`;
    const bytes = new Uint8Array();
    expect(path(100).length).toBe(255);
    expect(writeUstar([{ path: path(100), bytes }]).length).toBe(1536);
    for (const last of [101, 128]) {
      expect(() => writeUstar([{ path: path(last), bytes }])).toThrow(
        expect.objectContaining({ code: 'archive-too-large' }),
      );
    }
  });
});
