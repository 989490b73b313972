import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Validator } from '@cfworker/json-schema';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HostError } from '../base/error.ts';
import { NOTHING } from '../policy/grants.ts';
import { LockFile } from './lock-file.ts';
import { LOCK_SCHEMA } from './lock-schema.ts';
import { encodeLock, type Lock, type LockEntry, parseLock } from './lock.ts';
import { parseDigest, parseSkillName } from './names.ts';
import type { Digest, SkillName } from './skill.ts';

const HEX = 'a'.repeat(64);
const digest = parseDigest(HEX) as Digest;
const name = (text: string): SkillName => parseSkillName(text) as SkillName;
const AT = '2026-01-02T03:04:05.678Z';

const entry: LockEntry = {
  version: '1.2.3',
  digest,
  form: 'A',
  key: HEX,
  publisher: 'someone',
  trust: { kind: 'root-delegated', root: HEX },
  source: { kind: 'archive', path: '/x/hash.skill' },
  derived: { by: 'jco 1', files: new Map([['a/core.wasm', digest]]) },
  grants: {
    asked: { ...NOTHING, filesystemRead: ['src/**'], filesystemWrite: ['out/*'] },
    given: { ...NOTHING, filesystemRead: ['src/**'] },
    at: AT,
    by: 'person',
  },
  installedAt: AT,
};
const lock: Lock = { skills: new Map([[name('hash'), entry]]) };

type Tree = { [key: string]: Tree | string | number | null | string[] };
const json = (): Tree => JSON.parse(encodeLock(lock)) as Tree;
const at = (tree: Tree, ...path: string[]): Tree => path.reduce((node, key) => node[key] as Tree, tree);

