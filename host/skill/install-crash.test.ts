import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HASH, Machine, neverAborted, signedFiles, skillName, writeFiles } from './bundle.fixture.ts';
import { derivesNothing, type InstallPorts } from './install-ports.ts';
import { install } from './install.ts';
import { InstalledSkills } from './installed.ts';
import { LockFile } from './lock-file.ts';
import { TrustStore } from './trust.ts';

let m: Machine;
beforeEach(() => {
  m = new Machine();
});
afterEach(() => {
  m[Symbol.dispose]();
});

/** The real trust store, as a host has it. */
const ports = (): InstallPorts => ({ ...m.ports(), trust: new TrustStore(m.data) });
const load = async (): Promise<string | undefined> =>
  (await new InstalledSkills(ports(), derivesNothing, m.bundled).load(HASH, neverAborted)).granted.skill.manifest
    .version;

const here = (file: string): string => JSON.stringify(join(import.meta.dirname, file));
const files = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`d${i % 3}/f${i}`, 'x'.repeat(5000)]));

/** A program that installs the sources over and over, `rounds` times each, and says so after every install. */
function installer(sources: readonly string[], rounds: number): string {
  return `
    const { install } = await import(${here('install.ts')});
    const { BundledSkills } = await import(${here('bundled.ts')});
    const { derivesNothing } = await import(${here('install-ports.ts')});
    const { nobodyThere } = await import(${here('bundle.fixture.ts')});
    const { TrustStore } = await import(${here('trust.ts')});
    const dataDir = ${JSON.stringify(m.data)};
    const trust = new TrustStore(dataDir);
    const clock = { now: () => Date.parse('2026-06-01T00:00:00.000Z') };
    const bundled = new BundledSkills({ dir: '/nowhere', roots: new Map(), revoked: () => trust.revoked(), clock });
    const deriver = { ...derivesNothing, id: 't', derive: async (skill) => new Map([['core.txt', skill.files.get('SKILL.md')]]) };
    const ports = { dataDir, trust, bundled, clock, deriver, require: 'self-signed', consent: nobodyThere() };
    const signal = new AbortController().signal;
    for (let round = 0; round < ${rounds}; round++) {
      for (const source of ${JSON.stringify(sources)}) {
        const { kind, code } = await install(source, '/', ports, { yes: true, allowDowngrade: true }, signal);
        process.stdout.write((code ?? kind) + '\\n');
      }
    }`;
}

const node = (script: string): ReturnType<typeof spawn> =>
  spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });

describe('an install that is killed', () => {
  it('leaves the lock readable, the version in it loading, and its name pinned', async () => {
    const sources = ['1.0.0', '2.0.0'].map((version) => m.source({ version, files }));
    await install(sources[0] ?? '', '/', ports(), { yes: true }, neverAborted);
    let killedInside = 0;
    for (let run = 0; run < 8; run++) {
      const child = node(installer(sources, 1_000));
      if (child.stdout === null) throw new Error('no pipe');
      await once(child.stdout, 'data');
      // Anywhere in an install, which takes some tens of milliseconds.
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 60));
      child.kill('SIGKILL');
      await once(child, 'exit');
      if (m.litter().length > 0) killedInside++;
      const { lock } = new LockFile(m.data).read();
      expect([...lock.skills.keys()]).toEqual(['hash']);
      for (const name of lock.skills.keys()) expect(new TrustStore(m.data).pin(name)).toBeDefined();
      expect(await load()).toBe(lock.skills.get(HASH)?.version);
    }
    expect(killedInside).toBeGreaterThan(0);
    await install(m.source({ version: '3.0.0' }), '/', ports(), { yes: true }, neverAborted);
    expect(await load()).toBe('3.0.0');
    expect(m.litter().filter((path) => path.includes('skills'))).toEqual([]);
    expect(readdirSync(join(m.data, 'skills/hash'))).toEqual([
      new LockFile(m.data).read().lock.skills.get(HASH)?.digest,
    ]);
  });
});

