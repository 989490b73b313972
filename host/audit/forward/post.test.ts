import { expect, it } from 'vitest';
import { encodeUtf8 } from '../../base/bytes.ts';
import { post } from './post.ts';
import { type Fault, Receiver } from './testing-receiver.ts';
import { until } from './testing-log.ts';

const { signal: never } = new AbortController();
const request = (url: string, timeoutMs = 20_000) => ({ url, headers: {}, body: encodeUtf8('{}'), timeoutMs });

it.for<[string, Fault]>([
  ['an answer that never comes', { kind: 'hang' }],
  ['a body that never ends', { kind: 'slow-body' }],
])('gives up on %s', async ([, fault]) => {
  await using receiver = await Receiver.listen();
  receiver.faults.push(fault);
  expect(await post(request(receiver.url, 50), never)).toEqual({
    kind: 'failed',
    reason: 'no whole answer within 0.05 s',
  });
});

it('reads 64 KiB of an answer and ends the connection', async () => {
  await using receiver = await Receiver.listen();
  receiver.faults.push({ kind: 'flood' });
  const answer = await post(request(receiver.url), never);
  expect(answer).toMatchObject({ kind: 'answered', status: 503 });
  expect(answer.kind === 'answered' && answer.text.length).toBe(64 * 1024);
});

it('rethrows the reason of its signal, before and in the middle', async () => {
  await using receiver = await Receiver.listen();
  receiver.faults.push({ kind: 'hang' });
  const reason = new RangeError('enough');
  const stop = new AbortController();
  const pending = post(request(receiver.url), stop.signal);
  await until(() => receiver.requests.length === 1);
  stop.abort(reason);
  await expect(pending).rejects.toBe(reason);
  await expect(post(request(receiver.url), stop.signal)).rejects.toBe(reason);
  expect(receiver.requests).toHaveLength(1);
});

it('hands over status, headers and text as they are', async () => {
  await using receiver = await Receiver.listen();
  receiver.handle = ({ body }) => ({ status: 418, headers: { 'retry-after': '3' }, body: `got ${String(body)}` });
  const answer = await post(request(receiver.url), never);
  expect(answer).toMatchObject({ kind: 'answered', status: 418, text: 'got {}' });
  expect(answer.kind === 'answered' && answer.headers.get('retry-after')).toBe('3');
});
