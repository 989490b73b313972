import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import wabtInit from 'wabt';
import { ERRNO } from './errno.ts';
import { PREVIEW1_FUNCTIONS, PREVIEW1_MODULE } from './functions.ts';
import { preview1Imports } from './imports.ts';
import { Preview1Call } from './call.ts';
import { testWorld } from './probe.ts';

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
  const dir = mkdtempSync(join(tmpdir(), 'wirken-signatures-'));
  try {
    const source = join(import.meta.dirname, 'fixtures', 'signatures.c');
    const wasm = join(dir, 'signatures.wasm');
    execFileSync('clang-19', ['--target=wasm32-wasi', '--sysroot=/usr', '-O0', '-Wl,--strip-all', '-o', wasm, source]);
    const text = (await wabtInit()).readWasm(new Uint8Array(readFileSync(wasm)), { readDebugNames: false }).toText({});
    const types = [
      ...text.matchAll(/\(type \(;(\d+);\) \(func(?: \(param([ i3264]*)\))?(?: \(result([ i3264]*)\))?\)\)/g),
    ];
    const typeOf = new Map(
      types.map(([, index, params = '', results = '']) => [index, { params: words(params), results: words(results) }]),
    );
    const imports = [
      ...text.matchAll(/\(import "wasi_snapshot_preview1" "(\w+)" \(func \(;\d+;\) \(type (\d+)\)\)\)/g),
    ];
    const found = Object.fromEntries(imports.map(([, name, type]) => [name, typeOf.get(type)]));
    // The header of this wasi-libc has left `proc_raise` out.
    const { proc_raise: _, ...expected } = PREVIEW1_FUNCTIONS;
    expect(found).toEqual(expected);
  } finally {
    rmSync(dir, { recursive: true });
  }
});

function words(text: string): string[] {
  return text.split(' ').filter((word) => word !== '');
}

it('numbers errors as wasi-libc’s header does', () => {
  const header = readFileSync('/usr/include/wasm32-wasi/wasi/api.h', 'utf8');
  const numbers = Object.fromEntries(
    [...header.matchAll(/#define __WASI_ERRNO_(\w+) \(UINT16_C\((\d+)\)\)/g)].map(([, name, number]) => [
      name?.toLowerCase(),
      Number(number),
    ]),
  );
  expect(numbers).toMatchObject(ERRNO);
});
