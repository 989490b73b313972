import { assert, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeUtf8 } from '../base/bytes.ts';
import { HostError } from '../base/error.ts';
import { projectRoot } from './builtin.ts';
import { checkDelegation, coversName, delegate, delegateBare, parseDelegation } from './delegation.ts';
import { parseDelegationRequest, requestDelegation } from './delegation-request.ts';
import { parsePublicKey } from './ed25519.ts';
import { parseSkillName } from './names.ts';
import { strictJson } from './strict-json.ts';
import { NOW, OTHER, ROOT, ROOTS, SIGNER, TERMS, V2 } from './verify.fixture.ts';

const DEMO = skillName('demo');
const SIG = 'ab'.repeat(64);

function skillName(text: string) {
  const name = parseSkillName(text);
  if (name === undefined) throw new TypeError(text);
  return name;
}

function codeOf(act: () => unknown): string {
  try {
    act();
    return 'accepted';
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    return error.code;
  }
}

/** A delegation with other members than it should have; the root never signed it. */
function forged(change: (members: Record<string, unknown>) => void): string {
  const members = JSON.parse(V2) as Record<string, unknown>;
  change(members);
  return JSON.stringify(members);
}

describe('parseDelegation', () => {
  it('reads what delegate writes, in any order of members, with a newline or without', () => {
    const { sig, ...rest } = JSON.parse(V2) as Record<string, unknown>;
    for (const text of [
      V2,
      V2.trimEnd(),
      JSON.stringify({ sig, ...rest }),
      JSON.stringify({ sig, ...rest }).replaceAll(',', ' , '),
    ]) {
      const delegation = parseDelegation(encodeUtf8(text));
      expect(delegation).toMatchObject({ kind: 'v2', terms: TERMS });
      expect(checkDelegation(delegation, SIGNER.key, DEMO, ROOTS, Date.parse(NOW)).publisher).toBe('Example');
    }
  });

  it('reads the project root’s own delegation of the signer of the bundled skills', () => {
    const text =
      '{"key":"326671e090af98c8fba70055d03f4c65a28328df6eb6ff3f8d7d5266acb9628a","names":["*"],"not_after":"2031-11-20T00:00:00.000Z","not_before":"2026-11-20T00:00:00.000Z","publisher":"wirken","serial":1,"sig":"5c8128cf2007875039edc10926c2c2bc1a5aa1c3b1ba0b9856eba36bb43bc0caad659a98a6739042bf50e85d929368f8eb588d2167bc15a651519702a614ad0c","v":2}';
    const key = parsePublicKey('326671e090af98c8fba70055d03f4c65a28328df6eb6ff3f8d7d5266acb9628a');
    const roots = new Map([[projectRoot(), 'wirken']]);
    const delegated = checkDelegation(
      parseDelegation(encodeUtf8(text)),
      key,
      DEMO,
      roots,
      Date.parse('2027-01-01T00:00:00Z'),
    );
    expect(delegated).toEqual({ root: projectRoot(), rootName: 'wirken', publisher: 'wirken', serial: 1 });
  });

  it.for<[string, string]>([
    ['nothing', ''],
    ['a short signature', SIG.slice(2)],
    ['a signature in capitals', SIG.toUpperCase()],
    ['two newlines', `${SIG}\n\n`],
    ['CRLF', `${SIG}\r\n`],
    ['two lines of JSON', V2.replace(',', ',\n')],
    ['a line before', `\n${V2}`],
    ['a list', '[]'],
    ['half of it', V2.slice(0, 90)],
    ['more behind it', `${V2.trimEnd()}{}`],
    ['a key twice', V2.replace('{', '{"serial":9,')],
    ['a key twice, once escaped', V2.replace('{', '{"seri\\u0061l":9,')],
    ['a member too many', forged((m) => (m['x'] = 1))],
    ['a member too few', forged((m) => delete m['serial'])],
    ['version 1', forged((m) => (m['v'] = 1))],
    ['version "2"', forged((m) => (m['v'] = '2'))],
    ['a signature that is none', forged((m) => (m['sig'] = 'x'))],
    ['a key that is none', forged((m) => (m['key'] = 'x'))],
    ['a weak key', forged((m) => (m['key'] = '00'.repeat(32)))],
    ['no names', forged((m) => (m['names'] = []))],
    ['names that are a text', forged((m) => (m['names'] = '*'))],
    ['a name that is none', forged((m) => (m['names'] = ['Demo']))],
    ['a star in the middle', forged((m) => (m['names'] = ['d*o']))],
    ['a star without a dash', forged((m) => (m['names'] = ['demo*']))],
    ['two stars', forged((m) => (m['names'] = ['demo-**']))],
    ['257 names', forged((m) => (m['names'] = Array(257).fill('a')))],
    ['a time without milliseconds', forged((m) => (m['not_after'] = '2027-01-01T00:00:00Z'))],
    ['a time in another zone', forged((m) => (m['not_after'] = '2027-01-01T00:00:00.000+01:00'))],
    ['a day that is none', forged((m) => (m['not_after'] = '2027-02-30T00:00:00.000Z'))],
    ['a time that is a number', forged((m) => (m['not_before'] = 0))],
    ['an end before its beginning', forged((m) => (m['not_after'] = '2025-01-01T00:00:00.000Z'))],
    ['an empty publisher', forged((m) => (m['publisher'] = ''))],
    ['a publisher that is a key', forged((m) => (m['publisher'] = SIGNER.key))],
    ['a publisher that hides text', forged((m) => (m['publisher'] = 'a\u202eb'))],
    ['a publisher with a line break', forged((m) => (m['publisher'] = 'a\nb'))],
    ['a serial that is no whole number', forged((m) => (m['serial'] = 1.5))],
    ['a negative serial', forged((m) => (m['serial'] = -1))],
    ['a serial that is a text', forged((m) => (m['serial'] = '1'))],
    ['64 KiB and more', `{${' '.repeat(65_536)}`],
  ])('refuses %s', ([, text]) => {
    expect(codeOf(() => parseDelegation(encodeUtf8(text)))).toBe('delegation-invalid');
  });

  it('refuses or reads whatever comes', () => {
    assert(
      property(string({ unit: 'binary', maxLength: 200 }), (text) => {
        expect(['accepted', 'delegation-invalid']).toContain(
          codeOf(() => parseDelegation(encodeUtf8(text.toWellFormed()))),
        );
        expect(['accepted', 'delegation-invalid']).toContain(
          codeOf(() => parseDelegation(encodeUtf8(V2.replace('Example', text.toWellFormed())))),
        );
      }),
    );
  });
});

