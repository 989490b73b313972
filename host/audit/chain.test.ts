import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeHex } from '../base/bytes.ts';
import { canonicalJson } from '../base/jcs.ts';
import { payloadHash, payloadText, rowHash } from './chain.ts';
import { commit, commitmentOf, memberAt, pointerTo } from './commitment.ts';
import { headMessage } from './head.ts';

const json = fc.jsonValue({ noUnicodeString: false, maxDepth: 3 });
const wellFormed = fc.string({ unit: 'binary' });

describe('a payload', () => {
  it('is the canonical text of its members', () => {
    const text = payloadText({
      action: 'tool.call',
      actor: 'agent',
      channel: 'cli',
      detail: { z: 1, a: ['é', 1e21, -0, 0.1], arguments: { $c: 'ab' } },
      session: 'cli-1',
      ts: '2026-03-01T10:00:00.000Z',
    });
    expect(text).toBe(
      '{"action":"tool.call","actor":"agent","channel":"cli","detail":{"a":["é",1e+21,0,0.1],"arguments":{"$c":"ab"},"z":1},' +
        '"session":{"full":"cli-1"},"ts":"2026-03-01T10:00:00.000Z"}',
    );
  });

  it('omits a channel that is not there', () => {
    const text = payloadText({ action: 'a', actor: 'b', detail: {}, session: 's', ts: 't' });
    expect(text).toBe('{"action":"a","actor":"b","detail":{},"session":{"full":"s"},"ts":"t"}');
  });

  it('reads back as what was written, whatever the order of its members', () => {
    fc.assert(
      fc.property(fc.dictionary(wellFormed, json), wellFormed, (detail, session) => {
        const members = { action: 'a', actor: 'b', session, ts: 't' };
        const turned = Object.fromEntries(Object.entries(detail).toReversed());
        const text = payloadText({ ...members, detail: detail as never });
        expect(payloadText({ ...members, detail: turned as never })).toBe(text);
        expect(text).toBe(canonicalJson({ ...members, session: { full: session }, detail: detail as never }));
        const channel = session;
        expect(payloadText({ ...members, channel, detail: detail as never })).toBe(
          canonicalJson({ ...members, channel, session: { full: session }, detail: detail as never }),
        );
        // JSON has no -0.
        expect(JSON.parse(text)).toEqual(
          JSON.parse(JSON.stringify({ ...members, session: { full: session }, detail })),
        );
      }),
    );
  });
});

describe('hashes', () => {
  it('are those of the definition', () => {
    fc.assert(
      fc.property(wellFormed, wellFormed, (first, second) => {
        const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
        const [a, b] = [sha256(Buffer.from(first)), sha256(Buffer.from(second))];
        expect([payloadHash(first), payloadHash(second)]).toEqual([a, b]);
        const start = sha256(Buffer.from(a, 'ascii'));
        expect(rowHash('', a)).toBe(start);
        expect(rowHash(start, b)).toBe(sha256(Buffer.concat([Buffer.from(start), Buffer.from(b)])));
      }),
    );
  });
});

describe('a commitment', () => {
  it('binds the canonical value and the salt', () => {
    const salt = new Uint8Array(32).fill(7);
    const expected = createHash('sha256').update(salt).update('{"a":1,"b":[true]}').digest('hex');
    expect(commit({ b: [true], a: 1 }, salt)).toBe(expected);
    expect(commit({ b: [true], a: 1 }, new Uint8Array(32).fill(8))).not.toBe(expected);
    expect(() => commit(null, new Uint8Array(31))).toThrow(TypeError);
  });

  it.for([
    ['a commitment', { $c: 'ab' }, 'ab'],
    ['no string', { $c: 1 }, undefined],
    ['a further member', { $c: 'ab', d: 1 }, undefined],
    ['no object', ['$c'], undefined],
    ['null', null, undefined],
  ] as const)('tells %s from a member in the clear', ([, member, expected]) => {
    expect(commitmentOf(member)).toBe(expected);
  });

  it('has a pointer for every name', () => {
    expect(pointerTo('a/b~c')).toBe('/detail/a~1b~0c');
    fc.assert(
      fc.property(fc.string(), (name) => {
        expect(memberAt(pointerTo(name))).toBe(name);
      }),
    );
    expect(memberAt('/detail/a/b')).toBeUndefined();
    expect(memberAt('/session/full')).toBeUndefined();
  });
});

describe('the message of a head', () => {
  const range = { session: 'sé', firstSeq: 1, lastSeq: 258, prevHash: '', hash: 'ab'.repeat(32) };

  it('is laid out as the format says', () => {
    const domain = Buffer.from('wirken/audit-head/v1\0').toString('hex');
    const fixed = `${domain}0300000073c3a901000000000000000201000000000000`;
    expect(encodeHex(headMessage(range))).toBe(`${fixed}${'00'.repeat(32)}${'ab'.repeat(32)}`);
    expect(encodeHex(headMessage({ ...range, prevHash: 'cd'.repeat(32) }))).toBe(
      `${fixed}${'cd'.repeat(32)}${'ab'.repeat(32)}`,
    );
  });

  it('differs for any two stretches', () => {
    const hex = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(encodeHex);
    const stretch = fc.record({
      session: fc.string({ maxLength: 4 }),
      firstSeq: fc.integer({ min: 1 }),
      lastSeq: fc.integer({ min: 1 }),
      prevHash: hex,
      hash: hex,
    });
    fc.assert(
      fc.property(stretch, stretch, (a, b) => {
        const same = encodeHex(headMessage(a)) === encodeHex(headMessage(b));
        expect(same).toBe(JSON.stringify(a) === JSON.stringify(b));
      }),
    );
  });

  it.for([
    ['a sequence number of 0', { firstSeq: 0 }],
    ['one that is not safe', { lastSeq: 2 ** 53 }],
    ['a short hash', { hash: 'ab' }],
    ['an uppercase hash', { hash: 'AB'.repeat(32) }],
    ['a previous hash that is none', { prevHash: 'x' }],
  ] as const)('refuses %s', ([, wrong]) => {
    expect(() => headMessage({ ...range, ...wrong })).toThrow(TypeError);
  });
});
