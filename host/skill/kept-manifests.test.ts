import fc from 'fast-check';
import {
  chmodSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { encodeUtf8 } from '../base/bytes.ts';
import { KeptManifests, keptIn, MAX_KEPT_MANIFESTS, parsesManifests } from './kept-manifests.ts';
import { parseManifest } from './manifest.ts';
import { decodeManifest, encodeManifest } from './manifest/kept-form.ts';
import { codeOf, good, judge, scratch, signBlindly, skillMd } from './verify.fixture.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const PARSER = 'parser 1';

let root = '';
let dir = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'wirken-kept-'));
  dir = join(root, 'manifest');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function textOf(...lines: readonly string[]): Uint8Array {
  return encodeUtf8(skillMd(...lines));
}

function only(): string {
  const [name = '', ...more] = readdirSync(dir);
  expect(more).toEqual([]);
  return join(dir, name);
}

/** Rewrites what is kept so that it can be told from what is parsed, with a digest that fits. */
function forge(change: (text: string) => string): void {
  const text = change(readFileSync(only(), 'utf8').split('\n').slice(1).join('\n'));
  writeFileSync(only(), `${sha256(text)}\n${text}`);
}

function sha256(text: string): string {
  return process.getBuiltinModule('node:crypto').hash('sha256', text, 'hex');
}

const mark = (text: string): string => text.replace('A skill of a test', 'as it was kept');

describe('a kept manifest', () => {
  it('is asked before the text is parsed, by another process as well', () => {
    const parsed = new KeptManifests(dir, PARSER).of(textOf(), 'demo');
    expect(parsed).toStrictEqual(parseManifest(textOf(), 'demo'));
    expect(statSync(dir).mode & 0o777).toBe(0o700);
    expect(statSync(only()).mode & 0o777).toBe(0o600);
    expect(new KeptManifests(dir, PARSER).of(textOf(), 'demo')).toStrictEqual(parsed);
    forge(mark);
    expect(new KeptManifests(dir, PARSER).of(textOf(), 'demo').description).toBe('as it was kept');
  });

  it.for<readonly [why: string, spoil: () => void, md: Uint8Array, name: string, parser: string]>([
    ['the text is another', () => undefined, textOf('license: MIT'), 'demo', PARSER],
    [
      'the directory has another name',
      () => undefined,
      encodeUtf8('---\ndescription: A skill of a test\n---\n'),
      'other',
      PARSER,
    ],
    ['another parser reads it', () => undefined, textOf(), 'demo', 'parser 2'],
    ['others may write there', () => chmodSync(dir, 0o770), textOf(), 'demo', PARSER],
    [
      'a byte has changed',
      () => writeFileSync(only(), readFileSync(only(), 'utf8').replace('kept', 'sept')),
      textOf(),
      'demo',
      PARSER,
    ],
    ['it is torn', () => writeFileSync(only(), readFileSync(only(), 'utf8').slice(0, -1)), textOf(), 'demo', PARSER],
    ['it is empty', () => writeFileSync(only(), ''), textOf(), 'demo', PARSER],
    ['it is of another skill', () => forge((text) => text.replace('"demo"', '"else"')), textOf(), 'demo', PARSER],
    ['it has a key too many', () => forge((text) => text.replace('{', '{"more":1,')), textOf(), 'demo', PARSER],
    ['it lacks a key', () => forge((text) => text.replace('"warnings":[]', '"x":[]')), textOf(), 'demo', PARSER],
    [
      'it names a prototype',
      () => forge((text) => text.replace('"metadata":{', '"metadata":{"__proto__":1')),
      textOf(),
      'demo',
      PARSER,
    ],
    [
      'it is too large',
      () => forge((text) => text.replace('# Body', 'x'.repeat(1024 * 1024))),
      textOf(),
      'demo',
      PARSER,
    ],
    ['it is a link', () => link(), textOf(), 'demo', PARSER],
  ])('is passed over when %s', ([, spoil, md, name, parser]) => {
    new KeptManifests(dir, PARSER).of(name === 'other' ? md : textOf(), 'demo');
    forge(mark);
    expect(new KeptManifests(dir, PARSER).of(name === 'other' ? md : textOf(), 'demo').description).toBe(
      'as it was kept',
    );
    spoil();
    expect(new KeptManifests(dir, parser).of(md, name)).toStrictEqual(parseManifest(md, name));
  });

  function link(): void {
    const elsewhere = join(root, 'elsewhere');
    const path = only();
    renameSync(path, elsewhere);
    symlinkSync(elsewhere, path);
  }

  it('is nothing without its directory', () => {
    writeFileSync(dir, '');
    expect(new KeptManifests(dir, PARSER).of(textOf(), 'demo').name).toBe('demo');
    expect(keptIn(root)).toBe(parsesManifests);
  });

  it('is not made of a text that does not parse', () => {
    expect(() => new KeptManifests(dir, PARSER).of(textOf('limits: 1'), 'demo')).toThrow(/limits/);
    expect(existsSync(dir)).toBe(false);
  });

  it('gives way to newer ones, the oldest first', () => {
    mkdirSync(dir, { mode: 0o700 });
    for (let age = 0; age < MAX_KEPT_MANIFESTS + 3; age++) {
      writeFileSync(join(dir, `${age}.json`), '');
      utimesSync(join(dir, `${age}.json`), 1_000 - age, 1_000 - age);
    }
    new KeptManifests(dir, PARSER).of(textOf(), 'demo');
    const names = readdirSync(dir);
    expect(names.length).toBe(MAX_KEPT_MANIFESTS);
    expect(names).toContain('0.json');
    expect(names).not.toContain(`${MAX_KEPT_MANIFESTS}.json`);
  });

  it('does not speak for a text whose signature is not good', () => {
    const bundle = good();
    const manifests = new KeptManifests(dir, PARSER);
    expect(codeOf(judge(bundle, { manifests }))).toBe('self-signed');
    const kept = readFileSync(only());
    writeFileSync(join(bundle, 'SKILL.sig'), '0'.repeat(128));
    expect(codeOf(judge(bundle, { manifests }))).toBe('signature-invalid');
    expect(readFileSync(only())).toEqual(kept);
    const asked: string[] = [];
    const spy = { of: (_: Uint8Array, name: string) => (asked.push(name), parseManifest(_, name)) };
    expect(codeOf(judge(bundle, { manifests: spy }))).toBe('signature-invalid');
    expect(asked).toEqual([]);
    expect(codeOf(judge(signBlindly(scratch.dir({ 'SKILL.md': skillMd('limits: 1') })), { manifests }))).toBe(
      'manifest-invalid',
    );
  });
});

