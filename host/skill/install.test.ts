import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  linkSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeUtf8 } from '../base/bytes.ts';
import { NOTHING, type Permissions } from '../policy/grants.ts';
import { type BundleSpec, Machine, SEEDS, signedFiles, writeFiles } from './bundle.fixture.ts';
import { publicKeyOf } from './ed25519.ts';
import { gzip } from './gzip.ts';
import type { Consent, ConsentAnswer, ConsentRequest } from './install-ports.ts';
import { install, type Installed, type InstallOptions, type Unchanged } from './install.ts';
import { InstalledSkills } from './installed.ts';
import { LockFile } from './lock-file.ts';
import { encodeLock, type LockEntry } from './lock.ts';
import { parseSkillName } from './names.ts';
import { packBundle } from './pack.ts';
import { readSource } from './source.ts';
import { remove } from './remove.ts';
import type { SkillName } from './skill.ts';
import { update } from './update.ts';
import { writeUstar } from './ustar.ts';
import { Verified } from './verified.ts';
import { type Refusal, verify } from './verify.ts';

let m: Machine;
const signal = new AbortController().signal;
const HASH = parseSkillName('hash') as SkillName;
const READS = ['filesystem:', '  read: ["src/**"]'];
const WRITES = [...READS, '  write: ["out/**"]'];
const reads: Permissions = { ...NOTHING, filesystemRead: ['src/**'] };

beforeEach(() => {
  m = new Machine();
});
afterEach(() => {
  m[Symbol.dispose]();
});

async function put(
  spec: BundleSpec | string = {},
  options: InstallOptions = { yes: true },
  consent?: Consent,
): Promise<Installed | Unchanged | Refusal> {
  return await install(typeof spec === 'string' ? spec : m.source(spec), '/', m.ports(consent), options, signal);
}
const skills = (): InstalledSkills => new InstalledSkills(m.ports(), m.ports().deriver, m.bundled);
const loaded = async (): Promise<string | undefined> =>
  (await skills().load(HASH, signal)).granted.skill.manifest.version;
const locked = (): LockEntry | undefined => new LockFile(m.data).read().lock.skills.get(HASH);
const litter = (): string[] =>
  existsSync(m.data)
    ? (readdirSync(m.data, { recursive: true }) as string[]).filter((path) => path.includes('.tmp-'))
    : [];

/** Answers what it was told to and keeps what it was asked. */
class Asked implements Consent {
  readonly requests: ConsentRequest[] = [];
  readonly #answer: ConsentAnswer | ((request: ConsentRequest) => ConsentAnswer);
  constructor(answer: ConsentAnswer | ((request: ConsentRequest) => ConsentAnswer)) {
    this.#answer = answer;
  }
  async ask(request: ConsentRequest): Promise<ConsentAnswer> {
    this.requests.push(request);
    return typeof this.#answer === 'function' ? this.#answer(request) : this.#answer;
  }
}
const yes = (given: Permissions = NOTHING): Asked => new Asked({ kind: 'granted', given });
const no = (): Asked => new Asked({ kind: 'declined' });

function packed(spec: BundleSpec, file: string): string {
  const raw = readSource({ kind: 'directory', path: m.source(spec) });
  const { trust, clock } = m;
  const verified = verify(raw, { roots: trust.roots(), revoked: trust.revoked(), require: 'self-signed', clock });
  if (!Verified.is(verified)) throw new Error('refused');
  writeFileSync(join(m.dir, file), packBundle(raw, verified));
  return join(m.dir, file);
}

