import { expect, it } from 'vitest';
import type { Clock } from '../../base/ports.ts';
import { forwardOnce, startForwarding } from './start.ts';
import { appendRows, options, range, spec, testData, until } from './testing-log.ts';
import { CLIENT, listenAsSentinel, RULE, STREAM, TENANT } from './testing-sentinel.ts';

const SECRET = 'Q~8Q~abc.def_ghi-jkl+mno/pqr=';

const to = (url: string, more: object = {}) =>
  spec({ kind: 'sentinel', url, authority: url, rule: RULE, stream: STREAM, tenant: TENANT, client: CLIENT, ...more });

const startAt = (dataDir: string, url: string, clock: Clock, signal: AbortSignal) =>
  startForwarding(options(dataDir, [to(url)], { token: SECRET, clock, signal }));

/** Appends rows and waits until the receiver has more than before. */
async function appendMore(dataDir: string, rows: readonly unknown[]): Promise<void> {
  const before = rows.length;
  await appendRows(dataDir, 1);
  await until(() => rows.length >= before + 2);
}

it('sends the whole log in order, in batches below 1 MB, with one token', async () => {
  using data = testData();
  await appendRows(data.dataDir, 1200, { bytes: 2000 });
  await using sentinel = await listenAsSentinel(SECRET, Date.now);
  const [outcome] = await forwardOnce(options(data.dataDir, [to(sentinel.receiver.url)], { token: SECRET }));
  expect(outcome).toMatchObject({ kind: 'drained', sent: sentinel.rows.length, dead: 0 });
  expect(sentinel.receiver.violations).toEqual([]);
  expect(sentinel.rows.map(({ RowId }) => RowId)).toEqual(range(1, sentinel.rows.length));
  expect(sentinel.tokens.size).toBe(1);
  expect(sentinel.receiver.requests.length).toBeGreaterThan(3);
});

it('takes a new token before the old one ends, and once more when one is not taken', async () => {
  using data = testData();
  await appendRows(data.dataDir, 1);
  let now = Date.parse('2026-03-01T12:00:00Z');
  const clock = { now: () => now };
  await using sentinel = await listenAsSentinel(SECRET, () => now);
  const ended = new AbortController();
  const forwarding = startAt(data.dataDir, sentinel.receiver.url, clock, ended.signal);
  await until(() => sentinel.rows.length > 1);
  expect(sentinel.tokens.size).toBe(1);
  // Five minutes before the end of its hour.
  now += 56 * 60_000;
  await appendMore(data.dataDir, sentinel.rows);
  expect(sentinel.tokens.size).toBe(2);
  // Revoked: the receiver says 401 to a token that looks good.
  for (const token of sentinel.tokens.keys()) sentinel.tokens.set(token, 0);
  await appendMore(data.dataDir, sentinel.rows);
  expect(sentinel.tokens.size).toBe(3);
  // A clock that was set back does not keep a token.
  now -= 24 * 3_600_000;
  await appendMore(data.dataDir, sentinel.rows);
  expect(sentinel.tokens.size).toBe(4);
  ended.abort();
  await forwarding.closed;
  expect(sentinel.receiver.violations).toEqual([]);
});

it.for<[string, (sentinel: Awaited<ReturnType<typeof listenAsSentinel>>) => void, object, string, RegExp]>([
  ['a wrong secret', () => {}, {}, 'wrong', /no access token: .*401.*invalid_client/],
  ['a right that is missing', ({ state }) => void (state.allowed = false), {}, SECRET, /403.*OperationFailed/],
  ['a rule that is not there', () => {}, { rule: `dcr-${'f'.repeat(32)}` }, SECRET, /404.*not found/],
  ['a token that is never taken', ({ state }) => void (state.lifeSeconds = 0.001), {}, SECRET, /401/],
  [
    'a form that the endpoint does not take',
    () => {},
    { scope: 'https://a.b/.default' },
    SECRET,
    /no access token: .*400/,
  ],
])('keeps the cursor and says so: %s', async ([, prepare, more, token, says]) => {
  using data = testData();
  await appendRows(data.dataDir, 2);
  await using sentinel = await listenAsSentinel(SECRET, Date.now);
  prepare(sentinel);
  const [outcome] = await forwardOnce(options(data.dataDir, [to(sentinel.receiver.url, more)], { token }));
  expect(outcome).toMatchObject({ kind: 'refused', sent: 0, dead: 0 });
  expect(outcome?.reason).toMatch(says);
  expect(outcome?.reason).not.toContain(token);
  expect(sentinel.receiver.requests.length).toBeLessThan(5);
});

it('lets no payload be cut off: a row that is longer than a column stands among the dead letters', async () => {
  using data = testData();
  await appendRows(data.dataDir, 2);
  await appendRows(data.dataDir, 1, { bytes: 70_000 });
  await appendRows(data.dataDir, 2);
  await using sentinel = await listenAsSentinel(SECRET, Date.now);
  const [outcome] = await forwardOnce(options(data.dataDir, [to(sentinel.receiver.url)], { token: SECRET }));
  expect(outcome).toMatchObject({ kind: 'drained', dead: 1 });
  expect(sentinel.receiver.violations).toEqual([]);
});
