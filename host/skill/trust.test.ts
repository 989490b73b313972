import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { HostError } from '../base/error.ts';
import { PROJECT_ROOT_HEX, projectRoot } from './builtin.ts';
import { readPublicKey } from './keys.ts';
import { parseSkillName } from './names.ts';
import { TrustStore } from './trust.ts';
import { OTHER, ROOT, scratch, SIGNER } from './verify.fixture.ts';

afterAll(() => scratch[Symbol.dispose]());

const GOOD = { version: 1, roots: [], revoked: { keys: [], digests: [], publishers: [] }, pins: {} };
const HEX = 'ab'.repeat(32);

function store(content?: unknown): TrustStore {
  return new TrustStore(
    scratch.dir(
      content === undefined ? {} : { 'trust.json': typeof content === 'string' ? content : JSON.stringify(content) },
      'data',
    ),
  );
}

function codeOf(act: () => unknown): string {
  try {
    act();
    return 'accepted';
  } catch (error) {
    return (error as HostError).code;
  }
}

function demo() {
  const name = parseSkillName('demo');
  if (name === undefined) throw new TypeError('demo');
  return name;
}

it('the built-in root is the one in the registry’s folder', () => {
  expect(readPublicKey(join(import.meta.dirname, '../../registry/root.pub'))).toBe(PROJECT_ROOT_HEX);
  expect([...store().roots()]).toEqual([[projectRoot(), 'wirken']]);
});

