import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { encodeUtf8 } from '../../base/bytes.ts';
import { SecretString } from '../../base/secret-string.ts';
import { forwardOnce } from './start.ts';
import { appendRows, options, range, spec, testData } from './testing-log.ts';
import { listenAsWebhook } from './testing-webhook.ts';
import { signDelivery } from './webhook-signature.ts';

const SECRET = 'whsec-0123456789abcdef0123456789abcdef';

it('sends the whole log in order, each delivery signed', async () => {
  using data = testData();
  await appendRows(data.dataDir, 1200, { bytes: 1000 });
  await using webhook = await listenAsWebhook(SECRET, Date.now);
  const to = spec({ kind: 'webhook', url: `${webhook.receiver.url}/in?key=q` });
  const [outcome] = await forwardOnce(options(data.dataDir, [to], { token: SECRET }));
  expect(outcome).toMatchObject({ kind: 'drained', sent: webhook.rows.length, dead: 0 });
  expect(webhook.receiver.violations).toEqual([]);
  expect(webhook.rows.map(({ id }) => id)).toEqual(range(1, webhook.rows.length));
  expect(webhook.seen.size).toBe(webhook.receiver.requests.length);
});

it('lets a receiver recompute the hash of every row', async () => {
  using data = testData();
  await appendRows(data.dataDir, 50);
  await using webhook = await listenAsWebhook(SECRET, Date.now);
  const to = spec({ kind: 'webhook', url: `${webhook.receiver.url}/in?key=q` });
  await forwardOnce(options(data.dataDir, [to], { token: SECRET }));
  let before = '';
  for (const row of webhook.rows) {
    expect(row.prev_hash).toBe(before);
    expect(row.payload_hash).toBe(sha256(row.payload));
    expect(row.hash).toBe(sha256(row.prev_hash + row.payload_hash));
    before = row.hash;
  }
});

it('gives each attempt an id of its own, so that a lost answer does not make the next one a replay', async () => {
  using data = testData();
  await appendRows(data.dataDir, 3);
  await using webhook = await listenAsWebhook(SECRET, Date.now);
  webhook.receiver.faults.push({ kind: 'reset', after: true });
  const to = spec({ kind: 'webhook', url: `${webhook.receiver.url}/in?key=q` });
  expect(await forwardOnce(options(data.dataDir, [to], { token: SECRET }))).toMatchObject([{ kind: 'waiting' }]);
  expect(await forwardOnce(options(data.dataDir, [to], { token: SECRET }))).toMatchObject([{ kind: 'drained' }]);
  expect(webhook.seen.size).toBe(2);
});

it('lets a receiver tell a replay, a late delivery and a changed body', async () => {
  using data = testData();
  await appendRows(data.dataDir, 3);
  let now = Date.now();
  await using webhook = await listenAsWebhook(SECRET, () => now);
  const to = spec({ kind: 'webhook', url: `${webhook.receiver.url}/in?key=q` });
  await forwardOnce(options(data.dataDir, [to], { token: SECRET }));
  const [delivery] = webhook.receiver.requests;
  if (delivery === undefined) throw new TypeError('nothing came');
  expect(webhook.check(delivery).status).toBe(409);
  const changed = Buffer.from(delivery.body.toString('utf8').replace('read_file', 'read_fil3'));
  expect(webhook.check({ ...delivery, body: changed }).status).toBe(401);
  const later = String(Number(delivery.headers['wirken-timestamp']) + 600);
  expect(webhook.check({ ...delivery, headers: { ...delivery.headers, 'wirken-timestamp': later } }).status).toBe(401);
  now += 301_000;
  expect(webhook.check(delivery).status).toBe(401);
});

it('does not sign with a secret that can be guessed', async () => {
  using data = testData();
  await appendRows(data.dataDir, 1);
  await using webhook = await listenAsWebhook('short', Date.now);
  const to = spec({ kind: 'webhook', url: `${webhook.receiver.url}/in?key=q` });
  const [outcome] = await forwardOnce(options(data.dataDir, [to], { token: 'short' }));
  expect(outcome).toMatchObject({ kind: 'refused' });
  expect(outcome?.reason).toMatch(/shorter than 32/);
  expect(webhook.receiver.requests).toEqual([]);
});

it('signs the example of the documentation as the documentation says', () => {
  const docs = readFileSync(new URL('../../../docs/audit-forwarding.md', import.meta.url), 'utf8');
  const example = (name: string) => {
    const value = new RegExp(`^${name} +(.+)$`, 'm').exec(docs)?.[1];
    if (value === undefined) throw new TypeError(`the documentation has no ${name}`);
    return value;
  };
  const headers = signDelivery(new SecretString(example('secret'), 'x'), {
    delivery: '0',
    seconds: Number(example('timestamp')),
    body: encodeUtf8(example('body')),
  });
  expect(headers['wirken-signature']).toBe(example('signature'));
});

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
