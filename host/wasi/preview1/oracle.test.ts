import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { DirHandle } from '../../workspace/layer.ts';
import { systemGuestClock } from '../clock.ts';
import { systemRandom } from '../random.ts';
import { cappedSink, memorySource } from '../stdio.ts';
import { runCommand } from './command.ts';
import { testWorld } from './probe.ts';
import { buildModule } from '../../../tools/wasm/build-one.ts';

const STDIN = 'one\ntwo\n';
/** node:wasi over real descriptors, in a process of its own. */
const ORACLE = `
  import { readFileSync } from 'node:fs';
  import { WASI } from 'node:wasi';
  const [wasm, data] = process.argv.slice(1);
  const wasi = new WASI({ version: 'preview1', args: ['oracle', 'x y'], preopens: { '/data': data }, returnOnExit: true });
  const instance = await WebAssembly.instantiate(new WebAssembly.Module(readFileSync(wasm)), wasi.getImportObject());
  process.exitCode = wasi.start(instance);
`;

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'wirken-oracle-'));
});
afterAll(() => rmSync(dir, { recursive: true }));

function put(root: DirHandle, path: string, text: string): void {
  const how = {
    read: false,
    write: true,
    create: true,
    exclusive: true,
    truncate: false,
    directory: false,
    followLast: false,
  };
  const file = root.open(path, how);
  if (typeof file === 'string' || file.kind !== 'file') throw new TypeError(`cannot put ${path}`);
  expect(file.write(Buffer.from(text), 0n)).toBe(text.length);
  file.close();
}

it('a C program sees in our /tmp what it sees through node:wasi in a real directory', async () => {
  const wasm = join(dir, 'oracle.wasm');
  writeFileSync(wasm, await buildModule(join(import.meta.dirname, 'fixtures', 'oracle.c')));

  const data = join(dir, 'data');
  mkdirSync(join(data, 'sub'), { recursive: true });
  const clock = systemGuestClock();
  const stdout = cappedSink(1 << 16, 'output');
  const stderr = cappedSink(1 << 16, 'output');
  const args = ['oracle', 'x y'].map((text) => Buffer.from(text));
  const world = testWorld({
    args,
    stdin: memorySource(Buffer.from(STDIN)),
    stdout,
    stderr,
    clock,
    random: systemRandom,
  });
  world.tmp.mkdir('sub');
  for (const [path, text] of [
    ['hello.txt', 'hello\n'],
    ['sub/a', '1'],
    ['sub/b', '2'],
  ] as const) {
    writeFileSync(join(data, path), text);
    put(world.tmp, path, text);
  }

  const oracle = spawnSync(process.execPath, ['--no-warnings', '--input-type=module', '-e', ORACLE, wasm, data], {
    input: STDIN,
  });
  const mounts = [{ guestPath: '/data', dir: world.tmp }];
  const { end } = runCommand(new WebAssembly.Module(readFileSync(wasm)), { ...world, mounts });

  expect(end).toEqual({ kind: 'exited', code: oracle.status });
  expect(Buffer.from(stderr.bytes()).toString()).toBe(oracle.stderr.toString());
  expect(Buffer.from(stdout.bytes()).toString().split('\n')).toEqual(oracle.stdout.toString().split('\n'));
});
