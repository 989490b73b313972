import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, readFileSync, truncateSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { openDatabase } from '../database.ts';
import { forwardFiles } from './place.ts';
import { forwardOnce, startForwarding } from './start.ts';
import { StateFile } from './state-file.ts';
import { forwardStatus } from './status.ts';
import { systemClock } from '../../base/ports.ts';
import { listenAsDatadog } from './testing-datadog.ts';
import { appendRows, firstArrivals, options, range, spec, testData, until } from './testing-log.ts';

const KEY = 'key-0123456789abcdef';
const CHILD = fileURLToPath(new URL('testing-child.ts', import.meta.url));
const OPENSSL = 'openssl';
const execFileLater = promisify(execFile);

const written = (url: string, more: object = {}) => ({
  name: 'test',
  kind: 'datadog',
  url,
  'token-env': 'TOKEN',
  ...more,
});

/** A process that forwards, until it is killed. */
function startChild(dataDir: string, url: string): AsyncDisposable {
  const child = spawn(process.execPath, [CHILD, 'always', dataDir, JSON.stringify([written(url)])], {
    env: { TOKEN: KEY },
    stdio: 'ignore',
  });
  const exit = once(child, 'exit');
  return {
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await exit;
    },
  };
}

it(
  'loses nothing and keeps the order when the process that forwards is killed again and again',
  { timeout: 120_000 },
  async () => {
    using data = testData();
    const { dataDir } = data;
    const bad = new Set([40, 400]);
    await using datadog = await listenAsDatadog(KEY, (id) => bad.has(id));
    for (let round = 0; round < 8; round += 1) {
      // Some five batches.
      await appendRows(dataDir, 120, { bytes: 40_000 });
      const before = datadog.receiver.requests.length;
      // Some answers are lost, too.
      if (round % 2 === 1) datadog.receiver.faults.push(undefined, { kind: 'reset', after: true });
      await using _ = startChild(dataDir, datadog.receiver.url);
      const last = lastId(dataDir);
      await until(
        () => datadog.receiver.requests.length > before + (round % 4) || datadog.rows.some(({ id }) => id === last),
      );
    }
    const outcomes = await forwardOnce(options(dataDir, [spec(written(datadog.receiver.url))], { token: KEY }));
    expect(outcomes).toMatchObject([{ kind: 'drained' }]);
    expect(datadog.receiver.violations).toEqual([]);
    const last = lastId(dataDir);
    expect(last).toBeGreaterThan(960);
    expect(firstArrivals(datadog.rows)).toEqual(range(1, last).filter((id) => !bad.has(id)));
    const dead = readFileSync(forwardFiles(dataDir, 'test').dead, 'utf8').trimEnd().split('\n');
    expect(new Set(dead.map((line) => Number(JSON.parse(line).row.id)))).toEqual(bad);
  },
);

it('forwards in one process at a time, and another one takes over', async () => {
  using data = testData();
  const { dataDir } = data;
  await appendRows(dataDir, 5);
  await using datadog = await listenAsDatadog(KEY);
  const to = spec(written(datadog.receiver.url));
  await using child = startChild(dataDir, datadog.receiver.url);
  await until(() => datadog.rows.length > 5);
  expect(forwardStatus(dataDir, [to], systemClock)).toMatchObject([{ running: true }]);
  expect(await forwardOnce(options(dataDir, [to], { token: KEY }))).toMatchObject([{ kind: 'busy' }]);

  await using second = startForwarding(options(dataDir, [to], { token: KEY, host: 'second' }));
  await appendRows(dataDir, 5);
  await until(() => datadog.rows.length > 11);
  expect(new Set(datadog.hosts)).toEqual(new Set(['child']));
  await child[Symbol.asyncDispose]();
  await appendRows(dataDir, 5);
  second.wake();
  const last = lastId(dataDir);
  await until(() => datadog.rows.at(-1)?.id === last);
  expect(datadog.hosts.at(-1)).toBe('second');
  expect(firstArrivals(datadog.rows)).toEqual(range(1, last));
});

