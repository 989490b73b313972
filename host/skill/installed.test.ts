import { readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeUtf8 } from '../base/bytes.ts';
import { NOTHING } from '../policy/grants.ts';
import {
  type BundleSpec,
  HASH,
  Machine,
  neverAborted,
  READS,
  reads,
  SEEDS,
  signedFiles,
  WRITES,
  writeFiles,
} from './bundle.fixture.ts';
import { derivesNothing } from './install-ports.ts';
import { install } from './install.ts';
import { InstalledSkills } from './installed.ts';
import { LockFile } from './lock-file.ts';
import { encodeLock, type LockEntry } from './lock.ts';
import { remove } from './remove.ts';

let m: Machine;
beforeEach(() => {
  m = new Machine();
});
afterEach(() => {
  m[Symbol.dispose]();
});

describe('InstalledSkills', () => {
  it('sees what was installed, updated, removed and revoked meanwhile', async () => {
    const running = m.skills();
    expect(running.list()).toEqual([]);
    await m.put({ version: '1.0.0' });
    const first = await running.load(HASH, neverAborted);
    expect(await running.load(HASH, neverAborted)).toBe(first);
    await m.put({ version: '1.1.0' });
    expect((await running.load(HASH, neverAborted)).granted.skill.manifest.version).toBe('1.1.0');
    const { revocations } = m.trust;
    m.trust.revocations = { ...revocations, digests: new Set([m.locked()?.digest ?? '']) };
    await expect(running.load(HASH, neverAborted)).rejects.toMatchObject({ code: 'revoked' });
    m.trust.revocations = revocations;
    expect((await running.load(HASH, neverAborted)).granted.skill.manifest.version).toBe('1.1.0');
    await remove(HASH, m.data, neverAborted);
    await expect(running.load(HASH, neverAborted)).rejects.toMatchObject({ code: 'not-installed' });
    expect(running.list()).toEqual([]);
  });

  it.for<[why: string, damage: (dir: string) => void]>([
    ['a changed SKILL.md', (dir) => writeFileSync(join(dir, 'SKILL.md'), 'x')],
    ['a changed file', (dir) => writeFileSync(join(dir, 'a'), 'other')],
    ['a missing file', (dir) => rmSync(join(dir, 'a'))],
    ['a file too many', (dir) => writeFileSync(join(dir, 'b'), 'b')],
    ['a symlink', (dir) => symlinkSync('/etc/passwd', join(dir, 'b'))],
    ['no signature', (dir) => rmSync(join(dir, 'SKILL.sig'))],
    ['no directory', (dir) => rmSync(dir, { recursive: true })],
    ['the bundle of somebody else', (dir) => writeFiles(dir, signedFiles({ files: { a: 'a' }, signer: SEEDS.bob }))],
    ['another bundle of the same key', (dir) => writeFiles(dir, signedFiles({ version: '9.0.0', files: { a: 'a' } }))],
  ])('refuses %s in the store, and an install puts it right', async ([, damage]) => {
    const dir = m.source({ version: '1.0.0', files: { a: 'a' } });
    await m.put(dir);
    damage(join(m.data, 'skills/hash', m.locked()?.digest ?? ''));
    await expect(m.loaded()).rejects.toMatchObject({ code: 'store-mismatch', details: { remedy: expect.any(String) } });
    expect((await m.put(dir)).kind).toBe('unchanged');
    expect(await m.loaded()).toBe('1.0.0');
  });

  it('does not load a skill on the word of a root that is gone', async () => {
    await m.put({ delegated: 'bare' });
    m.trust.rootMap = new Map();
    await expect(m.loaded()).rejects.toMatchObject({ code: 'delegation-invalid' });
  });

  it('does not load a root-delegated skill whose delegation was taken out of the store', async () => {
    await m.put({ delegated: 'bare' });
    rmSync(join(m.data, 'skills/hash', m.locked()?.digest ?? '', 'SKILL.deleg'));
    await expect(m.loaded()).rejects.toMatchObject({ code: 'delegation-required' });
  });

  it('reaches its verdict anew after a while, for a delegation runs out', async () => {
    await m.put({ version: '1.0.0', delegated: { publisher: 'acme' } });
    let now = Date.parse('2026-12-31T23:58:00.000Z');
    const running = new InstalledSkills({ ...m.ports(), clock: { now: () => now } }, derivesNothing, m.bundled);
    await running.load(HASH, neverAborted);
    now += 4 * 60_000;
    await running.load(HASH, neverAborted);
    now += 2 * 60_000;
    await expect(running.load(HASH, neverAborted)).rejects.toMatchObject({ code: 'delegation-invalid' });
  });

  it('never grants more than the manifest asks, whatever the lock says', async () => {
    await m.put({ permissions: READS });
    const lockFile = new LockFile(m.data);
    const entry = m.locked() as LockEntry;
    const given = { ...NOTHING, filesystemRead: ['**', 'src/**'], filesystemWrite: ['**'] };
    writeFileSync(
      lockFile.path,
      encodeLock({ skills: new Map([[HASH, { ...entry, grants: { ...entry.grants, given } }]]) }),
    );
    expect((await m.skills().load(HASH, neverAborted)).granted.permissions).toEqual(reads);
  });

  it('keeps derived files by the lock, and makes them anew for another deriver', async () => {
    let made = 0;
    const deriver = (id: string) => ({
      id,
      derive: async () => new Map([['core/a.wasm', encodeUtf8(`${id} ${++made}`)]]),
    });
    const ports = { ...m.ports(), deriver: deriver('jco 1') };
    await install(m.source(), '/', ports, { yes: true }, neverAborted);
    const loadBy = async (id: string): Promise<string> => {
      const { granted } = await new InstalledSkills(ports, deriver(id), m.bundled).load(HASH, neverAborted);
      return Buffer.from(granted.derived.get('core/a.wasm') ?? []).toString();
    };
    expect([await loadBy('jco 1'), await loadBy('jco 2')]).toEqual(['jco 1 1', 'jco 2 2']);
    const dir = join(m.data, 'skills/hash');
    const derivedDir = readdirSync(dir).find((name) => name.includes('derived')) ?? '';
    writeFileSync(join(dir, derivedDir, 'core/a.wasm'), 'other');
    await expect(loadBy('jco 1')).rejects.toMatchObject({ code: 'store-mismatch' });
    rmSync(join(dir, derivedDir, 'core/a.wasm'));
    await expect(loadBy('jco 1')).rejects.toMatchObject({ code: 'store-mismatch' });
  });
});

