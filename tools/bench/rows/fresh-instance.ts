import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { WASI } from 'node:wasi';
import { encodeUtf8 } from '../../../host/base/bytes.ts';
import { systemGuestClock } from '../../../host/wasi/clock.ts';
import { DEFAULT_LIMITS } from '../../../host/wasi/limits.ts';
import { importMemory } from '../../../host/wasi/module/import-memory.ts';
import { prepareModule } from '../../../host/wasi/module/prepare.ts';
import { runCommand } from '../../../host/wasi/preview1/command.ts';
import { MemoryShelf } from '../../../host/wasi/preview1/shelf.ts';
import { systemRandom } from '../../../host/wasi/random.ts';
import { cappedSink, memorySource, tailSink } from '../../../host/wasi/stdio.ts';
import { echoCommand } from '../guests.ts';
import { interleave, medianOf } from '../measure.ts';
import { scratch } from '../scratch.ts';
import type { Outcome } from '../table.ts';

/** Instances of one sample. */
const INSTANCES = 50;
const ROUNDS = 60;
const OURS = 'preview 1, as a runner does it: its memory zeroed and used again';
const ANEW = 'preview 1, a new memory each time';
const PEER = 'node:wasi, fd functions overridden in memory';
const FILE = 'node:wasi, stdio in temporary files';
const INPUT = encodeUtf8('x'.repeat(1024));

export async function measure(): Promise<readonly Outcome[]> {
  using dir = scratch();
  const module = new WebAssembly.Module(echoCommand);
  const fromShelf = asRunner();
  const stdin = join(dir.path, 'stdin');
  const stdout = join(dir.path, 'stdout');
  writeFileSync(stdin, INPUT);
  const samples = await interleave(
    [
      { name: OURS, once: () => repeat(fromShelf) },
      { name: ANEW, once: () => repeat(() => ours(module)) },
      { name: PEER, once: () => repeat(() => overridden(module)) },
      { name: FILE, once: () => repeat(() => throughFiles(module, stdin, stdout)) },
    ],
    { rounds: ROUNDS, warmUp: 10 },
  );
  const micros = (side: string): number => (medianOf(samples, side) * 1000) / INSTANCES;
  return [
    {
      name: 'fresh-instance',
      what: 'a fresh preview 1 instance, stdout captured, in process',
      unit: 'µs',
      value: micros(OURS),
      comparisons: [
        { peer: PEER, peerValue: micros(PEER), target: { kind: 'at-least', value: 1.3 } },
        { peer: FILE, peerValue: micros(FILE) },
        { peer: ANEW, peerValue: micros(ANEW) },
      ],
    },
  ];
}

/** Milliseconds without the collection that follows: what one side leaves behind is not the next one's burden. */
function repeat(once: () => number): number {
  const started = performance.now();
  for (let made = 0; made < INSTANCES; made++) {
    if (once() !== INPUT.length) throw new Error('the echo command answered something else');
  }
  const ms = performance.now() - started;
  globalThis.gc?.();
  return ms;
}

function asRunner(): () => number {
  const importer = importMemory(prepareModule(echoCommand, DEFAULT_LIMITS).bytes, Infinity);
  if (importer === undefined) throw new TypeError('the echo command has one memory');
  const module = new WebAssembly.Module(importer.bytes);
  const shelf = new MemoryShelf(importer.memory);
  return () => {
    const written = ours(module, shelf);
    shelf.tidy();
    return written;
  };
}

function ours(module: WebAssembly.Module, shelf?: MemoryShelf): number {
  const stdout = cappedSink(DEFAULT_LIMITS.outputBytes, 'output');
  runCommand(
    module,
    {
      args: [encodeUtf8('echo'), encodeUtf8('echo')],
      env: [],
      stdin: memorySource(INPUT),
      stdout,
      stderr: tailSink(DEFAULT_LIMITS.stderrBytes),
      mounts: [],
      clock: systemGuestClock(),
      random: systemRandom,
      maxDescriptors: DEFAULT_LIMITS.descriptors,
      maxWrittenBytes: DEFAULT_LIMITS.writtenBytes,
    },
    shelf,
  );
  return stdout.bytes().length;
}

function overridden(module: WebAssembly.Module): number {
  const wasi = new WASI({ version: 'preview1', args: ['echo', 'echo'], env: {}, returnOnExit: true });
  const written: Uint8Array[] = [];
  let at = 0;
  let memory: WebAssembly.Memory | undefined;
  const each = (iovs: number, count: number, sum: number, take: (bytes: Uint8Array) => number): number => {
    if (memory === undefined) return 21;
    const view = new DataView(memory.buffer);
    let total = 0;
    for (let i = 0; i < count; i++) {
      const from = view.getUint32(iovs + 8 * i, true);
      total += take(new Uint8Array(memory.buffer, from, view.getUint32(iovs + 8 * i + 4, true)));
    }
    view.setUint32(sum, total, true);
    return 0;
  };
  const imports = {
    ...wasi.wasiImport,
    fd_read: (_fd: number, iovs: number, count: number, sum: number) =>
      each(iovs, count, sum, (bytes) => {
        const part = INPUT.subarray(at, at + bytes.length);
        bytes.set(part);
        at += part.length;
        return part.length;
      }),
    fd_write: (_fd: number, iovs: number, count: number, sum: number) =>
      each(iovs, count, sum, (bytes) => written.push(bytes.slice()) && bytes.length),
    fd_close: () => 0,
    fd_seek: () => 70,
    fd_fdstat_get: () => 8,
  };
  const instance = new WebAssembly.Instance(module, { wasi_snapshot_preview1: imports });
  if (instance.exports['memory'] instanceof WebAssembly.Memory) memory = instance.exports['memory'];
  wasi.start(instance);
  return Buffer.concat(written).length;
}

function throughFiles(module: WebAssembly.Module, stdin: string, stdout: string): number {
  const input = openSync(stdin, 'r');
  const output = openSync(stdout, 'w+');
  const wasi = new WASI({
    version: 'preview1',
    args: ['echo', 'echo'],
    env: {},
    returnOnExit: true,
    stdin: input,
    stdout: output,
  });
  wasi.start(new WebAssembly.Instance(module, wasi.getImportObject() as WebAssembly.Imports));
  closeSync(input);
  closeSync(output);
  return readFileSync(stdout).length;
}