describe('the trust store', () => {
  it('keeps roots, revocations and pins, mode 0600', () => {
    const trust = store();
    trust.addRoot(ROOT.key, 'mine');
    trust.addRoot(OTHER.key);
    trust.revoke(HEX);
    trust.revoke('Example');
    const pin = { key: SIGNER.key, publisher: 'P', root: ROOT.key, version: '1.0.0' };
    trust.setPin(demo(), pin);
    const again = new TrustStore(join(trust.path, '..'));
    expect([...again.roots()]).toEqual([
      [projectRoot(), 'wirken'],
      [ROOT.key, 'mine'],
      [OTHER.key, OTHER.key.slice(0, 16)],
    ]);
    expect(again.revoked()).toEqual({
      keys: new Set([HEX]),
      digests: new Set([HEX]),
      publishers: new Set(['Example']),
    });
    expect(again.pin(demo())).toEqual(pin);
    expect(statSync(trust.path).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(trust.path, '..')).filter((name) => name.startsWith('.tmp'))).toEqual([]);
  });

  it('answers of now, and with the same objects while nothing changes', () => {
    const trust = store();
    const roots = trust.roots();
    const revoked = trust.revoked();
    expect(trust.roots()).toBe(roots);
    expect(trust.revoked()).toBe(revoked);
    new TrustStore(join(trust.path, '..')).revoke(SIGNER.key);
    expect(trust.revoked().keys.has(SIGNER.key)).toBe(true);
  });

  it('loses none of many changes at once', async () => {
    const trust = store();
    const module = join(import.meta.dirname, 'trust.ts');
    const data = join(trust.path, '..');
    const script = (publisher: string) =>
      `import { TrustStore } from ${JSON.stringify(module)}; const t = new TrustStore(${JSON.stringify(data)}); for (let i = 0; i < 5; i++) t.revoke(${JSON.stringify(publisher)} + i);`;
    const ends = ['a', 'b', 'c'].map(
      (name) =>
        new Promise((resolve) =>
          spawn(process.execPath, ['--input-type=module', '-e', script(name)], { stdio: 'inherit' }).on(
            'exit',
            resolve,
          ),
        ),
    );
    expect(await Promise.all(ends)).toEqual([0, 0, 0]);
    expect(trust.revoked().publishers.size).toBe(15);
  });

  it('removes a root by key or name, never the built-in one', () => {
    const trust = store();
    trust.addRoot(ROOT.key, 'mine');
    expect(trust.removeRoot('mine')).toBe(ROOT.key);
    trust.addRoot(ROOT.key, 'mine');
    trust.removeRoot(ROOT.key);
    expect(trust.roots().size).toBe(1);
    expect(codeOf(() => trust.removeRoot('mine'))).toBe('not-found');
    expect(codeOf(() => trust.removeRoot('wirken'))).toBe('usage');
    expect(codeOf(() => trust.removeRoot(PROJECT_ROOT_HEX))).toBe('usage');
  });

  it.for<[string, (trust: TrustStore) => unknown, string]>([
    ['a root that is no key', (trust) => trust.addRoot('x'), 'key-invalid'],
    ['a weak root', (trust) => trust.addRoot('00'.repeat(32)), 'key-weak'],
    ['a root by the name of the built-in one', (trust) => trust.addRoot(ROOT.key, 'wirken'), 'usage'],
    ['a root by a name that hides text', (trust) => trust.addRoot(ROOT.key, 'a\u200bb'), 'usage'],
    ['a revocation of nothing', (trust) => trust.revoke(''), 'usage'],
    ['a revocation with a line break', (trust) => trust.revoke('a\n'), 'usage'],
  ])('refuses %s', ([, act, code]) => {
    const trust = store();
    expect(codeOf(() => act(trust))).toBe(code);
    expect(readdirSync(join(trust.path, '..'))).not.toContain('trust.json');
  });

  it.for<[string, unknown]>([
    ['nothing', ''],
    ['no JSON', '{'],
    ['a list', '[]'],
    ['another version', { ...GOOD, version: 2 }],
    ['no revocations', { ...GOOD, revoked: undefined }],
    ['revocations without keys', { ...GOOD, revoked: { digests: [], publishers: [] } }],
    ['a revoked key that is none', { ...GOOD, revoked: { keys: ['x'], digests: [], publishers: [] } }],
    ['a key twice', JSON.stringify(GOOD).replace('"roots":[]', '"roots":[],"roots":[]')],
    ['a weak root', { ...GOOD, roots: [{ key: '00'.repeat(32), name: 'x' }] }],
    ['a root without a name', { ...GOOD, roots: [{ key: ROOT.key }] }],
    ['a pin of nothing', { ...GOOD, pins: { demo: {} } }],
    ['a pin of no name', { ...GOOD, pins: { Demo: { key: SIGNER.key } } }],
    ['a pin with a weak key', { ...GOOD, pins: { demo: { key: '00'.repeat(32) } } }],
    ['a pin with a version that is none', { ...GOOD, pins: { demo: { key: SIGNER.key, version: '1' } } }],
    ['bytes that are no text', '\uD800'],
  ])('refuses a file with %s, and does not write over it', ([, content]) => {
    const trust = store(content);
    const before = readFileSync(trust.path);
    for (const act of [() => trust.roots(), () => trust.revoked(), () => trust.pin(demo()), () => trust.revoke(HEX)])
      expect(codeOf(act)).toBe('trust-invalid');
    expect(readFileSync(trust.path)).toEqual(before);
  });

  it('refuses a directory in its place', () => {
    const trust = new TrustStore(scratch.dir({ 'trust.json/x': '' }, 'data'));
    expect(codeOf(() => trust.roots())).toBe('io');
  });

  it('takes a good file written by hand', () => {
    const trust = store(GOOD);
    expect(trust.roots().size).toBe(1);
    writeFileSync(trust.path, JSON.stringify({ ...GOOD, roots: [{ key: ROOT.key, name: 'x' }] }));
    expect(trust.roots().size).toBe(2);
  });
});

it('tells a file that cannot be locked from one that another wirken holds', () => {
  const trust = store(GOOD);
  writeFileSync(join(trust.path, '..', 'trust.busy'), 'junk'.repeat(500));
  expect(codeOf(() => trust.revoke(HEX))).toBe('io');
});