describe('install', () => {
  it('keeps the bundle by name and digest, pins it and loads it', async () => {
    const outcome = await put({ version: '1.0.0', files: { 'refs/a.md': 'a' }, permissions: READS });
    expect(outcome).toMatchObject({ kind: 'installed', diff: { wider: true, added: reads } });
    const entry = locked();
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
    const { granted, origin } = await skills().load(HASH, signal);
    expect([origin, granted.permissions]).toEqual(['installed', reads]);
    expect(Buffer.from(granted.skill.files.get('refs/a.md' as never) ?? []).toString()).toBe('a');
    expect(litter()).toEqual([]);
  });

  it('installs what pack made, and says that nothing changed the second time', async () => {
    const file = packed({ version: '1.0.0', files: { 'a/b': 'x' }, delegated: 'bare' }, 'hash.skill');
    expect((await put(file, {})).kind).toBe('installed');
    expect(locked()?.source).toEqual({ kind: 'archive', path: file });
    const before = readFileSync(join(m.data, 'skills.lock.json'));
    expect((await put(file, {})).kind).toBe('unchanged');
    expect(readFileSync(join(m.data, 'skills.lock.json')).equals(before)).toBe(true);
  });

  it('installs an npm-style archive by the name that SKILL.md has', async () => {
    const files = signedFiles({ statesName: true, files: { 'package.json': '{}' } });
    const tar = writeUstar([...files].map(([path, bytes]) => ({ path: `package/${path}`, bytes })));
    writeFileSync(join(m.dir, 'x.tgz'), gzip(tar));
    expect((await put(join(m.dir, 'x.tgz'))).kind).toBe('installed');
    expect(await skills().load(HASH, signal)).toBeDefined();
  });

  it('keeps only what form B covers', async () => {
    const files = { 'skill.wasm': new Uint8Array([0, 0x61, 0x73, 0x6d]), 'more.txt': 'x' };
    expect((await put({ form: 'B', files })).kind).toBe('installed');
    const dir = join(m.data, 'skills/hash', locked()?.digest ?? '');
    expect(readdirSync(dir).sort()).toEqual(['SKILL.md', 'SKILL.pub', 'SKILL.sig', 'skill.wasm']);
    expect((await skills().load(HASH, signal)).granted.skill.form).toBe('B');
  });

  it.for<[string, string, RegExp]>([
    ['a name', 'hash', /no registry/],
    ['a name and version', 'hash@1.0.0', /no registry/],
    ['a directory that is not there', './hash', /nothing at/],
    ['an archive that is not there', 'hash.skill', /nothing at/],
  ])('says of %s that it is not found', async ([, source, message]) => {
    const error = install(source, m.dir, m.ports(), {}, signal);
    await expect(error).rejects.toMatchObject({ code: 'not-found', message: expect.stringMatching(message) });
  });

  it('names the archive in what is wrong with it', async () => {
    const path = join(m.dir, 'bad.skill');
    writeFileSync(path, 'x');
    await expect(put(path)).rejects.toMatchObject({ code: 'archive-invalid', details: { file: path } });
    execFileSync('mkfifo', [join(m.dir, 'fifo.skill')]);
    await expect(put(join(m.dir, 'fifo.skill'))).rejects.toMatchObject({ code: 'io' });
  });

  it.for<[code: string, damage: (dir: string) => void]>([
    ['bundle-unsafe-entry', (dir) => symlinkSync('/etc/passwd', join(dir, 'x'))],
    ['bundle-unsafe-entry', (dir) => linkSync(join(dir, 'SKILL.md'), join(dir, 'x'))],
    ['bundle-too-large', (dir) => writeFileSync(join(dir, 'x'), new Uint8Array(64 * 1024 * 1024 + 1))],
    ['signature-missing', (dir) => rmSync(join(dir, 'SKILL.sig'))],
    ['signature-invalid', (dir) => writeFileSync(join(dir, 'SKILL.md'), '---\ndescription: x\n---\n')],
    ['integrity-extra-file', (dir) => writeFileSync(join(dir, 'x'), 'x')],
  ])('refuses with %s, keeps the good version and leaves no litter', async ([code, damage]) => {
    await put({ version: '1.0.0' });
    const dir = m.source({ version: '2.0.0' });
    damage(dir);
    expect(await put(dir)).toMatchObject({ kind: 'refused', code });
    expect(await loaded()).toBe('1.0.0');
    expect(litter()).toEqual([]);
  });

  it('installs nothing while the lock is damaged, and does not overwrite it', async () => {
    await put({ version: '1.0.0' });
    writeFileSync(join(m.data, 'skills.lock.json'), '{');
    await expect(put({ version: '2.0.0' })).rejects.toMatchObject({ code: 'lock-invalid' });
    await expect(loaded()).rejects.toMatchObject({ code: 'lock-invalid' });
    expect(readFileSync(join(m.data, 'skills.lock.json'), 'utf8')).toBe('{');
  });
});