it('holds up neither appends nor checkpoints while a receiver hangs', async () => {
  using data = testData();
  const { dataDir } = data;
  await appendRows(dataDir, 5);
  await using datadog = await listenAsDatadog(KEY);
  datadog.receiver.faults.push({ kind: 'hang' });
  const stop = new AbortController();
  const forwarding = startForwarding(
    options(dataDir, [spec(written(datadog.receiver.url))], { token: KEY, signal: stop.signal }),
  );
  await until(() => datadog.receiver.requests.length === 1);
  await appendRows(dataDir, 500, { bytes: 1000 });
  const db = openDatabase(dataDir, { readonly: false });
  const checkpoint = db.pragma('wal_checkpoint(TRUNCATE)');
  db.close();
  expect(checkpoint).toEqual([{ busy: 0, log: 0, checkpointed: 0 }]);
  // It hung all the while.
  expect(datadog.receiver.requests).toHaveLength(1);
  expect(datadog.rows).toEqual([]);
  stop.abort();
  await forwarding.closed;
});

it('stands still and says so when the log is not the one that it forwarded', async () => {
  using data = testData();
  using other = testData();
  await appendRows(data.dataDir, 5);
  await appendRows(other.dataDir, 9);
  await using datadog = await listenAsDatadog(KEY);
  const to = spec(written(datadog.receiver.url));
  await forwardOnce(options(data.dataDir, [to], { token: KEY }));
  const before = datadog.rows.length;
  copyFileSync(join(other.dataDir, 'audit', 'log.db'), join(data.dataDir, 'audit', 'log.db'));
  const [outcome] = await forwardOnce(options(data.dataDir, [to], { token: KEY }));
  expect(outcome).toMatchObject({ kind: 'refused', sent: 0 });
  expect(outcome?.reason).toMatch(/replaced or rolled back/);
  expect(datadog.rows).toHaveLength(before);
});

it('sends only the actions that are asked for, and passes the others', async () => {
  using data = testData();
  const { dataDir } = data;
  await appendRows(dataDir, 10);
  await appendRows(dataDir, 3, { action: 'permission.decision' });
  await appendRows(dataDir, 10);
  await using datadog = await listenAsDatadog(KEY);
  const to = spec(written(datadog.receiver.url, { actions: ['permission.decision'] }));
  expect(await forwardOnce(options(dataDir, [to], { token: KEY }))).toMatchObject([{ kind: 'drained', sent: 3 }]);
  expect(datadog.rows.map(({ action }) => action)).toEqual(Array(3).fill('permission.decision'));
  expect(new StateFile(forwardFiles(dataDir, 'test').state).read()?.cursor.id).toBe(lastId(dataDir));
});

it('begins with what comes when it is told to start now', async () => {
  using data = testData();
  const { dataDir } = data;
  await appendRows(dataDir, 10);
  await using datadog = await listenAsDatadog(KEY);
  const to = spec(written(datadog.receiver.url, { start: 'now' }));
  expect(await forwardOnce(options(dataDir, [to], { token: KEY }))).toMatchObject([{ kind: 'drained', sent: 0 }]);
  const before = lastId(dataDir);
  await appendRows(dataDir, 2);
  await forwardOnce(options(dataDir, [to], { token: KEY }));
  expect(datadog.rows.map(({ id }) => id)).toEqual(range(before + 1, lastId(dataDir)));
});

it('waits for a log that is not there yet, and wakes when it is told', { timeout: 10_000 }, async () => {
  using data = testData();
  const { dataDir } = data;
  await using datadog = await listenAsDatadog(KEY);
  const pace = { idleMs: 3_600_000, firstRetryMs: 1, lastRetryMs: 1, refusedMs: 1, lockMs: 1 };
  const stop = new AbortController();
  const to = spec(written(datadog.receiver.url));
  const forwarding = startForwarding(options(dataDir, [to], { token: KEY, signal: stop.signal, pace }));
  await until(() => forwardStatus(dataDir, [to], systemClock)[0]?.standing === 'current');
  await appendRows(dataDir, 2);
  await until(() => {
    forwarding.wake();
    return datadog.rows.length > 2;
  });
  stop.abort();
  await forwarding.closed;
});

