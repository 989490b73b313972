import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { callWith, ECHO, ENDLESS, echoes, guestOf, scratch } from './fixtures.ts';
import { startPool } from './pool.ts';
import { NOWHERE } from './where.ts';
import { systemCode } from '../../base/error.ts';

const cache = scratch();
afterAll(() => cache[Symbol.dispose]());

/** Runners among the children of a process, dead ones that nobody waited for included. */
function runnersOf(pid: number): readonly number[] {
  const tasks = ofLivingOr([], () => readdirSync(`/proc/${pid}/task`));
  const children = tasks.flatMap((tid) =>
    ofLiving(`/proc/${pid}/task/${tid}/children`).split(' ').filter(Boolean).map(Number),
  );
  return children.filter((child) => isZombie(child) || ofLiving(`/proc/${child}/cmdline`).includes('--permission'));
}

/** A file of `/proc`; empty if its thread or process ended between the listing and the look. */
function ofLiving(path: string): string {
  return ofLivingOr('', () => readFileSync(path, 'utf8'));
}

function ofLivingOr<T>(otherwise: T, look: () => T): T {
  try {
    return look();
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'ESRCH') return otherwise;
    throw error;
  }
}

function isZombie(pid: number): boolean {
  return / Z /.test(ofLiving(`/proc/${pid}/stat`));
}

async function until(what: () => boolean): Promise<void> {
  while (!what()) await sleep(5);
}

/** Processor time so far, in hundredths of a second. */
function ticksOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[11]);
}

/** The runner that burns time. */
function busiest(pids: readonly number[]): number {
  return pids.toSorted((a, b) => ticksOf(b) - ticksOf(a))[0] ?? 0;
}

describe.for([
  ['fenced', true],
  ['unfenced', false],
] as const)('a pool that is %s', ([, landlock]) => {
  it.for(['SIGKILL', 'SIGSEGV', 'SIGTERM'] as const)('goes on when a runner dies of %s', async (signal) => {
    await using pool = startPool({ cacheDir: cache.path, size: 1, landlock });
    const doomed = callWith(pool, ENDLESS);
    const next = echoes(pool, 'next');
    // Far more than a runner needs until it is ready: this one runs the guest.
    await until(() => runnersOf(process.pid).some((pid) => ticksOf(pid) > 60));
    process.kill(busiest(runnersOf(process.pid)), signal);
    expect(await doomed).toMatchObject({ kind: 'crashed', message: signal });
    expect(await next).toBe(true);
    expect(await echoes(pool, 'and the one after')).toBe(true);
  });

  it('leaves no process behind, dead or alive', async () => {
    const pool = startPool({ cacheDir: cache.path, landlock });
    await Promise.all([echoes(pool, 'a'), echoes(pool, 'b'), callWith(pool, ENDLESS, { limits: { wallTimeMs: 100 } })]);
    const running = callWith(pool, ENDLESS);
    running.catch(() => undefined);
    const pids = runnersOf(process.pid);
    expect(pids.length).toBeGreaterThan(0);
    await Promise.all([pool[Symbol.asyncDispose](), pool[Symbol.asyncDispose]()]);
    await pool.closed;
    await expect(running).rejects.toThrow('the sandbox was closed');
    expect(pids.filter((pid) => existsSync(`/proc/${pid}`))).toEqual([]);
    await expect(callWith(pool, ECHO)).rejects.toThrow('the sandbox was closed');
  });
});

it('keeps no runner whose stack was exhausted in the middle of anything', async () => {
  await using pool = startPool({ cacheDir: cache.path, size: 1, spare: 0 });
  const deep = guestOf('deeper', '(func $f (export "_start") (call $f) (call $f))');
  expect(await echoes(pool, 'before')).toBe(true);
  const before = runnersOf(process.pid);
  expect(await callWith(pool, ECHO)).toMatchObject({ kind: 'exited' });
  expect(runnersOf(process.pid)).toEqual(before);
  expect(await callWith(pool, deep)).toMatchObject({ kind: 'limit', limit: 'call-depth' });
  expect(await echoes(pool, 'after')).toBe(true);
  await until(() => before.every((pid) => !existsSync(`/proc/${pid}`)));
});

/** A host of its own that does `work` with a pool named `pool`. */
function startHost(work: string) {
  const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
  const script = `
    import { startPool } from '${at('./pool.ts')}';
    import { callWith, echoes, ECHO, ENDLESS } from '${at('./fixtures.ts')}';
    const pool = startPool({ cacheDir: '${cache.path}' });
    ${work}`;
  const args = ['--disable-warning=ExperimentalWarning', '--input-type=module-typescript', '-e', script];
  return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
}

describe('a host', () => {
  it('ends by itself with runners idle, and they with it', async () => {
    const host = startHost(`await pool.warm({ mounts: [], tmp: false });
      console.log(await echoes(pool, 'x'));`);
    let said = '';
    host.stdout.on('data', (chunk) => (said += String(chunk)));
    let pids: readonly number[] = [];
    await until(() => {
      if (host.pid !== undefined && existsSync(`/proc/${host.pid}`) && !isZombie(host.pid))
        pids = [...new Set([...pids, ...runnersOf(host.pid)])];
      return host.exitCode !== null;
    });
    expect([host.exitCode, said]).toEqual([0, 'true\n']);
    await until(() => pids.every((pid) => !existsSync(`/proc/${pid}`)));
    expect(pids.length).toBeGreaterThan(0);
  });

  it('takes a runner in an endless loop with it when it is killed', async () => {
    const host = startHost(
      `callWith(pool, ENDLESS, { limits: { wallTimeMs: 60_000 } }); setTimeout(() => console.log('up'), 400);`,
    );
    await new Promise((resolve) => host.stdout.once('data', resolve));
    const pids = runnersOf(host.pid ?? 0);
    expect(pids.length).toBeGreaterThan(0);
    host.kill('SIGKILL');
    await until(() => pids.every((pid) => !existsSync(`/proc/${pid}`)));
  });
});

it('serves 2000 calls in a row with no more memory than after the first thousand', async () => {
  await using pool = startPool({ cacheDir: cache.path, size: 1, spare: 0 });
  await pool.warm(NOWHERE);
  const memory = () =>
    Math.max(
      ...runnersOf(process.pid).map((pid) =>
        Number(/^Rss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1]),
      ),
    );
  // By then the engine has compiled what it will.
  for (let index = 0; index < 1000; index += 1) await callWith(pool, ECHO);
  const early = memory();
  for (let index = 0; index < 2000; index += 1) await callWith(pool, ECHO);
  expect(memory()).toBeLessThan(early * 1.25);
});