describe('consent', () => {
  it('is needed for a self-signed skill, and says what would be granted', async () => {
    const outcome = await put({ permissions: WRITES }, {});
    expect(outcome).toMatchObject({ kind: 'refused', code: 'consent-required' });
    const { message, remedy } = outcome as Refusal;
    expect(message).toContain('filesystem.read: src/**');
    expect(message).toContain('filesystem.write: out/**');
    expect(message).toContain(publicKeyOf(SEEDS.alice));
    expect(remedy).toContain('--yes');
    expect(locked()).toBeUndefined();
    expect(m.trust.pins.size).toBe(0);
  });

  it('shows what a person has to know, and grants what was given of the asks', async () => {
    const asked = yes({ ...reads, filesystemWrite: ['**'] });
    await put({ permissions: WRITES, extra: ['surprise: 1'] }, {}, asked);
    expect(asked.requests).toMatchObject([
      { publisher: publicKeyOf(SEEDS.alice), newKey: false, asks: { filesystemWrite: ['out/**'] } },
    ]);
    expect(asked.requests[0]?.warnings.join()).toContain('surprise');
    expect(locked()?.grants).toMatchObject({ given: reads, by: 'person' });
    expect((await skills().load(HASH, signal)).granted.permissions).toEqual(reads);
  });

  it('takes no for an answer', async () => {
    expect(await put({}, {}, no())).toMatchObject({ kind: 'refused', code: 'consent-required' });
    expect(locked()).toBeUndefined();
  });

  it('is not needed for a root-delegated skill that asks for nothing', async () => {
    const asked = no();
    expect((await put({ delegated: { publisher: 'acme' } }, {}, asked)).kind).toBe('installed');
    expect(asked.requests).toEqual([]);
    expect(locked()?.grants.by).toBe('nobody');
    expect(m.trust.pins.get(HASH)).toMatchObject({ publisher: 'acme', root: publicKeyOf(SEEDS.root) });
  });

  it('is needed for a root-delegated skill that asks for something', async () => {
    expect(await put({ delegated: 'bare', permissions: READS }, {})).toMatchObject({ code: 'consent-required' });
  });

  it('grants with --grant just those', async () => {
    const dir = m.source({ permissions: WRITES });
    await put(dir, { yes: true, grant: ['filesystem.read:src/**'] });
    expect(locked()?.grants).toMatchObject({ given: reads, by: '--grant' });
    expect(await put(dir, { grant: ['filesystem.read=src/**'] })).toMatchObject({ kind: 'unchanged' });
    await expect(put(dir, { yes: true, grant: ['filesystem.read:**'] })).rejects.toMatchObject({
      code: 'usage',
      details: { remedy: expect.stringContaining('filesystem.read: src/**') },
    });
  });

  it('is given to the skill as it is when the answer comes', async () => {
    const revokes = new Asked(() => {
      m.trust.revocations = { ...m.trust.revocations, keys: new Set([publicKeyOf(SEEDS.alice)]) };
      return { kind: 'granted', given: NOTHING };
    });
    expect(await put({}, {}, revokes)).toMatchObject({ kind: 'refused', code: 'revoked' });
    expect(locked()).toBeUndefined();
  });

  it('is asked again when another install came in between', async () => {
    let first = true;
    const asked = new Asked(() => ({ kind: 'granted', given: NOTHING }));
    const consent: Consent = {
      ask: async (request) => {
        if (first) {
          first = false;
          await put({ version: '1.0.0' });
        }
        return await asked.ask(request);
      },
    };
    expect((await put({ version: '2.0.0', permissions: READS }, {}, consent)).kind).toBe('installed');
    expect(asked.requests.map(({ previous }) => previous?.entry.version)).toEqual([undefined, '1.0.0']);
  });
});

