import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { DeadLetters } from './dead-letters.ts';
import { type ForwardState, StateFile } from './state-file.ts';
import { testData } from './testing-log.ts';

const at = '2026-03-01T12:00:00.000Z';
const whole: ForwardState = {
  cursor: { id: 7, hash: 'a'.repeat(64) },
  sent: 6,
  dead: 1,
  lastSuccess: at,
  trouble: { kind: 'retry', at, reason: 'down', nextTry: at },
};

it('comes back as it was written, mode 0600, with nothing left beside it', () => {
  using data = testData();
  const file = new StateFile(join(data.dataDir, 'x.json'));
  expect(file.read()).toBeUndefined();
  for (const state of [whole, { cursor: { id: 0, hash: '' }, sent: 0, dead: 0 }]) {
    file.write(state);
    expect(file.read()).toEqual(state);
  }
  expect(statSync(file.path).mode & 0o777).toBe(0o600);
  expect(readdirSync(data.dataDir)).toEqual(['x.json']);
});

it('cuts a reason that it could not read back', () => {
  using data = testData();
  const file = new StateFile(join(data.dataDir, 'x.json'));
  file.write({ ...whole, trouble: { kind: 'refused', at, reason: 'x'.repeat(10_000), nextTry: at } });
  expect(file.read()?.trouble?.reason).toHaveLength(4096);
});

it.for([
  [''],
  ['{'],
  ['null'],
  ['{"v":2}'],
  [`{"v":1,"cursor":{"id":-1,"hash":""},"sent":0,"dead":0}`],
  [`{"v":1,"cursor":{"id":1,"hash":"zz"},"sent":0,"dead":0}`],
  [`{"v":1,"cursor":{"id":0,"hash":""},"sent":0,"dead":0,"more":1}`],
  ['\u{fffd}'.repeat(40_000)],
])('refuses a damaged file: %j', ([text = '']) => {
  using data = testData();
  const path = join(data.dataDir, 'x.json');
  writeFileSync(path, text);
  expect(() => new StateFile(path).read()).toThrow(expect.objectContaining({ code: 'audit-invalid' }));
});

it('appends dead letters, mode 0600, on lines of their own even behind a cut one', () => {
  using data = testData();
  const letters = new DeadLetters(join(data.dataDir, 'x.dead.jsonl'));
  const row = {
    id: 1,
    session: 's',
    seq: 1,
    ts: at,
    actor: 'agent',
    action: 'tool.call',
    channel: null,
    payload: '{}',
    prev_hash: '',
    payload_hash: '',
    hash: '',
  };
  letters.append([{ at, reason: 'one', row }]);
  writeFileSync(letters.path, '{"at":"2026', { flag: 'a' });
  letters.append([{ at, reason: 'two', row }]);
  const lines = readFileSync(letters.path, 'utf8').split('\n');
  expect(lines.map((line) => /"reason":"(\w+)"/.exec(line)?.[1])).toEqual(['one', undefined, 'two', undefined]);
  expect(statSync(letters.path).mode & 0o777).toBe(0o600);
});