describe('parseLock', () => {
  it('reads what encodeLock writes', () => {
    expect(parseLock(encodeLock(lock), 'f')).toEqual(lock);
    const { version: _, derived: __, ...bare } = entry;
    const least: Lock = { skills: new Map([[name('a'), { ...bare, trust: { kind: 'self-signed' } }]]) };
    expect(parseLock(encodeLock(least), 'f')).toEqual(least);
    expect(parseLock(encodeLock({ skills: new Map() }), 'f').skills.size).toBe(0);
  });

  it('writes names in one order', () => {
    const names = ['b', 'a-b', 'a'].map(name);
    const one = encodeLock({ skills: new Map(names.map((n) => [n, entry])) });
    expect(one).toBe(encodeLock({ skills: new Map(names.toReversed().map((n) => [n, entry])) }));
  });

  it.for<[why: string, where: string, damage: (tree: Tree) => unknown]>([
    ['a list', 'the file', () => []],
    ['null', 'the file', () => null],
    ['another version', 'version', (t) => ({ ...t, version: 2 })],
    ['no version', 'the file', ({ skills }) => ({ skills })],
    ['an unknown key', 'the file', (t) => ({ ...t, more: 1 })],
    ['skills as a list', 'skills', (t) => ({ ...t, skills: [] })],
    ['a name that is none', 'skills', (t) => ({ ...t, skills: { '../x': at(t, 'skills', 'hash') } })],
    ['an upper-case name', 'skills', (t) => ({ ...t, skills: { Hash: at(t, 'skills', 'hash') } })],
    ...(['digest', 'form', 'key', 'publisher', 'trust', 'source', 'grants', 'installedAt'].map((key) => [
      `no ${key}`,
      'skills.hash',
      (t: Tree) => (delete at(t, 'skills', 'hash')[key], t),
    ]) as [string, string, (tree: Tree) => unknown][]),
    ['an unknown key in a skill', 'skills.hash', (t) => ((at(t, 'skills', 'hash')['more'] = 1), t)],
    ['a digest in capitals', 'skills.hash.digest', (t) => ((at(t, 'skills', 'hash')['digest'] = HEX.toUpperCase()), t)],
    ['a digest as a path', 'skills.hash.digest', (t) => ((at(t, 'skills', 'hash')['digest'] = '../../x'), t)],
    ['a version that is a number', 'skills.hash.version', (t) => ((at(t, 'skills', 'hash')['version'] = 1), t)],
    ['form C', 'skills.hash.form', (t) => ((at(t, 'skills', 'hash')['form'] = 'C'), t)],
    ['a short key', 'skills.hash.key', (t) => ((at(t, 'skills', 'hash')['key'] = 'aa'), t)],
    ['an empty publisher', 'skills.hash.publisher', (t) => ((at(t, 'skills', 'hash')['publisher'] = ''), t)],
    [
      'trust of a kind unknown',
      'skills.hash.trust.kind',
      (t) => ((at(t, 'skills', 'hash', 'trust')['kind'] = 'dev'), t),
    ],
    ['a delegation without root', 'skills.hash.trust', (t) => (delete at(t, 'skills', 'hash', 'trust')['root'], t)],
    [
      'a root of the self-signed',
      'skills.hash.trust',
      (t) => ((at(t, 'skills', 'hash', 'trust')['kind'] = 'self-signed'), t),
    ],
    [
      'a source of a kind unknown',
      'skills.hash.source.kind',
      (t) => ((at(t, 'skills', 'hash', 'source')['kind'] = 'x'), t),
    ],
    [
      'derived without digest',
      'skills.hash.derived.files.a',
      (t) => ((at(t, 'skills', 'hash', 'derived')['files'] = { a: '' }), t),
    ],
    [
      'grants to an unknown right',
      'skills.hash.grants.given',
      (t) => ((at(t, 'skills', 'hash', 'grants')['given'] = { all: ['x'] }), t),
    ],
    [
      'grants as text',
      'skills.hash.grants.given.tools',
      (t) => ((at(t, 'skills', 'hash', 'grants')['given'] = { tools: 'x' }), t),
    ],
    [
      'grants of a number',
      'skills.hash.grants.asked.tools.0',
      (t) => ((at(t, 'skills', 'hash', 'grants')['asked'] = { tools: [1] as unknown as string[] }), t),
    ],
    [
      'grants by nobody known',
      'skills.hash.grants.by',
      (t) => ((at(t, 'skills', 'hash', 'grants')['by'] = 'model'), t),
    ],
    ['another time', 'skills.hash.installedAt', (t) => ((at(t, 'skills', 'hash')['installedAt'] = '2026-01-02'), t)],
  ])('refuses %s', ([, where, damage]) => {
    const damaged = damage(json());
    let error: unknown;
    try {
      parseLock(JSON.stringify(damaged), '/data/skills.lock.json');
    } catch (e) {
      error = e;
    }
    expect(error).toBeInstanceOf(HostError);
    expect((error as HostError).code).toBe('lock-invalid');
    expect((error as HostError).message).toContain(`/data/skills.lock.json is damaged: ${where} `);
    expect(new Validator(LOCK_SCHEMA, '2020-12').validate(damaged).valid).toBe(false);
  });

  it.for(['', '{', 'null x', '\ufeff{}', '{"version":1,"skills":{}}}'])('refuses %j', (text) => {
    expect(() => parseLock(text, 'f')).toThrow(expect.objectContaining({ code: 'lock-invalid' }));
  });

  it('agrees with the JSON Schema, which the docs hold', () => {
    const validator = new Validator(LOCK_SCHEMA, '2020-12');
    expect(validator.validate(json()).valid).toBe(true);
    const file = join(import.meta.dirname, '../../docs/skills.lock.schema.json');
    expect(readFileSync(file, 'utf8')).toBe(`${JSON.stringify(LOCK_SCHEMA, null, 2)}\n`);
    const places: [Tree, string][] = [];
    const walk = (node: Tree): void => {
      for (const [key, value] of Object.entries(node)) {
        places.push([node, key]);
        if (typeof value === 'object' && value !== null && !Array.isArray(value)) walk(value);
      }
    };
    const tree = json();
    walk(tree);
    const value = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom('A', 'self-signed', HEX, AT, 'person', {}, { tools: ['x'] }, 1),
    );
    fc.assert(
      fc.property(fc.nat(places.length - 1), value, fc.boolean(), (place, other, dropped) => {
        const [node, key] = places[place] as [Tree, string];
        const before = node[key];
        if (dropped) delete node[key];
        else node[key] = other as Tree;
        const text = JSON.stringify(tree);
        node[key] = before as Tree;
        const bySchema = validator.validate(JSON.parse(text)).valid;
        const byDoor = ((): boolean => {
          try {
            parseLock(text, 'f');
            return true;
          } catch (error) {
            if (error instanceof HostError) return false;
            throw error;
          }
        })();
        expect(byDoor).toBe(bySchema);
      }),
      { numRuns: 500 },
    );
  });
});