describe('an update', () => {
  const writeOver = (dir: string, spec: BundleSpec): void => void writeFiles(dir, signedFiles(spec));

  it('says that there is nothing new, or takes the new version', async () => {
    const dir = m.source({ version: '1.0.0', permissions: READS });
    await put(dir);
    expect(await update(undefined, m.ports(), {}, signal)).toMatchObject([
      { name: 'hash', outcome: { kind: 'unchanged' } },
    ]);
    writeOver(dir, { version: '1.1.0', permissions: READS });
    const [updated] = await update(HASH, m.ports(), {}, signal);
    expect(updated?.outcome).toMatchObject({
      kind: 'installed',
      previous: { version: '1.0.0' },
      diff: { wider: false },
    });
    expect(locked()?.grants).toMatchObject({ given: reads, by: '--yes' });
    expect(await loaded()).toBe('1.1.0');
    expect(readdirSync(join(m.data, 'skills/hash'))).toEqual([locked()?.digest]);
  });

  it('keeps a grant that was narrowed, and asks when more is asked for', async () => {
    const dir = m.source({ version: '1.0.0', permissions: WRITES });
    await put(dir, {}, yes(reads));
    writeOver(dir, { version: '1.1.0', permissions: WRITES });
    const untouched = no();
    await update(HASH, m.ports(untouched), {}, signal);
    expect([locked()?.version, locked()?.grants.given, untouched.requests.length]).toEqual(['1.1.0', reads, 0]);
    writeOver(dir, { version: '1.2.0', permissions: ['filesystem:', '  read: ["**"]'] });
    const asked = no();
    const [updated] = await update(HASH, m.ports(asked), {}, signal);
    expect(updated?.outcome).toMatchObject({ kind: 'refused', code: 'consent-required' });
    expect(asked.requests[0]?.previous?.diff).toMatchObject({
      wider: true,
      added: { filesystemRead: ['**'] },
      removed: { filesystemRead: ['src/**'], filesystemWrite: ['out/**'] },
    });
    expect(await loaded()).toBe('1.1.0');
  });

  it('asks for what it once asked for and then did not', async () => {
    const dir = m.source({ version: '1.0.0', permissions: WRITES });
    await put(dir);
    writeOver(dir, { version: '1.1.0', permissions: READS });
    await update(HASH, m.ports(), {}, signal);
    writeOver(dir, { version: '1.2.0', permissions: WRITES });
    expect(await update(HASH, m.ports(), {}, signal)).toMatchObject([{ outcome: { code: 'consent-required' } }]);
  });

  it.for<[why: string, from: BundleSpec, to: BundleSpec]>([
    ['another key', {}, { signer: SEEDS.bob }],
    ['another key with a bare delegation', { delegated: 'bare' }, { signer: SEEDS.bob, delegated: 'bare' }],
    ['another publisher', { delegated: { publisher: 'a' } }, { signer: SEEDS.bob, delegated: { publisher: 'b' } }],
  ])('refuses %s unless a person accepts it', async ([, from, to]) => {
    await put({ version: '1.0.0', ...from });
    expect(await put({ version: '1.1.0', ...to })).toMatchObject({ code: 'key-changed' });
    const asked = yes();
    expect(await put({ version: '1.1.0', ...to }, { acceptNewKey: true }, asked)).toMatchObject({ kind: 'installed' });
    expect(asked.requests).toMatchObject([{ newKey: true }]);
    expect(m.trust.pins.get(HASH)?.key).toBe(publicKeyOf(SEEDS.bob));
    expect(await put({ version: '1.2.0', ...from })).toMatchObject({ code: 'key-changed' });
  });

  it('keeps the grants across keys of one publisher', async () => {
    const delegated = { publisher: 'acme' };
    await put({ version: '1.0.0', permissions: READS, delegated });
    const outcome = await put({ version: '1.1.0', permissions: READS, delegated, signer: SEEDS.bob }, {});
    expect(outcome).toMatchObject({
      kind: 'installed',
      entry: { grants: { given: reads }, key: publicKeyOf(SEEDS.bob) },
    });
  });

  it('asks when nobody vouches for the key any more', async () => {
    await put({ version: '1.0.0', delegated: 'bare', permissions: READS });
    expect(await put({ version: '1.1.0', permissions: READS }, {})).toMatchObject({ code: 'consent-required' });
  });

  it('does not go back', async () => {
    await put({ version: '1.1.0' });
    expect(await put({ version: '1.0.0' })).toMatchObject({ code: 'downgrade' });
    expect(await put({ version: '1.1.0', files: { a: 'b' } })).toMatchObject({ code: 'downgrade' });
    expect(await put({ version: '1.0.0' }, { yes: true, allowDowngrade: true })).toMatchObject({ kind: 'installed' });
    expect(await loaded()).toBe('1.0.0');
  });

  it('tells of each skill how it went', async () => {
    const gone = m.source({ name: 'gone' });
    const renamed = m.source({ name: 'renamed' });
    await put(gone);
    await put(renamed);
    await put(m.source());
    rmSync(gone, { recursive: true });
    const file = packed({ name: 'other', version: '1.0.0' }, 'renamed.skill');
    const lockFile = new LockFile(m.data);
    const { lock } = lockFile.read();
    lockFile.write({
      skills: new Map(
        [...lock.skills].map(([n, e]) => [n, n === 'renamed' ? { ...e, source: { kind: 'archive', path: file } } : e]),
      ),
    });
    expect(await update(undefined, m.ports(), { yes: true }, signal)).toMatchObject([
      { name: 'gone', outcome: { kind: 'failed', error: { code: 'not-found' } } },
      { name: 'hash', outcome: { kind: 'unchanged' } },
      { name: 'renamed', outcome: { kind: 'refused', code: 'manifest-invalid' } },
    ]);
    await expect(update(parseSkillName('nobody'), m.ports(), {}, signal)).rejects.toMatchObject({
      code: 'not-installed',
    });
  });
});

