import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type BundleSpec,
  HASH,
  Machine,
  neverAborted,
  no,
  READS,
  reads,
  SEEDS,
  signedFiles,
  skillName,
  WRITES,
  writeFiles,
  yes,
} from './bundle.fixture.ts';
import { publicKeyOf } from './ed25519.ts';
import { LockFile } from './lock-file.ts';
import { remove } from './remove.ts';
import { update } from './update.ts';

let m: Machine;
beforeEach(() => {
  m = new Machine();
});
afterEach(() => {
  m[Symbol.dispose]();
});

describe('an update', () => {
  const writeOver = (dir: string, spec: BundleSpec): void => void writeFiles(dir, signedFiles(spec));

  it('says that there is nothing new, or takes the new version', async () => {
    const dir = m.source({ version: '1.0.0', permissions: READS });
    await m.put(dir);
    expect(await update(undefined, m.ports(), {}, neverAborted)).toMatchObject([
      { name: 'hash', outcome: { kind: 'unchanged' } },
    ]);
    writeOver(dir, { version: '1.1.0', permissions: READS });
    const [updated] = await update(HASH, m.ports(), {}, neverAborted);
    expect(updated?.outcome).toMatchObject({
      kind: 'installed',
      previous: { version: '1.0.0' },
      diff: { wider: false },
    });
    expect(m.locked()?.grants).toMatchObject({ given: reads, by: '--yes' });
    expect(await m.loaded()).toBe('1.1.0');
    expect(readdirSync(join(m.data, 'skills/hash'))).toEqual([m.locked()?.digest]);
  });

  it('keeps a grant that was narrowed, and asks when more is asked for', async () => {
    const dir = m.source({ version: '1.0.0', permissions: WRITES });
    await m.put(dir, {}, yes(reads));
    writeOver(dir, { version: '1.1.0', permissions: WRITES });
    const untouched = no();
    await update(HASH, m.ports(untouched), {}, neverAborted);
    expect([m.locked()?.version, m.locked()?.grants.given, untouched.requests.length]).toEqual(['1.1.0', reads, 0]);
    writeOver(dir, { version: '1.2.0', permissions: ['filesystem:', '  read: ["**"]'] });
    const asked = no();
    const [updated] = await update(HASH, m.ports(asked), {}, neverAborted);
    expect(updated?.outcome).toMatchObject({ kind: 'refused', code: 'consent-required' });
    expect(asked.requests[0]?.previous?.diff).toMatchObject({
      wider: true,
      added: { filesystemRead: ['**'] },
      removed: { filesystemRead: ['src/**'], filesystemWrite: ['out/**'] },
    });
    expect(await m.loaded()).toBe('1.1.0');
  });

  it('asks for what it once asked for and then did not', async () => {
    const dir = m.source({ version: '1.0.0', permissions: WRITES });
    await m.put(dir);
    writeOver(dir, { version: '1.1.0', permissions: READS });
    await update(HASH, m.ports(), {}, neverAborted);
    writeOver(dir, { version: '1.2.0', permissions: WRITES });
    expect(await update(HASH, m.ports(), {}, neverAborted)).toMatchObject([{ outcome: { code: 'consent-required' } }]);
  });

  it.for<[why: string, from: BundleSpec, to: BundleSpec]>([
    ['another key', {}, { signer: SEEDS.bob }],
    ['another key with a bare delegation', { delegated: 'bare' }, { signer: SEEDS.bob, delegated: 'bare' }],
    ['another publisher', { delegated: { publisher: 'a' } }, { signer: SEEDS.bob, delegated: { publisher: 'b' } }],
  ])('refuses %s unless a person accepts it', async ([, from, to]) => {
    await m.put({ version: '1.0.0', ...from });
    expect(await m.put({ version: '1.1.0', ...to })).toMatchObject({ code: 'key-changed' });
    const asked = yes();
    expect(await m.put({ version: '1.1.0', ...to }, { acceptNewKey: true }, asked)).toMatchObject({
      kind: 'installed',
    });
    expect(asked.requests).toMatchObject([{ newKey: true }]);
    expect(m.trust.pins.get(HASH)?.key).toBe(publicKeyOf(SEEDS.bob));
    expect(await m.put({ version: '1.2.0', ...from })).toMatchObject({ code: 'key-changed' });
  });

  it('keeps the grants across keys of one publisher', async () => {
    const delegated = { publisher: 'acme' };
    await m.put({ version: '1.0.0', permissions: READS, delegated });
    const outcome = await m.put({ version: '1.1.0', permissions: READS, delegated, signer: SEEDS.bob }, {});
    expect(outcome).toMatchObject({
      kind: 'installed',
      entry: { grants: { given: reads }, key: publicKeyOf(SEEDS.bob) },
    });
  });

  it('asks when nobody vouches for the key any more', async () => {
    await m.put({ version: '1.0.0', delegated: 'bare', permissions: READS });
    expect(await m.put({ version: '1.1.0', permissions: READS }, {})).toMatchObject({ code: 'consent-required' });
  });

  it('does not go back', async () => {
    await m.put({ version: '1.1.0' });
    expect(await m.put({ version: '1.0.0' })).toMatchObject({ code: 'downgrade' });
    expect(await m.put({ version: '1.1.0', files: { a: 'b' } })).toMatchObject({ code: 'downgrade' });
    expect(await m.put({ version: '1.0.0' }, { yes: true, allowDowngrade: true })).toMatchObject({ kind: 'installed' });
    expect(await m.loaded()).toBe('1.0.0');
  });

  it('tells of each skill how it went', async () => {
    const gone = m.source({ name: 'gone' });
    const renamed = m.source({ name: 'renamed' });
    await m.put(gone);
    await m.put(renamed);
    await m.put(m.source());
    rmSync(gone, { recursive: true });
    const file = m.packed({ name: 'other', version: '1.0.0' }, 'renamed.skill');
    const lockFile = new LockFile(m.data);
    const { lock } = lockFile.read();
    lockFile.write({
      skills: new Map(
        [...lock.skills].map(([n, e]) => [n, n === 'renamed' ? { ...e, source: { kind: 'archive', path: file } } : e]),
      ),
    });
    expect(await update(undefined, m.ports(), { yes: true }, neverAborted)).toMatchObject([
      { name: 'gone', outcome: { kind: 'failed', error: { code: 'not-found' } } },
      { name: 'hash', outcome: { kind: 'unchanged' } },
      { name: 'renamed', outcome: { kind: 'refused', code: 'manifest-invalid' } },
    ]);
    await expect(update(skillName('nobody'), m.ports(), {}, neverAborted)).rejects.toMatchObject({
      code: 'not-installed',
    });
  });
});

describe('remove', () => {
  it('leaves alone what is not wirken’s', async () => {
    await m.put();
    writeFiles(m.data, new Map([['skills/hash/notes.txt', new Uint8Array(1)]]));
    await remove(HASH, m.data, neverAborted);
    expect(readdirSync(join(m.data, 'skills/hash'))).toEqual(['notes.txt']);
  });

  it('ends the skill and keeps its pin', async () => {
    await m.put();
    await remove(HASH, m.data, neverAborted);
    await expect(m.loaded()).rejects.toMatchObject({ code: 'not-installed' });
    expect(readdirSync(join(m.data, 'skills'))).toEqual([]);
    expect(await m.put({ signer: SEEDS.bob })).toMatchObject({ code: 'key-changed' });
    await expect(remove(HASH, m.data, neverAborted)).rejects.toMatchObject({ code: 'not-installed' });
  });
});