describe('bundled skills', () => {
  const bundle = (spec: BundleSpec): string => writeFiles(join(m.bundledDir, spec.name ?? 'hash'), signedFiles(spec));

  it('load with a built-in root alone, and may read what they ask to read', async () => {
    bundle({ version: '1.0.0', permissions: WRITES, delegated: { publisher: 'wirken' } });
    const { origin, granted } = await m.skills().load(HASH, neverAborted);
    expect([origin, granted.permissions]).toEqual(['bundled', reads]);
    expect(m.skills().list()).toEqual([{ name: 'hash' }]);
    m.trust.revocations = { ...m.trust.revocations, publishers: new Set(['wirken']) };
    await expect(m.loaded()).rejects.toMatchObject({ code: 'revoked' });
  });

  it('do not load without a delegation, or changed', async () => {
    const dir = bundle({ version: '1.0.0' });
    await expect(m.loaded()).rejects.toMatchObject({ code: 'delegation-required' });
    bundle({ version: '1.0.0', delegated: 'bare' });
    expect(await m.loaded()).toBe('1.0.0');
    writeFileSync(join(dir, 'extra'), 'x');
    await expect(m.loaded()).rejects.toMatchObject({ code: 'integrity-extra-file' });
  });

  it('give way to an installed skill of the same publisher, and to nobody else', async () => {
    bundle({ version: '2.0.0', delegated: { publisher: 'wirken' } });
    expect(await m.put({ version: '3.0.0', signer: SEEDS.bob })).toMatchObject({ code: 'key-changed' });
    expect(await m.put({ version: '3.0.0', signer: SEEDS.bob, delegated: 'bare' })).toMatchObject({
      code: 'key-changed',
    });
    const own: BundleSpec = { version: '1.0.0', signer: SEEDS.bob, delegated: { publisher: 'wirken' } };
    expect(await m.put(own, {})).toMatchObject({ kind: 'installed' });
    expect(await m.loaded()).toBe('1.0.0');
    await remove(HASH, m.data, neverAborted);
    expect(await m.loaded()).toBe('2.0.0');
    expect(await m.put({ version: '3.0.0', signer: SEEDS.carol }, { yes: true, acceptNewKey: true })).toMatchObject({
      kind: 'installed',
    });
  });

  it('keep their names when they are revoked or damaged, and the reason is told of the bundle that wants the name', async () => {
    const dir = bundle({ version: '2.0.0', delegated: { publisher: 'wirken' } });
    m.trust.revocations = { ...m.trust.revocations, publishers: new Set(['wirken']) };
    expect(await m.put({ signer: SEEDS.bob })).toMatchObject({ code: 'key-changed' });
    writeFileSync(join(dir, 'extra'), 'x');
    expect(await m.put({ signer: SEEDS.bob })).toMatchObject({ code: 'key-changed' });
    const unsigned = m.source({ signer: SEEDS.bob });
    rmSync(join(unsigned, 'SKILL.sig'));
    expect(await m.put(unsigned)).toMatchObject({ code: 'signature-missing' });
  });
});