describe('remove', () => {
  it('ends the skill and keeps its pin', async () => {
    await put();
    await remove(HASH, m.data, signal);
    await expect(loaded()).rejects.toMatchObject({ code: 'not-installed' });
    expect(readdirSync(join(m.data, 'skills'))).toEqual([]);
    expect(await put({ signer: SEEDS.bob })).toMatchObject({ code: 'key-changed' });
    await expect(remove(HASH, m.data, signal)).rejects.toMatchObject({ code: 'not-installed' });
  });
});

describe('InstalledSkills', () => {
  it('sees what was installed, updated, removed and revoked meanwhile', async () => {
    const running = skills();
    expect(running.list()).toEqual([]);
    await put({ version: '1.0.0' });
    const first = await running.load(HASH, signal);
    expect(await running.load(HASH, signal)).toBe(first);
    await put({ version: '1.1.0' });
    expect((await running.load(HASH, signal)).granted.skill.manifest.version).toBe('1.1.0');
    const { revocations } = m.trust;
    m.trust.revocations = { ...revocations, digests: new Set([locked()?.digest ?? '']) };
    await expect(running.load(HASH, signal)).rejects.toMatchObject({ code: 'revoked' });
    m.trust.revocations = revocations;
    expect((await running.load(HASH, signal)).granted.skill.manifest.version).toBe('1.1.0');
    await remove(HASH, m.data, signal);
    await expect(running.load(HASH, signal)).rejects.toMatchObject({ code: 'not-installed' });
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
    await put(dir);
    damage(join(m.data, 'skills/hash', locked()?.digest ?? ''));
    await expect(loaded()).rejects.toMatchObject({ code: 'store-mismatch', details: { remedy: expect.any(String) } });
    expect((await put(dir)).kind).toBe('unchanged');
    expect(await loaded()).toBe('1.0.0');
  });

  it('does not load a skill on the word of a root that is gone', async () => {
    await put({ delegated: 'bare' });
    m.trust.rootMap = new Map();
    await expect(loaded()).rejects.toMatchObject({ code: 'delegation-invalid' });
  });

  it('does not load a root-delegated skill whose delegation was taken out of the store', async () => {
    await put({ delegated: 'bare' });
    rmSync(join(m.data, 'skills/hash', locked()?.digest ?? '', 'SKILL.deleg'));
    await expect(loaded()).rejects.toMatchObject({ code: 'delegation-required' });
  });

  it('never grants more than the manifest asks, whatever the lock says', async () => {
    await put({ permissions: READS });
    const lockFile = new LockFile(m.data);
    const entry = locked() as LockEntry;
    const given = { ...NOTHING, filesystemRead: ['**', 'src/**'], filesystemWrite: ['**'] };
    writeFileSync(
      lockFile.path,
      encodeLock({ skills: new Map([[HASH, { ...entry, grants: { ...entry.grants, given } }]]) }),
    );
    expect((await skills().load(HASH, signal)).granted.permissions).toEqual(reads);
  });

  it('keeps derived files by the lock, and makes them anew for another deriver', async () => {
    let made = 0;
    const deriver = (id: string) => ({
      id,
      derive: async () => new Map([['core/a.wasm', encodeUtf8(`${id} ${++made}`)]]),
    });
    const ports = { ...m.ports(), deriver: deriver('jco 1') };
    await install(m.source(), '/', ports, { yes: true }, signal);
    const load = async (id: string): Promise<string> => {
      const { granted } = await new InstalledSkills(ports, deriver(id), m.bundled).load(HASH, signal);
      return Buffer.from(granted.derived.get('core/a.wasm') ?? []).toString();
    };
    expect([await load('jco 1'), await load('jco 2')]).toEqual(['jco 1 1', 'jco 2 2']);
    const dir = join(m.data, 'skills/hash');
    const derivedDir = readdirSync(dir).find((name) => name.includes('derived')) ?? '';
    writeFileSync(join(dir, derivedDir, 'core/a.wasm'), 'other');
    await expect(load('jco 1')).rejects.toMatchObject({ code: 'store-mismatch' });
    rmSync(join(dir, derivedDir, 'core/a.wasm'));
    await expect(load('jco 1')).rejects.toMatchObject({ code: 'store-mismatch' });
  });
});

