import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import type { ProgressEvent } from './call.ts';
import { cappedSink, memorySource, progressSplitter, tailSink } from './stdio.ts';
import type { ByteSink } from './world.ts';

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

function writeInChunks(sink: ByteSink, content: string, chunks: readonly number[]): void {
  const bytes = Buffer.from(content);
  let at = 0;
  for (const chunk of [...chunks, bytes.length]) {
    sink.write(bytes.subarray(at, at + chunk));
    at += chunk;
  }
}

const chunks = fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 30 });

it('a source gives its bytes once, in any pieces', () => {
  const source = memorySource(Buffer.from('hello'));
  const into = new Uint8Array(3);
  expect([source.read(into), text(into)]).toEqual([3, 'hel']);
  expect(source.read(new Uint8Array(0))).toBe(0);
  expect(source.read(into)).toBe(2);
  expect(source.read(into)).toBe(0);
});

it('a capped sink keeps what fits and stops the guest again and again', () => {
  const sink = cappedSink(5, 'output');
  sink.write(Buffer.from('hel'));
  sink.write(Buffer.from('lo'));
  sink.write(new Uint8Array(0));
  for (const more of ['!', '!!']) {
    expect(() => sink.write(Buffer.from(more))).toThrow(expect.objectContaining({ limit: 'output' }));
  }
  expect(text(sink.bytes())).toBe('hello');
  const partly = cappedSink(4, 'output');
  expect(() => partly.write(Buffer.from('hello'))).toThrow(expect.objectContaining({ limit: 'output' }));
  expect(text(partly.bytes())).toBe('hell');
});

it('a capped sink does not keep the caller’s buffer', () => {
  const sink = cappedSink(10, 'output');
  const bytes = Buffer.from('abc');
  sink.write(bytes);
  bytes.fill(0);
  expect(text(sink.bytes())).toBe('abc');
});

it('a tail sink keeps the last bytes, however they come', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme-ascii', maxLength: 300 }),
      chunks,
      fc.integer({ min: 0, max: 40 }),
      (content, sizes, max) => {
        const sink = tailSink(max);
        writeInChunks(sink, content, sizes);
        expect(text(sink.bytes())).toBe(max === 0 ? '' : content.slice(-max));
        expect(sink.cut()).toBe(content.length > max);
      },
    ),
  );
});

function split(content: string, sizes: readonly number[] = []): { events: ProgressEvent[]; rest: string } {
  const events: ProgressEvent[] = [];
  const rest = cappedSink(1 << 20, 'output');
  const sink = progressSplitter({ maxEvents: 100, onProgress: (event) => events.push(event), rest });
  writeInChunks(sink, content, sizes);
  sink.end();
  return { events, rest: text(rest.bytes()) };
}

it.for([
  ['{"progress":{"done":3,"total":10,"message":""}}', { done: 3, total: 10, message: '' }],
  ['{"progress":{"done":0}}', { done: 0 }],
  ['{ "progress" : { "message" : "é", "done" : 1.5 } }', { done: 1.5, message: 'é' }],
  ['{"progress":{"done":1}}\r', { done: 1 }],
] as const)('takes %s as progress', ([line, event]) => {
  expect(split(`before\n${line}\nafter`)).toEqual({ events: [event], rest: 'before\nafter' });
  expect(split(line)).toEqual({ events: [event], rest: '' });
});

it.for([
  'plain text',
  '',
  '{',
  '{"progress":1}',
  '{"progress":null}',
  '{"progress":[]}',
  '{"progress":{}}',
  '{"progress":{"done":-1}}',
  '{"progress":{"done":1e999}}',
  '{"progress":{"done":"1"}}',
  '{"progress":{"done":null}}',
  '{"progress":{"done":1,"total":-1}}',
  '{"progress":{"done":1,"total":"2"}}',
  '{"progress":{"done":1,"message":2}}',
  '{"progress":{"done":1,"more":2}}',
  '{"progress":{"done":1},"more":2}',
  '{"progress":{"done":1,"__proto__":2}}',
  '[{"progress":{"done":1}}]',
  ' {"progress":{"done":1}}',
  '{"progress":{"done":1}} trailing',
  `{"progress":{"done":1,"message":"${'x'.repeat(5000)}"}}`,
])('passes on as it is: %s', (line) => {
  expect(split(`${line}\n`)).toEqual({ events: [], rest: `${line}\n` });
  expect(split(line)).toEqual({ events: [], rest: line });
});

it('passes on bytes that are no UTF-8', () => {
  const rest = cappedSink(100, 'output');
  const sink = progressSplitter({ maxEvents: 1, onProgress: () => {}, rest });
  const line = Buffer.concat([
    Buffer.from('{"progress":{"done":1,"message":"'),
    Buffer.from([0xff]),
    Buffer.from('"}}\n'),
  ]);
  sink.write(line);
  expect(Buffer.from(rest.bytes())).toEqual(line);
});

it('splits the same however the bytes come', () => {
  const line = fc.constantFrom(
    '{"progress":{"done":1}}',
    '{"progress":{"done":2,"message":"x"}}',
    '{"no":1}',
    'log',
    '',
    '{'.repeat(4097),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 8 }), chunks, fc.boolean(), (lines, sizes, ended) => {
      const content = lines.join('\n') + (ended ? '\n' : '');
      expect(split(content, sizes)).toEqual(split(content));
    }),
  );
});

it('stops the guest at one event more than its limit', () => {
  let events = 0;
  const sink = progressSplitter({ maxEvents: 2, onProgress: () => events++, rest: tailSink(10) });
  const line = Buffer.from('{"progress":{"done":1}}\n');
  sink.write(line);
  sink.write(line);
  for (let again = 0; again < 2; again++) {
    expect(() => sink.write(line)).toThrow(expect.objectContaining({ limit: 'progress-events' }));
  }
  expect(events).toBe(2);
});
