import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

/** What a process of its own finds when it has put `filter` on itself. */
function found(filter: 'filterThread' | 'filterProcess' | 'neither'): unknown {
  const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
  const script = `
    import { spawnSync } from 'node:child_process';
    import { createSocket } from 'node:dgram';
    import { chmodSync } from 'node:fs';
    import { Worker } from 'node:worker_threads';
    import { loadKernel } from '${at('./kernel.ts')}';
    import * as seccomp from '${at('./seccomp.ts')}';
    const kernel = loadKernel();
    kernel.forbidNewPrivileges();
    seccomp['${filter}']?.(kernel);
    const attempt = (act) => { try { return act(); } catch (error) { return error.code ?? error.message; } };
    const told = {
      program: spawnSync(process.execPath, ['-e', '0']).error?.code ?? 'ran',
      signal: attempt(() => process.kill(process.ppid, 0)),
      owner: attempt(() => kernel.signalOnHangup(1, process.pid, 9) ?? 'done'),
      limit: attempt(() => kernel.limitProcess(process.ppid, 'coreBytes', 0) ?? 'done'),
      ownLimit: attempt(() => kernel.limitProcess(0, 'coreBytes', 0) ?? 'done'),
      mode: attempt(() => chmodSync('/dev/null/none', 0o700)),
    };
    const thread = new Worker('0', { eval: true });
    thread.on('exit', (code) => { told.thread = code; console.log(JSON.stringify(told)); process.exit(0); });`;
  const args = ['--disable-warning=ExperimentalWarning', '--input-type=module-typescript', '-e', script];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout);
}

const FREE = {
  program: 'ran',
  signal: true,
  owner: 'done',
  limit: 'done',
  ownLimit: 'done',
  mode: 'ENOTDIR',
  thread: 0,
};

it('is allowed everything without a filter', () => {
  expect(found('neither')).toEqual(FREE);
});

it('may start programs with the filter of the spawner', () => {
  expect(found('filterThread')).toEqual({ ...FREE, limit: 'prlimit failed with errno 1', mode: 'EPERM' });
});

it('has threads and nothing else with the filter of a process', () => {
  const refused = { program: 'EPERM', signal: 'EPERM', owner: 'fcntl failed with errno 1' };
  expect(found('filterProcess')).toEqual({ ...FREE, ...refused });
});
