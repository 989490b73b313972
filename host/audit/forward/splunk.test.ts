import { expect, it } from 'vitest';
import { forwardOnce } from './start.ts';
import { appendRows, firstArrivals, options, range, spec, testData } from './testing-log.ts';
import { listenAsSplunk } from './testing-splunk.ts';
import { Splunk } from './splunk.ts';
import { SecretString } from '../../base/secret-string.ts';
import { systemClock } from '../../base/ports.ts';
import { testRandom } from './testing-log.ts';
import { openRows } from './rows.ts';

const TOKEN = '5a5b3a3c-7a1f-4c4c-8a52-2f62f3a4b111';

it('sends the whole log in order, as the collector documents it', async () => {
  using data = testData();
  await appendRows(data.dataDir, 1500, { bytes: 1500 });
  await using splunk = await listenAsSplunk({ token: TOKEN, index: 'audit' });
  const to = spec({ kind: 'splunk', url: splunk.receiver.url, index: 'audit' });
  const [outcome] = await forwardOnce(options(data.dataDir, [to], { token: TOKEN }));
  expect(outcome).toMatchObject({ kind: 'drained', sent: splunk.rows.length, dead: 0 });
  expect(splunk.receiver.violations).toEqual([]);
  expect(splunk.rows.map(({ id }) => id)).toEqual(range(1, splunk.rows.length));
});

it('passes a batch only once the indexers have it', async () => {
  using data = testData();
  await appendRows(data.dataDir, 10);
  await using splunk = await listenAsSplunk({ token: TOKEN, acknowledgements: true, pollsUntilIndexed: 1 });
  const to = spec({ kind: 'splunk', url: splunk.receiver.url, acknowledgements: true });
  const [outcome] = await forwardOnce(options(data.dataDir, [to], { token: TOKEN }));
  expect(outcome).toMatchObject({ kind: 'drained' });
  expect(splunk.receiver.violations).toEqual([]);
  expect(splunk.channels.size).toBe(1);
  // One before the first event, one in vain, one that is told.
  expect(splunk.state.polls).toBe(3);
  expect(splunk.rows.map(({ id }) => id)).toEqual(range(1, splunk.rows.length));
});

it('counts a batch as lost when no acknowledgement comes', async () => {
  using data = testData();
  await appendRows(data.dataDir, 2);
  await using splunk = await listenAsSplunk({ token: TOKEN, acknowledgements: true });
  splunk.state.lose = 1;
  const to = spec({ kind: 'splunk', url: splunk.receiver.url, acknowledgements: true });
  if (to.kind !== 'splunk') throw new TypeError(to.kind);
  const forwarder = new Splunk(to, {
    credential: () => new SecretString(TOKEN, 'token'),
    host: 'h',
    clock: systemClock,
    random: testRandom,
    ackPace: { firstMs: 1, lastMs: 5, giveUpMs: 50 },
  });
  using rows = openRows(data.dataDir);
  const page = rows?.after(0, { maxRows: 10, maxBytes: 1_000_000, wanted: () => true });
  const entries = (page?.rows ?? []).map((row) => {
    const encoded = forwarder.encode(row);
    if (encoded.kind === 'unfit') throw new TypeError(encoded.reason);
    return { row, text: encoded.text, bytes: encoded.text.length };
  });
  const { signal } = new AbortController();
  expect(await forwarder.send(entries, signal)).toMatchObject({ kind: 'retry' });
  expect(await forwarder.send(entries, signal)).toEqual({ kind: 'accepted' });
});

it.for<[string, Partial<Parameters<typeof listenAsSplunk>[0]>, boolean, RegExp]>([
  ['acknowledgements that are off for the token, before an event is sent', {}, true, /ACK is disabled/],
  ['acknowledgements that the token needs', { acknowledgements: true }, false, /Data channel is missing/],
  ['an index that the token may not write to', { index: 'other' }, false, /Incorrect index/],
  ['a token that is not known', { token: 'another' }, false, /403.*Invalid token/],
])('keeps the cursor and says so: %s', async ([, rules, acknowledgements, says]) => {
  using data = testData();
  await appendRows(data.dataDir, 5);
  await using splunk = await listenAsSplunk({ token: TOKEN, ...rules });
  const to = spec({ kind: 'splunk', url: splunk.receiver.url, acknowledgements });
  const [outcome] = await forwardOnce(options(data.dataDir, [to], { token: TOKEN }));
  expect(outcome).toMatchObject({ kind: 'refused', sent: 0, dead: 0 });
  expect(outcome?.reason).toMatch(says);
  expect(splunk.rows).toEqual([]);
});

it('takes the event that the collector names for bad out of the batch', async () => {
  using data = testData();
  await appendRows(data.dataDir, 20);
  await using splunk = await listenAsSplunk({ token: TOKEN, bad: (id) => id === 7 || id === 12 });
  const to = spec({ kind: 'splunk', url: splunk.receiver.url });
  const [outcome] = await forwardOnce(options(data.dataDir, [to], { token: TOKEN }));
  expect(outcome).toMatchObject({ kind: 'drained', dead: 2 });
  expect(splunk.receiver.requests).toHaveLength(3);
  expect(firstArrivals(splunk.rows)).toEqual(
    range(1, splunk.rows.at(-1)?.id ?? 0).filter((id) => id !== 7 && id !== 12),
  );
});