describe('the form that is kept', () => {
  const paths = ['skills/*/SKILL.md', 'test-skills/**/SKILL.md'].flatMap((pattern) => globSync(pattern, { cwd: ROOT }));

  it.for(paths)('says all of %s', (path) => {
    const manifest = parseManifest(new Uint8Array(readFileSync(join(ROOT, path))), basename(dirname(path)));
    const text = encodeManifest(manifest);
    // One of them tries what comes of that name, and is parsed every time.
    if (JSON.stringify(manifest).includes('__proto__')) {
      expect(text).toBeUndefined();
      return;
    }
    expect(text).toBeDefined();
    expect(decodeManifest(text ?? '')).toStrictEqual(manifest);
    expect([...(decodeManifest(text ?? '')?.integrity ?? [])]).toEqual([...(manifest.integrity ?? [])]);
  });

  it('says all of any manifest, or does not say it', () => {
    const word = fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme' });
    const tool = fc.record(
      {
        name: fc.stringMatching(/^[a-z][a-z0-9_-]{0,8}$/),
        description: word,
        parameters: fc.constant({ type: 'object', properties: { a: { default: -0 }, '1': {}, '0': { const: 1e300 } } }),
        output: fc.constant({ type: 'object' }),
        display: fc.constant('/a'),
        annotations: fc.record({ 'read-only': fc.boolean() }),
      },
      { requiredKeys: ['name', 'description', 'parameters', 'output'] },
    );
    const frontmatter = fc.record(
      {
        description: word,
        version: fc.constant('1.2.3-a.1'),
        license: word,
        compatibility: word,
        metadata: fc.dictionary(word, fc.jsonValue()),
        'allowed-tools': fc.array(word, { maxLength: 3 }),
        'disable-model-invocation': fc.boolean(),
        'user-invocable': fc.boolean(),
        'argument-hint': word,
        tools: fc.uniqueArray(tool, { selector: ({ name }) => name, maxLength: 3 }),
        permissions: fc.record({
          filesystem: fc.record({ read: fc.constant(['src/**']) }),
          env: fc.constant(['HOME']),
        }),
        limits: fc.record({ time: fc.constant('3s') }),
        integrity: fc.constant({}),
        unknown: word,
      },
      { requiredKeys: ['description'] },
    );
    let said = 0;
    fc.assert(
      fc.property(frontmatter, fc.string(), (front, body) => {
        const md = encodeUtf8(`---\n${stringify(front)}---\n${body}`);
        let manifest;
        try {
          manifest = parseManifest(md, 'demo');
        } catch {
          return;
        }
        const text = encodeManifest(manifest);
        if (text === undefined) return;
        said++;
        // Not vitest's: that takes a key called `constructor` for the class of what holds it.
        expect(isDeepStrictEqual(decodeManifest(text), manifest)).toBe(true);
      }),
      { numRuns: 400 },
    );
    expect(said).toBeGreaterThan(100);
  });

  it.for(['', 'null', '[]', '{}', '1', '{"name":"demo"}'])('is not %s', (text) => {
    expect(decodeManifest(text)).toBeUndefined();
  });

  it('reads nothing that it would not write', () => {
    const text =
      encodeManifest(parseManifest(textOf('tools: [{name: t, description: d, parameters: {type: object}}]'), 'demo')) ??
      '';
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.constantFrom('', '0', 'null', '"', '[]', '{}', 'true'), (at, put) => {
        const decoded = decodeManifest(text.slice(0, at) + put + text.slice(at + 1));
        if (decoded !== undefined) expect(decodeManifest(encodeManifest(decoded) ?? '')).toStrictEqual(decoded);
      }),
    );
  });
});
