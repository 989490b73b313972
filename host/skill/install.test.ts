import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NOTHING } from '../policy/grants.ts';
import {
  Asked,
  HASH,
  Machine,
  neverAborted,
  no,
  READS,
  reads,
  SEEDS,
  signedFiles,
  WRITES,
  yes,
} from './bundle.fixture.ts';
import { publicKeyOf } from './ed25519.ts';
import { gzip } from './gzip.ts';
import type { Consent } from './install-ports.ts';
import { install } from './install.ts';
import { writeUstar } from './ustar.ts';
import type { Refusal } from './verify.ts';

let m: Machine;
beforeEach(() => {
  m = new Machine();
});
afterEach(() => {
  m[Symbol.dispose]();
});

describe('install', () => {
  it('keeps the bundle by name and digest, pins it and loads it', async () => {
    const outcome = await m.put({ version: '1.0.0', files: { 'refs/a.md': 'a' }, permissions: READS });
    expect(outcome).toMatchObject({ kind: 'installed', diff: { wider: true, added: reads } });
    const entry = m.locked();
    expect(entry).toMatchObject({
      version: '1.0.0',
      form: 'A',
      trust: { kind: 'self-signed' },
      grants: { given: reads, by: '--yes' },
    });
    const dir = join(m.data, 'skills/hash', entry?.digest ?? '');
    expect((readdirSync(dir, { recursive: true }) as string[]).sort()).toEqual(
      ['SKILL.md', 'SKILL.pub', 'SKILL.sig', 'refs', 'refs/a.md'].sort(),
    );
    expect(m.trust.pins.get(HASH)).toEqual({ key: publicKeyOf(SEEDS.alice), version: '1.0.0' });
    const { granted, origin } = await m.skills().load(HASH, neverAborted);
    expect([origin, granted.permissions]).toEqual(['installed', reads]);
    expect(Buffer.from(granted.skill.files.get('refs/a.md' as never) ?? []).toString()).toBe('a');
    expect(m.litter()).toEqual([]);
  });

  it('installs what pack made, and says that nothing changed the second time', async () => {
    const file = m.packed({ version: '1.0.0', files: { 'a/b': 'x' }, delegated: 'bare' }, 'hash.skill');
    expect((await m.put(file, {})).kind).toBe('installed');
    expect(m.locked()?.source).toEqual({ kind: 'archive', path: file });
    const before = readFileSync(join(m.data, 'skills.lock.json'));
    const dir = join(m.data, 'skills/hash', m.locked()?.digest ?? '');
    const { ino } = statSync(dir);
    mkdirSync(join(m.data, 'skills/.tmp-left'));
    mkdirSync(join(m.data, 'skills/hash', '0'.repeat(64)));
    expect((await m.put(file, {})).kind).toBe('unchanged');
    expect(statSync(dir).ino).toBe(ino);
    expect(readdirSync(join(m.data, 'skills'), { recursive: true }).length).toBe(8);
    expect(readFileSync(join(m.data, 'skills.lock.json')).equals(before)).toBe(true);
  });

  it('installs an npm-style archive by the name that SKILL.md has', async () => {
    const files = signedFiles({ statesName: true, files: { 'package.json': '{}' } });
    const tar = writeUstar([...files].map(([path, bytes]) => ({ path: `package/${path}`, bytes })));
    writeFileSync(join(m.dir, 'x.tgz'), gzip(tar));
    expect((await m.put(join(m.dir, 'x.tgz'))).kind).toBe('installed');
    expect(await m.skills().load(HASH, neverAborted)).toBeDefined();
  });

  it('keeps only what form B covers', async () => {
    const files = { 'skill.wasm': new Uint8Array([0, 0x61, 0x73, 0x6d]), 'more.txt': 'x' };
    expect((await m.put({ form: 'B', files })).kind).toBe('installed');
    const dir = join(m.data, 'skills/hash', m.locked()?.digest ?? '');
    expect(readdirSync(dir).sort()).toEqual(['SKILL.md', 'SKILL.pub', 'SKILL.sig', 'skill.wasm']);
    expect((await m.skills().load(HASH, neverAborted)).granted.skill.form).toBe('B');
  });

  it.for<[string, string, RegExp]>([
    ['a name', 'hash', /no registry/],
    ['a name and version', 'hash@1.0.0', /no registry/],
    ['a directory that is not there', './hash', /nothing at/],
    ['an archive that is not there', 'hash.skill', /nothing at/],
  ])('says of %s that it is not found', async ([, source, message]) => {
    const error = install(source, m.dir, m.ports(), {}, neverAborted);
    await expect(error).rejects.toMatchObject({ code: 'not-found', message: expect.stringMatching(message) });
  });

  it('names the archive in what is wrong with it', async () => {
    const path = join(m.dir, 'bad.skill');
    writeFileSync(path, 'x');
    await expect(m.put(path)).rejects.toMatchObject({ code: 'archive-invalid', details: { file: path } });
    execFileSync('mkfifo', [join(m.dir, 'fifo.skill')]);
    await expect(m.put(join(m.dir, 'fifo.skill'))).rejects.toMatchObject({ code: 'io' });
  });

  it.for<[code: string, damage: (dir: string) => void]>([
    ['bundle-unsafe-entry', (dir) => symlinkSync('/etc/passwd', join(dir, 'x'))],
    ['bundle-unsafe-entry', (dir) => linkSync(join(dir, 'SKILL.md'), join(dir, 'x'))],
    ['bundle-too-large', (dir) => writeFileSync(join(dir, 'x'), new Uint8Array(64 * 1024 * 1024 + 1))],
    ['signature-missing', (dir) => rmSync(join(dir, 'SKILL.sig'))],
    ['signature-invalid', (dir) => writeFileSync(join(dir, 'SKILL.md'), '---\ndescription: x\n---\n')],
    ['integrity-extra-file', (dir) => writeFileSync(join(dir, 'x'), 'x')],
  ])('refuses with %s, keeps the good version and leaves no litter', async ([code, damage]) => {
    await m.put({ version: '1.0.0' });
    const dir = m.source({ version: '2.0.0' });
    damage(dir);
    expect(await m.put(dir)).toMatchObject({ kind: 'refused', code });
    expect(await m.loaded()).toBe('1.0.0');
    expect(m.litter()).toEqual([]);
  });

  it('installs nothing while the lock is damaged, and does not overwrite it', async () => {
    await m.put({ version: '1.0.0' });
    writeFileSync(join(m.data, 'skills.lock.json'), '{');
    await expect(m.put({ version: '2.0.0' })).rejects.toMatchObject({ code: 'lock-invalid' });
    await expect(m.loaded()).rejects.toMatchObject({ code: 'lock-invalid' });
    expect(readFileSync(join(m.data, 'skills.lock.json'), 'utf8')).toBe('{');
  });
});

