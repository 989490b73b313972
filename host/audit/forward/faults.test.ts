import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { forwardFiles } from './place.ts';
import { forwardOnce, startForwarding } from './start.ts';
import { StateFile } from './state-file.ts';
import { appendRows, firstArrivals, options, range, spec, testData, until } from './testing-log.ts';
import { listenAsDatadog } from './testing-datadog.ts';
import { type Fault, Receiver } from './testing-receiver.ts';
import { listenAsSplunk } from './testing-splunk.ts';

const KEY = 'key-0123456789abcdef';
const stateOf = (dataDir: string) => new StateFile(forwardFiles(dataDir, 'test').state).read();

it.for<[string, Fault, RegExp]>([
  ['429', { kind: 'reply', reply: { status: 429, headers: { 'retry-after': '0' } } }, /429/],
  ['408', { kind: 'reply', reply: { status: 408 } }, /408/],
  ['500', { kind: 'reply', reply: { status: 500, body: 'oops' } }, /500 .*oops/],
  ['503', { kind: 'reply', reply: { status: 503 } }, /503/],
  ['a reset', { kind: 'reset' }, /connection failed \(/],
  ['a reset after it took the batch', { kind: 'reset', after: true }, /connection failed \(/],
  ['an answer that is cut off', { kind: 'truncated' }, /connection failed \(/],
  ['an answer without end', { kind: 'flood' }, /503/],
])('waits and tries again after %s; nothing is lost', async ([, fault, says]) => {
  using data = testData();
  await appendRows(data.dataDir, 20);
  await using datadog = await listenAsDatadog(KEY);
  datadog.receiver.faults.push(fault);
  const to = spec({ kind: 'datadog', url: datadog.receiver.url });
  const [first] = await forwardOnce(options(data.dataDir, [to], { token: KEY }));
  expect(first).toMatchObject({ kind: 'waiting', sent: 0 });
  expect(first?.reason).toMatch(says);
  expect(stateOf(data.dataDir)).toMatchObject({ cursor: { id: 0 }, trouble: { kind: 'retry' } });
  const [second] = await forwardOnce(options(data.dataDir, [to], { token: KEY }));
  expect(second).toMatchObject({ kind: 'drained', dead: 0 });
  expect(firstArrivals(datadog.rows)).toEqual(range(1, datadog.rows.at(-1)?.id ?? 0));
  expect(stateOf(data.dataDir)?.trouble).toBeUndefined();
});

it.for<[string, number]>([
  ['401', 401],
  ['403', 403],
  ['404', 404],
  ['405', 405],
  ['415', 415],
  ['a success of another kind', 200],
])('keeps the cursor and waits for a person after %s', async ([, status]) => {
  using data = testData();
  await appendRows(data.dataDir, 3);
  await using datadog = await listenAsDatadog(KEY);
  datadog.receiver.faults.push({ kind: 'reply', reply: { status } });
  const to = spec({ kind: 'datadog', url: datadog.receiver.url });
  const outcomes = await forwardOnce(options(data.dataDir, [to], { token: KEY }));
  expect(outcomes).toMatchObject([{ kind: 'refused', sent: 0, dead: 0 }]);
  expect(datadog.receiver.requests).toHaveLength(1);
  expect(stateOf(data.dataDir)).toMatchObject({ cursor: { id: 0 }, trouble: { kind: 'refused' } });
});

it.for([301, 302, 303, 307, 308])('follows no redirect (%i): neither rows nor credential go there', async (status) => {
  using data = testData();
  await appendRows(data.dataDir, 3);
  await using elsewhere = await Receiver.listen();
  await using datadog = await listenAsDatadog(KEY);
  datadog.receiver.faults.push({
    kind: 'reply',
    reply: { status, headers: { location: `${elsewhere.url}/api/v2/logs` } },
  });
  const to = spec({ kind: 'datadog', url: datadog.receiver.url });
  const [outcome] = await forwardOnce(options(data.dataDir, [to], { token: KEY }));
  expect(outcome).toMatchObject({ kind: 'refused' });
  expect(outcome?.reason).toMatch(/redirect is not followed/);
  expect(elsewhere.requests).toEqual([]);
});

it('shows what a receiver says escaped, cut, and without the credential that it quotes', async () => {
  using data = testData();
  await appendRows(data.dataDir, 3);
  await using datadog = await listenAsDatadog(KEY);
  const body = `\u001b[2J\u202eyou sent ${KEY} ${'x'.repeat(5000)}`;
  datadog.receiver.faults.push({ kind: 'reply', reply: { status: 403, body } });
  const to = spec({ kind: 'datadog', url: datadog.receiver.url });
  const lines: string[] = [];
  const [outcome] = await forwardOnce(options(data.dataDir, [to], { token: KEY, lines }));
  const state = readFileSync(forwardFiles(data.dataDir, 'test').state, 'utf8');
  for (const text of [outcome?.reason ?? '', lines.join('\n')]) {
    expect(text).toContain('\\x1b[2J\\u{202e}you sent [secret token of test]');
    expect(text).not.toContain('\u001b');
    expect(text.length).toBeLessThan(500);
  }
  for (const text of [outcome?.reason, lines.join('\n'), state]) expect(text).not.toContain(KEY);
});

it('does not wait for a body without end', async () => {
  using data = testData();
  await appendRows(data.dataDir, 3);
  await using datadog = await listenAsDatadog(KEY);
  datadog.receiver.faults.push({ kind: 'slow-body' });
  const to = spec({ kind: 'datadog', url: datadog.receiver.url });
  const stop = new AbortController();
  const forwarding = startForwarding(options(data.dataDir, [to], { token: KEY, signal: stop.signal }));
  await until(() => datadog.receiver.requests.length === 1);
  stop.abort();
  await forwarding.closed;
  expect(stateOf(data.dataDir)).toMatchObject({ cursor: { id: 0 } });
});

it('says which error a connection ended with when nobody listens, or no HTTP', async () => {
  using data = testData();
  await appendRows(data.dataDir, 1);
  const closed = await Receiver.listen();
  const { url } = closed;
  await closed[Symbol.asyncDispose]();
  const [refused] = await forwardOnce(options(data.dataDir, [spec({ kind: 'datadog', url })], { token: KEY }));
  expect(refused).toMatchObject({ kind: 'waiting', reason: 'the connection failed (ECONNREFUSED)' });

  const noise = createServer((socket) => {
    socket.on('error', () => {});
    socket.end('\u0000\u0001 no HTTP at all\r\n\r\n');
  });
  noise.listen(0, '127.0.0.1');
  await once(noise, 'listening');
  const address = noise.address();
  if (address === null || typeof address === 'string') throw new TypeError('no port');
  const to = spec({ kind: 'datadog', url: `http://127.0.0.1:${address.port}` });
  const [garbled] = await forwardOnce(options(data.dataDir, [to], { token: KEY }));
  noise.close();
  expect(garbled?.kind).toBe('waiting');
  expect(garbled?.reason).toMatch(/^the connection failed \(/);
});

it('comes back no sooner than a receiver asks for', async () => {
  using data = testData();
  await appendRows(data.dataDir, 1);
  await using datadog = await listenAsDatadog(KEY);
  datadog.receiver.faults.push({ kind: 'reply', reply: { status: 429, headers: { 'retry-after': '120' } } });
  const to = spec({ kind: 'datadog', url: datadog.receiver.url });
  await forwardOnce(options(data.dataDir, [to], { token: KEY }));
  const trouble = stateOf(data.dataDir)?.trouble;
  expect(Date.parse(trouble?.nextTry ?? '') - Date.parse(trouble?.at ?? '')).toBeGreaterThanOrEqual(119_990);
});

it('writes a row that is too large to the dead letters once, however often the rest is sent', async () => {
  using data = testData();
  await appendRows(data.dataDir, 1, { bytes: 1_000_000 });
  await appendRows(data.dataDir, 1);
  await using datadog = await listenAsDatadog(KEY);
  for (let times = 0; times < 3; times += 1) datadog.receiver.faults.push({ kind: 'reply', reply: { status: 503 } });
  const to = spec({ kind: 'datadog', url: datadog.receiver.url });
  const stop = new AbortController();
  const forwarding = startForwarding(options(data.dataDir, [to], { token: KEY, signal: stop.signal }));
  await until(() => (stateOf(data.dataDir)?.sent ?? 0) >= 3);
  stop.abort();
  await forwarding.closed;
  expect(deadIds(data.dataDir)).toEqual([1]);
  expect(stateOf(data.dataDir)?.dead).toBe(1);
});

it('does not write it there again either while a rejected row in front of it waits for its verdict', async () => {
  using data = testData();
  await appendRows(data.dataDir, 1);
  await appendRows(data.dataDir, 1, { bytes: 1_000_000 });
  await using datadog = await listenAsDatadog(KEY, (id) => id === 1);
  const to = spec({ kind: 'datadog', url: datadog.receiver.url, actions: ['tool.call'] });
  const stop = new AbortController();
  const forwarding = startForwarding(options(data.dataDir, [to], { token: KEY, signal: stop.signal }));
  await until(() => datadog.receiver.requests.length > 3);
  expect(deadIds(data.dataDir)).toEqual([3]);
  await appendRows(data.dataDir, 1);
  await until(() => datadog.rows.length > 0);
  await until(() => stateOf(data.dataDir)?.dead === 2);
  expect(deadIds(data.dataDir)).toEqual([3, 1]);
  stop.abort();
  await forwarding.closed;
});

it('finds the bad row of a batch that is rejected as a whole, and goes on without it', async () => {
  using data = testData();
  await appendRows(data.dataDir, 300);
  await using datadog = await listenAsDatadog(KEY, (id) => id === 1 || id === 150 || id === 151);
  const to = spec({ kind: 'datadog', url: datadog.receiver.url });
  const [outcome] = await forwardOnce(options(data.dataDir, [to], { token: KEY }));
  expect(outcome).toMatchObject({ kind: 'drained', dead: 3 });
  const last = datadog.rows.at(-1)?.id ?? 0;
  expect(last).toBeGreaterThan(300);
  expect(firstArrivals(datadog.rows)).toEqual(range(1, last).filter((id) => ![1, 150, 151].includes(id)));
  expect(deadIds(data.dataDir)).toEqual([1, 150, 151]);
  expect(datadog.receiver.requests.length).toBeLessThan(80);
});

it('throws nothing away when a receiver rejects every row', async () => {
  using data = testData();
  await appendRows(data.dataDir, 100);
  await using datadog = await listenAsDatadog(KEY, () => true);
  const to = spec({ kind: 'datadog', url: datadog.receiver.url });
  for (let run = 0; run < 2; run += 1) {
    const [outcome] = await forwardOnce(options(data.dataDir, [to], { token: KEY }));
    expect(outcome).toMatchObject({ kind: 'refused', sent: 0, dead: 0 });
    expect(outcome?.reason).toMatch(/rejects every row/);
  }
  expect(stateOf(data.dataDir)).toMatchObject({ cursor: { id: 0 }, dead: 0 });
});

it('stops after so many rows when a receiver that took rows comes to reject every row', async () => {
  using data = testData();
  await appendRows(data.dataDir, 10);
  let broken = false;
  await using datadog = await listenAsDatadog(KEY, () => broken);
  const to = spec({ kind: 'datadog', url: datadog.receiver.url });
  const stop = new AbortController();
  await using forwarding = startForwarding(options(data.dataDir, [to], { token: KEY, signal: stop.signal }));
  await until(() => stateOf(data.dataDir)?.sent === datadog.rows.length && datadog.rows.length > 10);
  broken = true;
  await appendRows(data.dataDir, 100);
  await until(() => (stateOf(data.dataDir)?.trouble?.reason ?? '').includes('rejects every row'));
  expect(stateOf(data.dataDir)?.dead).toBe(20);
  broken = false;
  const last = () => datadog.rows.at(-1)?.id ?? 0;
  await until(() => last() > 110);
  expect(new Set([...deadIds(data.dataDir), ...datadog.rows.map(({ id }) => id)])).toEqual(new Set(range(1, last())));
  expect(stateOf(data.dataDir)?.dead).toBe(20);
  stop.abort();
  await forwarding.closed;
});

it('tries a rejected row again as long as no other row shows that it is the row, not the settings', async () => {
  using data = testData();
  await appendRows(data.dataDir, 1);
  await using splunk = await listenAsSplunk({ token: KEY, bad: (id) => id === 1 });
  const to = spec({ kind: 'splunk', url: splunk.receiver.url, actions: ['tool.call'] });
  const [first] = await forwardOnce(options(data.dataDir, [to], { token: KEY }));
  expect(first).toMatchObject({ kind: 'waiting', dead: 0 });
  expect(first?.reason).toMatch(/row 1 is rejected .*Invalid data format/);
  await appendRows(data.dataDir, 1);
  const [second] = await forwardOnce(options(data.dataDir, [to], { token: KEY }));
  expect(second).toMatchObject({ kind: 'drained', sent: 1, dead: 1 });
  expect(deadIds(data.dataDir)).toEqual([1]);
});

function deadIds(dataDir: string): readonly number[] {
  return readFileSync(forwardFiles(dataDir, 'test').dead, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => Number(JSON.parse(line).row.id));
}