describe('bundled skills', () => {
  const bundle = (spec: BundleSpec): string => writeFiles(join(m.bundledDir, spec.name ?? 'hash'), signedFiles(spec));

  it('load with a built-in root alone, and may read what they ask to read', async () => {
    bundle({ version: '1.0.0', permissions: WRITES, delegated: { publisher: 'wirken' } });
    const { origin, granted } = await skills().load(HASH, signal);
    expect([origin, granted.permissions]).toEqual(['bundled', reads]);
    expect(skills().list()).toEqual([{ name: 'hash' }]);
    m.trust.revocations = { ...m.trust.revocations, publishers: new Set(['wirken']) };
    await expect(loaded()).rejects.toMatchObject({ code: 'revoked' });
  });

  it('do not load without a delegation, or changed', async () => {
    const dir = bundle({ version: '1.0.0' });
    await expect(loaded()).rejects.toMatchObject({ code: 'delegation-required' });
    bundle({ version: '1.0.0', delegated: 'bare' });
    expect(await loaded()).toBe('1.0.0');
    writeFileSync(join(dir, 'extra'), 'x');
    await expect(loaded()).rejects.toMatchObject({ code: 'integrity-extra-file' });
  });

  it('give way to an installed skill of the same publisher, and to nobody else', async () => {
    bundle({ version: '2.0.0', delegated: { publisher: 'wirken' } });
    expect(await put({ version: '3.0.0', signer: SEEDS.bob })).toMatchObject({ code: 'key-changed' });
    expect(await put({ version: '3.0.0', signer: SEEDS.bob, delegated: 'bare' })).toMatchObject({
      code: 'key-changed',
    });
    const own: BundleSpec = { version: '1.0.0', signer: SEEDS.bob, delegated: { publisher: 'wirken' } };
    expect(await put(own, {})).toMatchObject({ kind: 'installed' });
    expect(await loaded()).toBe('1.0.0');
    await remove(HASH, m.data, signal);
    expect(await loaded()).toBe('2.0.0');
    expect(await put({ version: '3.0.0', signer: SEEDS.carol }, { yes: true, acceptNewKey: true })).toMatchObject({
      kind: 'installed',
    });
  });
});

describe('packBundle', () => {
  it('gives the same bytes whatever the directory looks like', async () => {
    const spec: BundleSpec = { version: '1.0.0', files: { b: 'b', 'a/c': 'c', 'a.b': 'x', Z: 'y' }, delegated: 'bare' };
    const one = readFileSync(packed(spec, 'one.skill'));
    const dir = join(m.dir, 'again/hash');
    for (const [path, bytes] of [...signedFiles(spec)].toReversed()) writeFiles(dir, new Map([[path, bytes]]));
    chmodSync(join(dir, 'b'), 0o600);
    const raw = readSource({ kind: 'directory', path: dir });
    const verified = verify(raw, {
      roots: m.trust.roots(),
      revoked: m.trust.revoked(),
      require: 'root',
      clock: m.clock,
    });
    if (!Verified.is(verified)) throw new Error('refused');
    expect(one.equals(packBundle(raw, verified))).toBe(true);
    expect(one.subarray(0, 10).toString('hex')).toBe('1f8b08000000000002ff');
    expect([...readSource({ kind: 'archive', path: join(m.dir, 'one.skill') }).files.keys()]).toEqual([
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
    expect(() => packed({}, 'x.skill')).toThrow(expect.objectContaining({ code: 'manifest-invalid' }));
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
