import { join } from 'node:path';
import { expect, it } from 'vitest';
import wabtInit from 'wabt';
import { ERRNO } from './errno.ts';
import { PREVIEW1_FUNCTIONS, PREVIEW1_MODULE } from './functions.ts';
import { preview1Imports } from './imports.ts';
import { Preview1Call } from './call.ts';
import { testWorld } from './probe.ts';
import { cappedSink } from '../stdio.ts';
import { runCommand } from './command.ts';
import { buildModule } from '../../../tools/wasm/build-one.ts';

const NAMES = Object.keys(PREVIEW1_FUNCTIONS).toSorted();

it('names all 46 functions, and has each with its parameters', () => {
  expect(NAMES).toHaveLength(46);
  const functions = new Map<string, unknown>(
    Object.entries(preview1Imports(new Preview1Call(testWorld()))[PREVIEW1_MODULE]),
  );
  expect([...functions.keys()].toSorted()).toEqual(NAMES);
  for (const [name, { params }] of Object.entries(PREVIEW1_FUNCTIONS)) {
    expect([name, (functions.get(name) as () => void).length]).toEqual([name, params.length]);
  }
});

it('has the signatures that wasi-libc’s own header compiles to', async () => {
  const module = await buildModule(fixture('signatures.c'), { flags: ['-O0'] });
  const text = (await wabtInit()).readWasm(module, { readDebugNames: false }).toText({});
  const types = [
    ...text.matchAll(/\(type \(;(\d+);\) \(func(?: \(param([ i3264]*)\))?(?: \(result([ i3264]*)\))?\)\)/g),
  ];
  const typeOf = new Map(
    types.map(([, index, params = '', results = '']) => [index, { params: words(params), results: words(results) }]),
  );
  const imports = [...text.matchAll(/\(import "wasi_snapshot_preview1" "(\w+)" \(func \(;\d+;\) \(type (\d+)\)\)\)/g)];
  const found = Object.fromEntries(imports.map(([, name, type]) => [name, typeOf.get(type)]));
  // The header of this wasi-libc has left `proc_raise` out.
  const { proc_raise: _, ...expected } = PREVIEW1_FUNCTIONS;
  expect(found).toEqual(expected);
});

function words(text: string): string[] {
  return text.split(' ').filter((word) => word !== '');
}

it('numbers errors as wasi-libc’s header does', async () => {
  const stdout = cappedSink(1 << 16, 'output');
  runCommand(new WebAssembly.Module(await buildModule(fixture('errnos.c'))), testWorld({ stdout }));
  const lines = Buffer.from(stdout.bytes()).toString().trimEnd().split('\n');
  expect(
    Object.fromEntries(lines.map((line) => line.split(' ')).map(([name, number]) => [name, Number(number)])),
  ).toEqual(ERRNO);
});

function fixture(name: string): string {
  return join(import.meta.dirname, 'fixtures', name);
}
