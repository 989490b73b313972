import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { deliverCode } from '../code.ts';
import { DEFAULT_LIMITS } from '../limits.ts';
import { scratch } from './fixtures.ts';
import { closeDirectories, planRunner, withOwnDirectories } from './plan.ts';
import { startSpawner } from './spawn.ts';
import type { Where } from './where.ts';

const PROBE = fileURLToPath(new URL('./probe.mjs', import.meta.url));

interface Told {
  readonly status: string;
  readonly [what: string]: unknown;
}

/** What a program that does its worst reports from the place of a runner. */
async function probe(
  where: Where,
  fence: boolean,
  outside: string,
): Promise<{ told: Told; status: string; limits: string; fenced: boolean }> {
  using cache = scratch();
  const plan = withOwnDirectories(planRunner(where, false, DEFAULT_LIMITS.memoryBytes, fence));
  const delivered = deliverCode(cache.path);
  // The same arguments as a runner's, with the probe as the script; what follows the mode is the probe's own.
  const code = { ...delivered, runner: PROBE, readable: [{ path: PROBE, isDirectory: false }] };
  await using spawner = await startSpawner(plan, code, fence, [String(process.pid), outside]);
  const runner = await spawner.start();
  let said = '';
  await new Promise<void>((resolve) => {
    runner.link.once('close', resolve);
    runner.hear((bytes) => {
      said += Buffer.from(bytes).toString();
      if (said.endsWith('\n')) resolve();
    });
  });
  const [status, limits] = ['status', 'limits'].map((file) => readFileSync(`/proc/${runner.pid}/${file}`, 'utf8'));
  runner.kill();
  await runner.ended;
  closeDirectories(plan);
  return { told: JSON.parse(said), status: status ?? '', limits: limits ?? '', fenced: spawner.fenced };
}

describe('a runner that got out of the engine', () => {
  it('finds Node shut without file grants, fenced or not', async () => {
    using outside = scratch();
    for (const fence of [true, false]) {
      const { told, status, limits, fenced } = await probe({ mounts: [], tmp: true }, fence, outside.path);
      expect(fenced).toBe(fence);
      expect(status).toMatch(fence ? /^Seccomp:\s+2$/m : /^Seccomp:\s+0$/m);
      expect(limits).toMatch(/^Max core file size\s+0\s+0\s/m);
      expect(limits).toMatch(/^Max data size\s+1610612736\s+1610612736\s/m);
      expect(limits).toMatch(/^Max open files\s+1024\s+1024\s/m);
      expect(told).toMatchObject({
        read: 'ERR_ACCESS_DENIED',
        list: 'ERR_ACCESS_DENIED',
        write: 'ERR_ACCESS_DENIED',
        status: 'ERR_ACCESS_DENIED',
        spawn: 'ERR_ACCESS_DENIED',
        worker: 'ERR_ACCESS_DENIED',
        wasi: 'ERR_ACCESS_DENIED',
        sqlite: 'ERR_UNKNOWN_BUILTIN_MODULE',
        connect: 'ERR_ACCESS_DENIED',
        addon: 'ERR_DLOPEN_DISABLED',
        environment: 0,
        scopes: [],
      });
      expect(told['eval']).toMatch(/Code generation from strings disallowed/);
    }
  });

  it('has the workspace and nothing else, even with native calls', async () => {
    using outside = scratch();
    using workspace = scratch();
    writeFileSync(`${workspace.path}/inside.txt`, 'x');
    const fd = openSync(workspace.path, 'r');
    const results = [];
    for (const access of ['read-only', 'read-write'] as const) {
      const { told, status } = await probe(
        { mounts: [{ guestPath: '/workspace', fd, access }], tmp: true },
        true,
        outside.path,
      );
      expect(told['scopes']).toEqual(['ffi']);
      expect(status).toMatch(/^NoNewPrivs:\s+1$/m);
      expect(status).toMatch(/^Seccomp:\s+2$/m);
      results.push(told);
    }
    closeSync(fd);
    const denied = {
      nativeRead: 'errno 13',
      nativeWrite: 'errno 13',
      nativeKill: 'errno 1',
      nativeConnect: 'errno 1',
      nativeUdp: 'errno 1',
      nativeUnix: 'errno 1',
      nativeNetlink: 'errno 1',
      nativeTrace: 'errno 1',
      nativeLimit: 'errno 1',
      nativeOwnLimit: 'done',
      nativePidfd: 'errno 1',
      nativePriority: 'errno 1',
      nativeRing: 'errno 1',
      nativeKeys: 'errno 1',
      nativeNamespace: 'errno 1',
      nativeMode: 'errno 1',
      nativeMemory: 'errno 13',
    };
    expect(results[0]).toMatchObject({ ...denied, nativeInside: 'done', nativeInsideWrite: 'errno 13' });
    expect(results[1]).toMatchObject({ ...denied, nativeInside: 'done', nativeInsideWrite: 'done' });
    expect(existsSync(`${outside.path}/planted`)).toBe(false);
  });
});