it('says how each forwarder stands, from the files alone', async () => {
  using data = testData();
  const { dataDir } = data;
  await using datadog = await listenAsDatadog(KEY, (id) => id === 2);
  const to = spec(written(datadog.receiver.url));
  expect(forwardStatus(dataDir, [to], systemClock)).toEqual([
    {
      name: 'test',
      kind: 'datadog',
      target: datadog.receiver.url,
      running: false,
      standing: 'new',
      cursor: 0,
      behindRows: 0,
      behindMs: 0,
      sent: 0,
      dead: 0,
    },
  ]);
  await appendRows(dataDir, 4);
  const last = lastId(dataDir);
  const later = { now: () => Date.now() + 60_000 };
  const [fresh] = forwardStatus(dataDir, [to], later);
  expect(fresh).toMatchObject({ standing: 'new', behindRows: last });
  expect(fresh?.behindMs).toBeGreaterThan(59_000);

  await forwardOnce(options(dataDir, [to], { token: KEY }));
  expect(forwardStatus(dataDir, [to], systemClock)).toMatchObject([
    {
      standing: 'current',
      cursor: last,
      behindRows: 0,
      behindMs: 0,
      sent: last - 1,
      dead: 1,
      deadLetters: forwardFiles(dataDir, 'test').dead,
      lastSuccess: expect.stringMatching(/Z$/),
    },
  ]);
  await appendRows(dataDir, 1);
  await forwardOnce(options(dataDir, [to], { token: 'wrong-key' }));
  const [refused] = forwardStatus(dataDir, [to], systemClock);
  expect(refused).toMatchObject({ standing: 'refused', cursor: last, behindRows: 2, trouble: { kind: 'refused' } });
  expect(refused?.trouble?.reason).toContain('403');
  truncateSync(forwardFiles(dataDir, 'test').state, 10);
  expect(forwardStatus(dataDir, [to], systemClock)).toMatchObject([{ standing: 'damaged' }]);
  expect(await forwardOnce(options(dataDir, [to], { token: KEY }))).toMatchObject([{ kind: 'refused' }]);
});

it('goes on when a credential that was missing comes', async () => {
  using data = testData();
  const { dataDir } = data;
  await appendRows(dataDir, 2);
  await using datadog = await listenAsDatadog(KEY);
  const env: Record<string, string> = {};
  const to = spec(written(datadog.receiver.url));
  const stop = new AbortController();
  const forwarding = startForwarding({ ...options(dataDir, [to], { signal: stop.signal }), env });
  await until(() => forwardStatus(dataDir, [to], systemClock)[0]?.standing === 'refused');
  expect(datadog.receiver.requests).toEqual([]);
  env['TOKEN'] = KEY;
  await until(() => datadog.rows.length > 2);
  stop.abort();
  await forwarding.closed;
});

it.skipIf(!has(OPENSSL))('speaks TLS only with a certificate that it can check', async () => {
  using data = testData();
  const { dataDir } = data;
  await appendRows(dataDir, 2);
  const files = { key: join(dataDir, 'tls.key'), cert: join(dataDir, 'tls.crt') };
  const san = ['-addext', 'subjectAltName=IP:127.0.0.1', '-addext', 'basicConstraints=critical,CA:TRUE'];
  const certificate = [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-subj',
    '/CN=test',
    '-days',
    '2',
  ];
  execFileSync(OPENSSL, ['req', '-x509', ...certificate, ...san, '-keyout', files.key, '-out', files.cert], {
    stdio: 'ignore',
  });
  let requests = 0;
  const server = createServer({ key: readFileSync(files.key), cert: readFileSync(files.cert) }, (request, response) => {
    requests += 1;
    request.resume();
    response.writeHead(202).end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('no port');
  const run = async (env: Record<string, string>): Promise<unknown> => {
    const config = JSON.stringify([written(`https://127.0.0.1:${address.port}`)]);
    const { stdout } = await execFileLater(process.execPath, [CHILD, 'once', dataDir, config], {
      env: { TOKEN: KEY, ...env },
    });
    return JSON.parse(stdout);
  };
  expect(await run({})).toMatchObject([
    { kind: 'waiting', reason: 'the connection failed (DEPTH_ZERO_SELF_SIGNED_CERT)' },
  ]);
  expect(requests).toBe(0);
  expect(await run({ NODE_EXTRA_CA_CERTS: files.cert })).toMatchObject([{ kind: 'drained' }]);
  expect(requests).toBe(1);
  server.close();
});

function lastId(dataDir: string): number {
  const db = openDatabase(dataDir, { readonly: true });
  const last = db.prepare<[], number>('SELECT max(id) FROM events').pluck().get();
  db.close();
  return last ?? 0;
}

function has(command: string): boolean {
  try {
    execFileSync(command, ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