describe('LockFile', () => {
  let data: string;
  const signal = new AbortController().signal;
  beforeEach(() => {
    data = mkdtempSync(join(tmpdir(), 'wirken-lock-'));
  });
  afterEach(() => {
    chmodSync(data, 0o700);
    rmSync(data, { recursive: true, force: true });
  });

  it('is empty before anything is installed, and reads what was written', () => {
    const file = new LockFile(data);
    expect(file.read().lock.skills.size).toBe(0);
    const before = file.identity();
    file.write(lock);
    expect(file.identity()).not.toBe(before);
    expect(file.read()).toEqual({ lock, identity: file.identity() });
    expect(statSync(file.path).mode & 0o777).toBe(0o600);
    expect(readdirSync(data)).toEqual(['skills.lock.json']);
  });

  it.for<[string, string | Uint8Array]>([
    ['damaged', '{'],
    ['no UTF-8', new Uint8Array([0xff])],
    ['empty', ''],
  ])('never reads a %s file as an empty one', ([, content]) => {
    const file = new LockFile(data);
    writeFileSync(file.path, content);
    expect(() => file.read()).toThrow(expect.objectContaining({ code: 'lock-invalid' }));
  });

  it('keeps calls of one process apart, and clears what a killed one left', async () => {
    const file = new LockFile(data);
    writeFileSync(join(data, '.tmp-skills.lock.json-left'), 'x');
    writeFileSync(join(data, '.tmp-other.json-left'), 'x');
    let inside = 0;
    const work = async (): Promise<void> => {
      expect(++inside).toBe(1);
      await new Promise((resolve) => setTimeout(resolve, 20));
      inside--;
    };
    await Promise.all([1, 2, 3].map(async () => await new LockFile(data).exclusively(work, signal)));
    expect(existsSync(join(data, '.tmp-skills.lock.json-left'))).toBe(false);
    expect(existsSync(join(data, '.tmp-other.json-left'))).toBe(true);
    await expect(file.exclusively(async () => await Promise.reject(new Error('x')), signal)).rejects.toThrow('x');
    await file.exclusively(work, signal);
  });

  it('says that another process is installing, waits for it, and goes on when it was killed', async () => {
    const script = `
      const { LockFile } = await import(${JSON.stringify(join(import.meta.dirname, 'lock-file.ts'))});
      await new LockFile(${JSON.stringify(data)}).exclusively(async () => {
        process.stdout.write('in');
        await new Promise((resolve) => setTimeout(resolve, 60_000));
      }, new AbortController().signal);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    const file = new LockFile(data);
    const busy = file.exclusively(async () => 1, signal, 100);
    await expect(busy).rejects.toMatchObject({ code: 'lock-busy', details: { remedy: expect.any(String) } });
    const cancelled = new AbortController();
    const waiting = file.exclusively(async () => 1, cancelled.signal);
    cancelled.abort();
    await expect(waiting).rejects.toThrow(/abort/i);
    const patient = file.exclusively(async () => 1, signal);
    child.kill('SIGKILL');
    expect(await patient).toBe(1);
  });
});
