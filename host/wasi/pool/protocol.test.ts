import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameReader } from './frames.ts';
import { parseProgress } from './progress.ts';
import { decodeEnd, encodeEnd, FROM_RUNNER, MAX_INLINE_JOURNAL_BYTES, type RunnerEnd } from './protocol.ts';
import { Tail } from './tail.ts';

const frame = (kind: number, body: Uint8Array): Buffer => {
  const head = Buffer.alloc(5);
  head.writeUInt32LE(body.length);
  head[4] = kind;
  return Buffer.concat([head, body]);
};

describe('frames', () => {
  it('come out the same however they are cut', () => {
    const kinds = fc.constantFrom(...Object.values(FROM_RUNNER));
    const frames = fc.array(fc.tuple(kinds, fc.uint8Array({ maxLength: 40 })), { maxLength: 10 });
    fc.assert(
      fc.property(frames, fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1 }), (frames, cuts) => {
        const bytes = Buffer.concat(frames.map(([kind, body]) => frame(kind, body)));
        const got: (readonly [number, number[]])[] = [];
        const reader = new FrameReader(
          () => 40,
          (kind, body) => got.push([kind, [...body]]),
        );
        for (let at = 0, index = 0; at < bytes.length; index += 1) {
          const next = at + (cuts[index % cuts.length] ?? 1);
          expect(reader.push(bytes.subarray(at, next))).toBe(true);
          at = next;
        }
        expect(got).toEqual(frames.map(([kind, body]) => [kind, [...body]]));
      }),
    );
  });

  it.for([
    ['too long by one byte', frame(FROM_RUNNER.end, Buffer.alloc(41)).subarray(0, 5)],
    ['of four gigabytes', Buffer.from([0xff, 0xff, 0xff, 0xff, FROM_RUNNER.end])],
    ['of no kind', frame(0, Buffer.alloc(1))],
    ['of an unknown kind', frame(8, Buffer.alloc(1))],
  ] as const)('are refused by their head if %s', ([, bytes]) => {
    const reader = new FrameReader(
      () => 40,
      () => undefined,
    );
    expect(reader.push(bytes)).toBe(false);
  });
});

describe('an end', () => {
  it('comes back as it was sent', () => {
    const rest = { memoryBytes: 65_536, stderrCut: true, stdout: Buffer.from('out') };
    const ends: RunnerEnd[] = [
      { kind: 'exited', code: 0xffff_ffff, ...rest },
      { kind: 'limit', limit: 'call-depth', message: 'ü', ...rest },
      { kind: 'trap', message: '', ...rest },
      { kind: 'refused', message: 'x'.repeat(2048), ...rest },
      { kind: 'diverged', position: 7, message: 'elsewhere', ...rest },
      { kind: 'exited', code: 0, ...rest, journal: { kind: 'kept', bytes: Buffer.from('a journal') } },
      { kind: 'exited', code: 0, ...rest, journal: { kind: 'kept', bytes: Buffer.alloc(MAX_INLINE_JOURNAL_BYTES) } },
      { kind: 'trap', message: 'ü', ...rest, journal: { kind: 'too-large' } },
      { kind: 'trap', message: '', ...rest, journal: { kind: 'sent' } },
    ];
    for (const end of ends) expect(decodeEnd(encodeEnd(end))).toEqual(end);
  });

  it('says nothing that acts on a terminal', () => {
    const trap = {
      kind: 'trap',
      message: '\x1b[2Jgone',
      memoryBytes: 0,
      stderrCut: false,
      stdout: Buffer.alloc(0),
    } as const;
    expect(decodeEnd(encodeEnd(trap))).toMatchObject({ message: '\\x1b[2Jgone' });
  });

  it.for<[string, (bytes: Buffer) => void]>([
    ['of no journal there is', (bytes) => (bytes[15] = 4)],
    ['with bytes of a journal that was sent before', (bytes) => (bytes[15] = 3)],
    ['with a journal that is longer than all of it', (bytes) => bytes.writeUInt16LE(1000, 18)],
    ['with a message that is longer than all of it', (bytes) => bytes.writeUInt16LE(1000, 16)],
  ])('is none %s', ([, change]) => {
    const journal = { kind: 'kept', bytes: Buffer.from('journal') } as const;
    const rest = { memoryBytes: 0, stderrCut: false, stdout: Buffer.from('out') };
    const bytes = encodeEnd({ kind: 'trap', message: 'm', ...rest, journal });
    expect(decodeEnd(bytes)).toBeDefined();
    change(bytes);
    expect(decodeEnd(bytes)).toBe(undefined);
  });

  it('is refused or well-formed, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        const end = decodeEnd(Buffer.from(bytes));
        if (end === undefined) return;
        expect(['exited', 'limit', 'trap', 'refused', 'diverged']).toContain(end.kind);
        expect(Number.isSafeInteger(end.memoryBytes) && end.memoryBytes >= 0).toBe(true);
      }),
    );
  });
});

it.for([
  ['{"done":1}', { done: 1 }],
  ['{"done":1,"total":2,"message":"m","more":1}', { done: 1, total: 2, message: 'm' }],
  ['{"done":-1}', undefined],
  ['{"done":"1"}', undefined],
  ['{"done":1,"message":{}}', undefined],
  ['null', undefined],
  ['{', undefined],
] as const)('reads progress %s', ([text, expected]) => {
  expect(parseProgress(Buffer.from(text))).toEqual(expected);
});

it('keeps exactly the tail', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 30 })), fc.integer({ min: 0, max: 50 }), (parts, most) => {
      const tail = new Tail(most);
      for (const part of parts) tail.push(part);
      const whole = Buffer.concat(parts);
      expect([...tail.bytes]).toEqual([...whole.subarray(Math.max(0, whole.length - most))]);
      expect(tail.cut).toBe(whole.length > most);
    }),
  );
});
