import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import wabtInit from 'wabt';
import { DEFAULT_LIMITS } from '../limits.ts';
import { importMemory, MEMORY_IMPORT } from './import-memory.ts';
import { prepareModule } from './prepare.ts';

const wabt = await wabtInit();

function wat(text: string): Uint8Array {
  const features = { exceptions: true, multi_memory: true };
  const module = wabt.parseWat('test.wat', text, features);
  try {
    return new Uint8Array(module.toBinary({ write_debug_names: true }).buffer);
  } finally {
    module.destroy();
  }
}

function prepared(text: string): Uint8Array {
  return prepareModule(wat(text), DEFAULT_LIMITS).bytes;
}

/** A custom section of that name, and nothing in it. */
function custom(name: string): number[] {
  return [0, name.length + 1, name.length, ...Buffer.from(name)];
}

describe('importMemory', () => {
  const YIELD = '(import "wasi_snapshot_preview1" "sched_yield" (func (result i32)))';
  const WORK = `(data (i32.const 8) "\\2a") (global $g i32 (i32.const 8))
    (func $f (export "f") (result i32) (i32.load8_u (global.get $g))) (table funcref (elem $f))`;
  it.for<[string, string]>([
    ['with imports', `(module ${YIELD} (memory (export "m") 2) ${WORK})`],
    ['without imports', `(module (memory (export "m") 2) ${WORK})`],
    ['with its own maximum', `(module (memory (export "m") 2 2) ${WORK})`],
    ['exported twice', `(module (memory (export "m") (export "n") 2) ${WORK})`],
  ])('gives a module %s the memory that it is given', ([, text]) => {
    const bytes = prepared(text);
    const importer = importMemory(bytes, 32);
    expect(importer?.memory.initial).toBe(2);
    if (importer === undefined) return;
    const module = new WebAssembly.Module(importer.bytes);
    expect(WebAssembly.Module.exports(module)).toEqual(WebAssembly.Module.exports(new WebAssembly.Module(bytes)));
    const memory = new WebAssembly.Memory(importer.memory);
    const { exports } = new WebAssembly.Instance(module, {
      wasi_snapshot_preview1: { sched_yield: () => 0 },
      [MEMORY_IMPORT.module]: { [MEMORY_IMPORT.name]: memory },
    });
    expect(exports['m']).toBe(memory);
    const { f } = exports;
    expect(typeof f === 'function' && f()).toBe(42);
    new Uint8Array(memory.buffer)[8] = 7;
    expect(typeof f === 'function' && f()).toBe(7);
  });

  it('puts the import after the types, whatever custom sections stand around', () => {
    const memory = [5, 3, 1, 0, 1];
    const type = [1, 4, 1, 0x60, 0, 0];
    const preamble = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
    for (const sections of [
      [memory],
      [custom('a'), memory, custom('b')],
      [custom('a'), type, custom('b'), memory],
      [type, memory],
    ]) {
      const bytes = prepareModule(Uint8Array.from([...preamble, ...sections.flat()]), DEFAULT_LIMITS).bytes;
      const importer = importMemory(bytes, 32);
      expect(importer && WebAssembly.validate(importer.bytes)).toBe(true);
    }
  });

  it.for<[string, string]>([
    ['no memory', '(module)'],
    ['two memories', '(module (memory 1) (memory 1))'],
    ['a large memory', '(module (memory 33))'],
  ])('leaves %s as it is', ([, text]) => {
    expect(importMemory(prepared(text), 32)).toBeUndefined();
  });

  it('leaves a memory without a maximum as it is: the engine alone would hold it to none', () => {
    expect(importMemory(wat('(module (memory 1))'), 32)).toBeUndefined();
  });

  const corpus = join(import.meta.dirname, '../../../test-skills/prebuilt');
  it.for(readdirSync(corpus))('keeps a compiled program valid: %s', (name) => {
    const { bytes, facts } = prepareModule(readFileSync(join(corpus, name)), DEFAULT_LIMITS, 'any');
    const importer = importMemory(bytes, 65_536);
    expect(importer === undefined).toBe(facts.memories.length !== 1);
    if (importer === undefined) return;
    const seen = new WebAssembly.Module(importer.bytes);
    const before = new WebAssembly.Module(bytes);
    expect(WebAssembly.Module.exports(seen)).toEqual(WebAssembly.Module.exports(before));
    expect(WebAssembly.Module.imports(seen)).toEqual([
      ...WebAssembly.Module.imports(before),
      { ...MEMORY_IMPORT, kind: 'memory' },
    ]);
  });
});
