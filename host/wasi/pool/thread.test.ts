import { once } from 'node:events';
import { closeSync, constants, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { echoes, scratch } from './fixtures.ts';
import { startPool } from './pool.ts';
import type { Where } from './where.ts';

const launcher = readFileSync(join(import.meta.dirname, '..', '..', 'bin', 'wirken.mjs'), 'utf8');
/** What the launcher's thread runs. */
const WAIT = /const WAIT = `([^`]*)`/.exec(launcher)?.[1] ?? '';

function waiting(script = WAIT): Worker {
  return new Worker(script, { eval: true, env: {}, trackUnmanagedFds: false, stdout: true, stderr: true });
}

it.for<readonly [string, () => Promise<Worker>]>([
  ['waits', async () => waiting()],
  [
    'has waited for long',
    async () => {
      const thread = waiting();
      await once(thread, 'online');
      return thread;
    },
  ],
  [
    'has ended',
    async () => {
      const thread = waiting('');
      await once(thread, 'exit');
      return thread;
    },
  ],
  ['fails', async () => waiting("require('node:worker_threads').parentPort.once('message', () => { throw 1; });")],
])('fences a runner as ever with a thread that %s', async ([, start], { signal }) => {
  using dir = scratch();
  const fd = openSync(dir.path, constants.O_RDONLY | constants.O_DIRECTORY);
  const where: Where = {
    mounts: [{ guestPath: '/workspace', fd, access: 'read-only' }],
    tmp: false,
  };
  await using own = startPool({ cacheDir: dir.path });
  const fences = await own.warm(where);
  await using pool = startPool({ cacheDir: dir.path, thread: await start() });
  expect(await pool.warm(where)).toEqual(fences);
  expect(await echoes(pool, 'hello', { options: { where, signal } })).toBe(true);
  // The next lane has a thread of its own.
  expect(await echoes(pool, 'hello')).toBe(true);
  closeSync(fd);
});