describe('installs at the same time', () => {
  it('do not lose each other, in several processes', async () => {
    const names = ['a', 'b', 'c', 'd'];
    const children = names.map((name) => node(installer([m.source({ name, files })], 3)));
    const codes = await Promise.all(children.map(async (child) => await once(child, 'exit')));
    expect(codes.map(([code]) => code as number)).toEqual([0, 0, 0, 0]);
    expect([...new LockFile(m.data).read().lock.skills.keys()]).toEqual(names);
    expect([...new TrustStore(m.data).pins().keys()]).toEqual(names);
  });

  it('of one name end with one of the two, whole', async () => {
    const sources = ['1.0.0', '2.0.0'].map((version) => m.source({ version, files }));
    const options = { yes: true, allowDowngrade: true };
    const outcomes = await Promise.all(
      sources.flatMap((source) =>
        [source, source].map(async () => await install(source, '/', ports(), options, neverAborted)),
      ),
    );
    expect(new Set(outcomes.map(({ kind }) => kind))).not.toContain('refused');
    expect(await load()).toBe(new LockFile(m.data).read().lock.skills.get(HASH)?.version);
  });

  it('leave a reader with the one version or the other, never with none', async () => {
    const sources = ['1.0.0', '2.0.0'].map((version) => m.source({ version, files }));
    await install(sources[0] ?? '', '/', ports(), { yes: true }, neverAborted);
    const child = node(installer(sources, 10));
    const ended = once(child, 'exit');
    const running = new InstalledSkills(ports(), derivesNothing, m.bundled);
    const seen = new Set<string | undefined>();
    while (child.exitCode === null) {
      seen.add((await running.load(HASH, neverAborted)).granted.skill.manifest.version);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await ended;
    expect(seen).toEqual(new Set(['1.0.0', '2.0.0']));
  });
});

/** Whether this user may mount a file system. */
const mounts = process.platform === 'linux' && process.getuid?.() === 0 && canMount();

function canMount(): boolean {
  const probe = `/tmp/wirken-mount-${process.pid}`;
  mkdirSync(probe);
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', probe], { stdio: 'ignore' });
  if (status === 0) execFileSync('umount', [probe]);
  rmSync(probe, { recursive: true });
  return status === 0;
}

describe('a disk that fails', () => {
  it.runIf(mounts)('because it is full, keeps the good version and says so', async () => {
    mkdirSync(m.data);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', m.data]);
    try {
      await install(m.source({ version: '1.0.0' }), '/', ports(), { yes: true }, neverAborted);
      for (let bytes = 1_000; bytes < 500_000; bytes += 24_000) {
        const full = { version: '2.0.0', files: { big: new Uint8Array(bytes), more: new Uint8Array(bytes) } };
        const outcome = install(
          m.source({ name: 'other', ...full }),
          '/',
          ports(),
          { yes: true, allowDowngrade: true },
          neverAborted,
        );
        const told = await outcome.then(
          ({ kind }) => kind,
          (error: { code?: string; message: string }) => `${error.code}: ${error.message}`,
        );
        if (bytes > 128_000) expect(told).toMatch(/^io: .*no space left on the disk/);
        expect(await load()).toBe('1.0.0');
        expect(m.litter()).toEqual([]);
      }
    } finally {
      execFileSync('umount', [m.data]);
    }
  });

  it.runIf(mounts)('because it is read-only, keeps the good version and says so', async () => {
    mkdirSync(m.data);
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', m.data]);
    try {
      await install(m.source({ version: '1.0.0' }), '/', ports(), { yes: true }, neverAborted);
      execFileSync('mount', ['-o', 'remount,ro', m.data]);
      await expect(
        install(m.source({ version: '2.0.0' }), '/', ports(), { yes: true }, neverAborted),
      ).rejects.toMatchObject({ code: 'io' });
      expect(await load()).toBe('1.0.0');
    } finally {
      execFileSync('umount', [m.data]);
    }
  });

  it.skipIf(process.getuid?.() === 0)('because the directory may not be written, keeps the good version', async () => {
    await install(m.source({ version: '1.0.0' }), '/', ports(), { yes: true }, neverAborted);
    chmodSync(join(m.data, 'skills'), 0o500);
    chmodSync(m.data, 0o500);
    try {
      await expect(
        install(m.source({ version: '2.0.0' }), '/', ports(), { yes: true }, neverAborted),
      ).rejects.toMatchObject({ code: 'io' });
      expect(await load()).toBe('1.0.0');
    } finally {
      chmodSync(m.data, 0o700);
      chmodSync(join(m.data, 'skills'), 0o700);
    }
  });

  it('because something is in the way, keeps the good version', async () => {
    const dir = m.source({ version: '1.0.0' });
    await install(dir, '/', ports(), { yes: true }, neverAborted);
    writeFiles(m.data, new Map([['skills/other', new Uint8Array(1)]]));
    await expect(install(m.source({ name: 'other' }), '/', ports(), { yes: true }, neverAborted)).rejects.toMatchObject(
      { code: 'io' },
    );
    expect(new LockFile(m.data).read().lock.skills.has(skillName('other'))).toBe(false);
    expect(await load()).toBe('1.0.0');
    expect(m.litter()).toEqual([]);
    expect(existsSync(join(m.data, 'skills/other'))).toBe(true);
    expect(
      readFileSync(join(dir, 'SKILL.md')).equals(signedFiles({ version: '1.0.0' }).get('SKILL.md') ?? new Uint8Array()),
    ).toBe(true);
  });
});