describe('consent', () => {
  it('is needed for a self-signed skill, and says what would be granted', async () => {
    const outcome = await m.put({ permissions: WRITES }, {});
    expect(outcome).toMatchObject({ kind: 'refused', code: 'consent-required' });
    const { message, remedy } = outcome as Refusal;
    expect(message).toContain('filesystem.read: src/**');
    expect(message).toContain('filesystem.write: out/**');
    expect(message).toContain(publicKeyOf(SEEDS.alice));
    expect(remedy).toContain('--yes');
    expect(m.locked()).toBeUndefined();
    expect(m.trust.pins.size).toBe(0);
  });

  it('shows what a person has to know, and grants what was given of the asks', async () => {
    const asked = yes({ ...reads, filesystemWrite: ['**'] });
    await m.put({ permissions: WRITES, extra: ['surprise: 1'] }, {}, asked);
    expect(asked.requests).toMatchObject([
      { publisher: publicKeyOf(SEEDS.alice), newKey: false, asks: { filesystemWrite: ['out/**'] } },
    ]);
    expect(asked.requests[0]?.warnings.join()).toContain('surprise');
    expect(m.locked()?.grants).toMatchObject({ given: reads, by: 'person' });
    expect((await m.skills().load(HASH, neverAborted)).granted.permissions).toEqual(reads);
  });

  it('takes no for an answer', async () => {
    expect(await m.put({}, {}, no())).toMatchObject({ kind: 'refused', code: 'consent-required' });
    expect(m.locked()).toBeUndefined();
  });

  it('is not needed for a root-delegated skill that asks for nothing', async () => {
    const asked = no();
    expect((await m.put({ delegated: { publisher: 'acme' } }, {}, asked)).kind).toBe('installed');
    expect(asked.requests).toEqual([]);
    expect(m.locked()?.grants.by).toBe('nobody');
    expect(m.trust.pins.get(HASH)).toMatchObject({ publisher: 'acme', root: publicKeyOf(SEEDS.root) });
  });

  it('is needed for a root-delegated skill that asks for something', async () => {
    expect(await m.put({ delegated: 'bare', permissions: READS }, {})).toMatchObject({ code: 'consent-required' });
  });

  it('grants with --grant just those', async () => {
    const dir = m.source({ permissions: WRITES });
    await m.put(dir, { yes: true, grant: ['filesystem.read:src/**'] });
    expect(m.locked()?.grants).toMatchObject({ given: reads, by: '--grant' });
    expect(await m.put(dir, { grant: ['filesystem.read=src/**'] })).toMatchObject({ kind: 'unchanged' });
    await expect(m.put(dir, { yes: true, grant: ['filesystem.read:**'] })).rejects.toMatchObject({
      code: 'usage',
      details: { remedy: expect.stringContaining('filesystem.read: src/**') },
    });
  });

  it('of a person goes no further than --grant', async () => {
    await m.put(
      { permissions: WRITES },
      { grant: ['filesystem.read:src/**'] },
      yes({ ...reads, filesystemWrite: ['out/**'] }),
    );
    expect(m.locked()?.grants).toMatchObject({ given: reads, by: 'person' });
  });

  it('is given to the skill as it is when the answer comes', async () => {
    const revokes = new Asked(() => {
      m.trust.revocations = { ...m.trust.revocations, keys: new Set([publicKeyOf(SEEDS.alice)]) };
      return { kind: 'granted', given: NOTHING };
    });
    expect(await m.put({}, {}, revokes)).toMatchObject({ kind: 'refused', code: 'revoked' });
    expect(m.locked()).toBeUndefined();
  });

  it('is asked again when another install came in between', async () => {
    let first = true;
    const asked = new Asked(() => ({ kind: 'granted', given: NOTHING }));
    const consent: Consent = {
      ask: async (request, standing) => {
        if (first) {
          first = false;
          await m.put({ version: '1.0.0' });
        }
        return await asked.ask(request, standing);
      },
    };
    expect((await m.put({ version: '2.0.0', permissions: READS }, {}, consent)).kind).toBe('installed');
    expect(asked.requests.map(({ previous }) => previous?.entry.version)).toEqual([undefined, '1.0.0']);
  });
});