describe('checkDelegation', () => {
  it.for(['key', 'names', 'not_after', 'not_before', 'publisher', 'serial'])('binds %s', (member) => {
    const others: Record<string, unknown> = {
      key: OTHER.key,
      names: ['*'],
      not_after: '2028-01-01T00:00:00.000Z',
      not_before: '2020-01-01T00:00:00.000Z',
      publisher: 'B',
      serial: 2,
    };
    const text = forged((m) => (m[member] = others[member]));
    const key = member === 'key' ? OTHER.key : SIGNER.key;
    expect(codeOf(() => checkDelegation(parseDelegation(encodeUtf8(text)), key, DEMO, ROOTS, Date.parse(NOW)))).toBe(
      'delegation-invalid',
    );
  });

  it('does not take a bare signature for a version 2 one, or the other way round', () => {
    const bare = delegateBare(ROOT.bytes, SIGNER.key).trim();
    const text = forged((m) => (m['sig'] = bare));
    expect(
      codeOf(() => checkDelegation(parseDelegation(encodeUtf8(text)), SIGNER.key, DEMO, ROOTS, Date.parse(NOW))),
    ).toBe('delegation-invalid');
    const sig = String((JSON.parse(V2) as Record<string, unknown>)['sig']);
    expect(
      codeOf(() => checkDelegation(parseDelegation(encodeUtf8(sig)), SIGNER.key, DEMO, ROOTS, Date.parse(NOW))),
    ).toBe('delegation-invalid');
  });

  it.for<[readonly string[], string, boolean]>([
    [['*'], 'demo', true],
    [['demo'], 'demo', true],
    [['demo'], 'demos', false],
    [['demo-*'], 'demo-x', true],
    [['demo-*'], 'demo-', true],
    [['demo-*'], 'demo', false],
    [['demo-*'], 'demox', false],
    [['a', 'b-*'], 'b-c', true],
    [[], 'demo', false],
  ])('%j over %s: %s', ([names, name, covers]) => {
    expect(coversName(names, skillName(name))).toBe(covers);
  });
});

describe('delegate', () => {
  it.for<[string, () => unknown, string]>([
    ['the root itself', () => delegate(ROOT.bytes, { ...TERMS, key: ROOT.key }), 'key-is-root'],
    ['the root itself, bare', () => delegateBare(ROOT.bytes, ROOT.key), 'key-is-root'],
    ['no names', () => delegate(ROOT.bytes, { ...TERMS, names: [] }), 'delegation-invalid'],
    ['a time of another form', () => delegate(ROOT.bytes, { ...TERMS, notAfter: '2027' }), 'delegation-invalid'],
  ])('refuses %s', ([, act, code]) => {
    expect(codeOf(act)).toBe(code);
  });
});

describe('a request for a delegation', () => {
  const request = requestDelegation(SIGNER.bytes, ROOT.key);

  it('shows that its key wants this root', () => {
    expect(parseDelegationRequest(encodeUtf8(request), ROOT.key)).toBe(SIGNER.key);
  });

  it.for<[string, string]>([
    ['another key', request.replace(SIGNER.key, OTHER.key)],
    ['a root of its own choice', requestDelegation(SIGNER.bytes, OTHER.key)],
    ['that root by name alone', requestDelegation(SIGNER.bytes, OTHER.key).replace(OTHER.key, ROOT.key)],
    ['a member too many', request.replace('{', '{"x":1,')],
    ['a key twice', request.replace('{', `{"key":"${OTHER.key}",`)],
    ['nothing', ''],
  ])('does not take %s', ([, text]) => {
    expect(codeOf(() => parseDelegationRequest(encodeUtf8(text), ROOT.key))).toBe('delegation-invalid');
  });
});

describe('strictJson', () => {
  it.for([
    '{"a":1,"a":2}',
    '{"a":{"b":1,"b":1}}',
    '{"a":[{"b":1,"\\u0062":1}]}',
    '{"__proto__":{}}',
    '{"a":":","a":1}',
    '[1]',
    '1',
    'null',
    '{',
  ])('%s is none', (text) => {
    expect(strictJson(text)).toBeUndefined();
  });

  it.for(['{}', '{"a":"\\",\\"a\\":"}', '{"a":[{"a":1},{"a":2}],"b":{"a":1}}', '{"a":"{","b":"}"}'])(
    '%s is one',
    (text) => {
      expect(strictJson(text)).toEqual(JSON.parse(text));
    },
  );
});
