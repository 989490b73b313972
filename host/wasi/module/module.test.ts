import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import wabtInit from 'wabt';
import { HostError } from '../../base/error.ts';
import { DEFAULT_LIMITS } from '../limits.ts';
import { shareBudget } from './budget.ts';
import { importMemory } from './import-memory.ts';
import { inspectModule } from './inspect.ts';
import { PREVIEW1_FUNCTIONS } from '../preview1/functions.ts';
import { layerOf } from './layer.ts';
import { prepareModule, prepareModules } from './prepare.ts';

const PREAMBLE = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const LIMITS = { ...DEFAULT_LIMITS, memoryBytes: 10 * 65_536, tableElements: 100, functions: 20, moduleBytes: 100_000 };
const wabt = await wabtInit();

function wat(text: string): Uint8Array {
  const features = {
    function_references: true,
    exceptions: true,
    multi_memory: true,
    tail_call: true,
    threads: true,
    memory64: true,
    gc: true,
  };
  const module = wabt.parseWat('test.wat', text, features);
  try {
    return new Uint8Array(module.toBinary({}).buffer);
  } finally {
    module.destroy();
  }
}

function section(id: number, ...contents: number[]): number[] {
  return [id, contents.length, ...contents];
}

function binary(...sections: number[][]): Uint8Array {
  return Uint8Array.from([...PREAMBLE, ...sections.flat()]);
}

function text(value: string): number[] {
  return [value.length, ...new TextEncoder().encode(value)];
}

function refusal(act: () => unknown): [string, string] {
  try {
    act();
  } catch (error) {
    if (error instanceof HostError) return [error.code, error.message];
    throw error;
  }
  return ['accepted', ''];
}

const TYPE = section(1, 1, 0x60, 0, 0);
const FUNCTION = section(3, 1, 0);
const CODE = section(10, 1, 2, 0, 0x0b);
const EMPTY_FUNCTION = [TYPE, FUNCTION, CODE];

describe('inspectModule', () => {
  it.for<[string, Uint8Array, string, RegExp]>([
    ['an empty file', new Uint8Array(), 'module-invalid', /preamble/],
    ['seven bytes', Uint8Array.from(PREAMBLE.slice(0, 7)), 'module-invalid', /preamble/],
    [
      'another file',
      Uint8Array.from([0x7f, 0x45, 0x4c, 0x46, 1, 0, 0, 0]),
      'module-invalid',
      /magic bytes are missing/,
    ],
    ['the other byte order', Uint8Array.from([0x6d, 0x73, 0x61, 0, 0, 0, 0, 1]), 'module-invalid', /wrong byte order/],
    ['version 2', Uint8Array.from([0, 0x61, 0x73, 0x6d, 2, 0, 0, 0]), 'module-invalid', /version/],
    ['a component', Uint8Array.from([0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0]), 'module-invalid', /component/],
    ['a section past the end', binary([1, 9, 0]), 'module-invalid', /reaches past/],
    ['a section without a size', binary([1]), 'module-invalid', /ends within/],
    ['an unknown section', binary(section(14, 0)), 'module-invalid', /section 14 is unknown/],
    ['a section twice', binary(TYPE, TYPE), 'module-invalid', /type section is out of order or stands twice/],
    ['imports twice', binary(TYPE, section(2, 0), section(2, 0)), 'module-invalid', /import section is out of order/],
    ['sections out of order', binary(section(5, 0), section(4, 0)), 'module-invalid', /table section is out of order/],
    ['an overlong size', binary([5, 0x81, 0x80, 0x80, 0x80, 0x80, 0x00, 0]), 'module-invalid', /more than 32 bits/],
    ['a size above 32 bits', binary([5, 0x81, 0x80, 0x80, 0x80, 0x10, 0]), 'module-invalid', /more than 32 bits/],
    ['a section with a rest', binary(section(5, 0, 0)), 'module-invalid', /too many/],
    ['a forged type count', binary([1, 5, 0xff, 0xff, 0xff, 0xff, 0x0f]), 'module-invalid', /do not fit/],
    ['a forged import count', binary([2, 5, 0xff, 0xff, 0xff, 0xff, 0x0f]), 'module-invalid', /do not fit/],
    ['a forged export count', binary([7, 5, 0xff, 0xff, 0xff, 0xff, 0x0f]), 'module-invalid', /do not fit/],
    ['a forged function count', binary(TYPE, section(3, 0xff, 0x01, 0)), 'module-invalid', /do not fit/],
    ['a forged memory count', binary(section(5, 0x7f, 0, 1)), 'module-invalid', /do not fit/],
    ['a forged parameter count', binary(section(1, 1, 0x60, 0x7f, 0)), 'module-invalid', /do not fit/],
    ['an unknown value type', binary(section(1, 1, 0x60, 1, 0x10, 0)), 'module-invalid', /unknown type/],
    ['an unknown type form', binary(section(1, 1, 0x22, 0, 0)), 'module-invalid', /type form/],
    ['a function without a type', binary(FUNCTION, CODE), 'module-invalid', /names no type/],
    ['a function without a body', binary(TYPE, FUNCTION), 'module-invalid', /1 functions are declared but 0/],
    ['a body without a function', binary(TYPE, CODE), 'module-invalid', /0 functions are declared but 1/],
    ['a body past the end', binary(TYPE, FUNCTION, section(10, 1, 9, 0)), 'module-invalid', /reaches past/],
    ['code with a rest', binary(TYPE, FUNCTION, section(10, 1, 2, 0, 0x0b, 0)), 'module-invalid', /too many/],
    ['an unknown import kind', binary(section(2, 1, 0, 0, 9, 0)), 'module-invalid', /import kind 9/],
    ['an import without a type', binary(section(2, 1, 0, 0, 0, 7)), 'module-invalid', /names no type/],
    ['a name that is not UTF-8', binary(section(0, 2, 0xff, 0xfe)), 'module-invalid', /not UTF-8/],
    ['a name past its section', binary(section(0, 9)), 'module-invalid', /reaches past/],
    ['an export of an unknown kind', binary(section(7, 1, 0, 9, 0)), 'module-invalid', /kind of an export/],
    ['a start section with a rest', binary(TYPE, FUNCTION, section(8, 0, 0), CODE), 'module-invalid', /too many/],
    ['a memory above 4 GiB', binary(section(5, 1, 0, 0x81, 0x80, 0x04)), 'module-invalid', /larger than 4 GiB/],
    ['a maximum below the start', binary(section(5, 1, 1, 2, 1)), 'module-invalid', /maximum below/],
    ['unknown memory flags', binary(section(5, 1, 0x10, 0)), 'module-invalid', /unknown flags/],
    ['an odd table form', binary(section(4, 1, 0x40, 1, 0x70, 0, 0)), 'module-invalid', /unknown form/],
    ['an odd constant', binary(section(4, 1, 0x40, 0, 0x70, 0, 0, 0x10, 0, 0x0b)), 'module-invalid', /opcode 0x10/],
    ['a constant past the end', binary(section(4, 1, 0x40, 0, 0x70, 0, 0, 0x44, 0)), 'module-invalid', /reaches past/],
    ['modules of too many bytes', new Uint8Array(100_001), 'module-too-large', /100001 bytes/],
    ['a negative heap index', binary(section(4, 1, 0x63, 0xc0, 0x40, 0)), 'module-invalid', /unknown heap|negative/],
    ['a shared memory', wat('(module (memory 1 2 shared))'), 'unsupported', /threads/],
    ['a 64-bit memory', wat('(module (memory i64 1))'), 'unsupported', /64-bit memory/],
    ['a 64-bit table', binary(section(4, 1, 0x70, 4, 0)), 'unsupported', /64-bit table/],
    ['a page size', binary(section(5, 1, 8, 1, 0)), 'unsupported', /page size/],
    ['an array type', binary(section(1, 1, 0x5e, 0x7f, 1)), 'unsupported', /garbage collection/],
    ['a struct type', binary(section(1, 1, 0x5f, 0)), 'unsupported', /garbage collection/],
    ['a group of types', binary(section(1, 1, 0x4e, 0)), 'unsupported', /garbage collection/],
    ['an open type', binary(section(1, 1, 0x50, 0, 0x60, 0, 0)), 'unsupported', /garbage collection/],
    ['a collected reference', binary(section(1, 1, 0x60, 1, 0x6e, 0)), 'unsupported', /garbage-collected/],
    ['a collected table', binary(section(4, 1, 0x63, 0x6a, 0, 1)), 'unsupported', /garbage-collected/],
    ['an unknown module', wat('(module (import "env" "puts" (func)))'), 'import-unknown', /env\.puts \(function\)/],
    [
      'node:wasi’s old name',
      wat('(module (import "wasi_unstable" "proc_exit" (func)))'),
      'import-unknown',
      /wasi_unstable/,
    ],
    ['an imported memory', wat('(module (import "env" "memory" (memory 1)))'), 'import-unknown', /\(memory\)/],
    [
      'an unknown function',
      wat('(module (import "wasi_snapshot_preview1" "sock_open" (func)))'),
      'import-unknown',
      /wasi_snapshot_preview1\.sock_open/,
    ],
    [
      'a property of every object',
      wat('(module (import "wasi_snapshot_preview1" "toString" (func)))'),
      'import-unknown',
      /toString/,
    ],
    [
      'another signature',
      wat('(module (import "wasi_snapshot_preview1" "proc_exit" (func (param i64))))'),
      'import-unknown',
      /proc_exit as \(i64\) -> \(\); it is \(i32\) -> \(\)/,
    ],
    [
      'a global with a function’s name',
      wat('(module (import "wasi_snapshot_preview1" "proc_exit" (global i32)))'),
      'import-unknown',
      /\(global\)/,
    ],
    [
      'an import that hides its name',
      binary(TYPE, section(2, 1, ...text('e\u001b[2J'), ...text('x'), 0, 0)),
      'import-unknown',
      /e\\x1b\[2J\.x/,
    ],
    ['memory above the limit', wat('(module (memory 11))'), 'limit-exceeded', /720896 bytes, allowed are 655360/],
    ['memories above it together', wat('(module (memory 6) (memory 5))'), 'limit-exceeded', /720896/],
    ['a table above the limit', wat('(module (table 101 funcref))'), 'limit-exceeded', /101 elements/],
    ['tables above it together', wat('(module (table 60 funcref) (table 41 externref))'), 'limit-exceeded', /101/],
    ['too many functions', wat(`(module ${'(func)'.repeat(21)})`), 'module-too-large', /21 functions/],
    [
      'a name without end',
      binary([0, 0x83, 0x80, 0x01, 0x80, 0x80, 0x01, ...Array.from({ length: 16_384 }, () => 0x61)]),
      'accepted',
      /^$/,
    ],
    [
      'a longer name',
      binary([0, 0x84, 0x80, 0x01, 0x81, 0x80, 0x01, ...Array.from({ length: 16_385 }, () => 0x61)]),
      'module-too-large',
      /16385 bytes/,
    ],
    [
      '10,001 custom sections',
      binary(...Array.from({ length: 10_001 }, () => [0, 1, 0])),
      'module-too-large',
      /custom/,
    ],
  ])('refuses %s', ([, bytes, code, message]) => {
    const [refused, why] = refusal(() => inspectModule(bytes, LIMITS));
    expect(refused).toBe(code);
    expect(why).toMatch(message);
    // oxlint-disable-next-line no-control-regex
    expect(why).not.toMatch(/[\u0000-\u001f]/);
  });

  it('tells what it found', () => {
    const facts = inspectModule(
      wat(`(module
        (import "wasi_snapshot_preview1" "fd_write" (func $w (param i32 i32 i32 i32) (result i32)))
        (memory (export "memory") 1 5) (table (export "t") 2 funcref) (func $s (export "_start")) (start $s))`),
      LIMITS,
    );
    expect(facts).toMatchObject({
      imports: [{ module: 'wasi_snapshot_preview1', name: 'fd_write', kind: 'function' }],
      exports: [
        { name: 'memory', kind: 'memory' },
        { name: 't', kind: 'table' },
        { name: '_start', kind: 'function' },
      ],
      memories: [{ initial: 1, maximum: 5 }],
      tables: [{ element: 'funcref', initial: 2 }],
      functions: 2,
      hasStart: true,
    });
  });

  it.for(Object.entries(PREVIEW1_FUNCTIONS))('knows %s as the engine does', ([name, { params, results }]) => {
    const type = `(func (param ${params.join(' ')}) (result ${results.join(' ')}))`;
    const module = wat(`(module (import "wasi_snapshot_preview1" "${name}" ${type}))`);
    expect(inspectModule(module, LIMITS).imports).toHaveLength(1);
  });

  it('knows 46 functions', () => expect(Object.keys(PREVIEW1_FUNCTIONS)).toHaveLength(46));

  it.for<[string, Uint8Array]>([
    ['SIMD', wat('(module (func (result v128) (v128.const i64x2 1 2)))')],
    ['tail calls', wat('(module (func $f (return_call $f)))')],
    ['exceptions', wat('(module (tag) (func (throw 0)))')],
    ['padded numbers', binary([1, 0x84, 0x80, 0x80, 0x80, 0x00, 1, 0x60, 0, 0])],
    ['a table with a value', binary(section(4, 1, 0x40, 0, 0x70, 0, 3, 0xd0, 0x70, 0x0b))],
    ['typed references', binary(TYPE, section(4, 1, 0x63, 0, 0, 1))],
    ['a custom section between all others', binary(...EMPTY_FUNCTION.flatMap((one) => [section(0, 1, 0x61), one]))],
  ])('accepts %s, as the engine does', ([, bytes]) => {
    expect(WebAssembly.validate(bytes)).toBe(true);
    const { bytes: prepared } = prepareModule(bytes, LIMITS);
    expect(WebAssembly.validate(prepared)).toBe(true);
  });
});

describe('layerOf', () => {
  it.for<[string, number[], string | undefined]>([
    ['a module', PREAMBLE, 'module'],
    ['a component', [0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0], 'component'],
    ['a later component', [0, 0x61, 0x73, 0x6d, 0x0e, 0, 1, 0], undefined],
    ['nothing', [], undefined],
    ['a truncated one', PREAMBLE.slice(0, 7), undefined],
  ])('tells %s', ([, bytes, layer]) => expect(layerOf(Uint8Array.from(bytes))).toBe(layer));
});

const size = fc
  .record({ initial: fc.nat({ max: 3 }), room: fc.option(fc.nat({ max: 40 }), { nil: undefined }) })
  .map(({ initial, room }) => (room === undefined ? { initial } : { initial, maximum: initial + room }));
const sizes = fc.array(size, { minLength: 1, maxLength: 4 });

interface Sized {
  readonly initial: number;
  readonly maximum?: number;
}

function written(memories: readonly Sized[], tables: readonly Sized[], initialized: boolean): string {
  const limit = (one: Sized): string => `${one.initial} ${one.maximum ?? ''}`;
  return `(module
    ${memories.map((one, i) => `(memory (export "m${i}") ${limit(one)})`).join('\n')}
    ${tables.map((one, i) => `(table (export "t${i}") ${limit(one)} ${i % 2 ? 'externref' : 'funcref'})`).join('\n')}
    (global $g (mut i32) (i32.const 7))
    ${initialized && (memories[0]?.initial ?? 0) > 0 ? '(data (i32.const 8) "hello")' : ''}
    (func (export "f") (param i32) (result i32)
      (global.set $g (i32.add (global.get $g) (local.get 0))) (global.get $g)))`;
}

describe('prepareModule', () => {
  it('lets memories and tables grow up to the limit and no further', () => {
    fc.assert(
      fc.property(sizes, sizes, fc.boolean(), (memories, tables, initialized) => {
        const source = wat(written(memories, tables, initialized));
        const prepared = prepareModule(source, { ...LIMITS, memoryBytes: 20 * 65_536 });
        const exports = new WebAssembly.Instance(new WebAssembly.Module(prepared.bytes)).exports;
        const reach = memories.map((_, i) => grown(exports[`m${i}`] as WebAssembly.Memory, memories[i]));
        expect(sum(reach)).toBeLessThanOrEqual(20);
        expect(sum(reach) * 65_536).toBe(prepared.memoryBytes);
        if (memories.some((one) => one.maximum === undefined)) expect(sum(reach)).toBeGreaterThan(20 - memories.length);
        const elements = tables.map((_, i) => grown(exports[`t${i}`] as WebAssembly.Table, tables[i]));
        expect(sum(elements)).toBeLessThanOrEqual(100);
        expect(sum(elements)).toBe(prepared.tableElements);
        expect((exports['f'] as (n: number) => number)(5)).toBe(12);
        const again = inspectModule(prepared.bytes, { ...LIMITS, memoryBytes: 20 * 65_536 });
        expect(again.exports).toEqual(prepared.facts.exports);
        expect(prepareModule(prepared.bytes, { ...LIMITS, memoryBytes: 20 * 65_536 }).bytes).toBe(prepared.bytes);
      }),
      { numRuns: 60 },
    );
  });

  it('changes nothing besides the size', () => {
    const before = wat('(module (memory (export "m") 1) (func (export "f") (result i32) (i32.const 42)))');
    const after = prepareModule(before, LIMITS).bytes;
    // memory section: id, size, one memory, {no maximum → maximum}, initial 1, [10 pages]
    expect(Buffer.from(after).toString('hex')).toBe(
      Buffer.from(before).toString('hex').replace('0503010001', '05040101010a'),
    );
  });

  it('shares one budget over all modules of a component, counting instances', () => {
    const [one, two] = prepareModules(
      [
        { untrusted: wat('(module (memory 1))'), instances: 2 },
        { untrusted: wat('(module (import "env" "anything" (func)) (memory 1 3))'), instances: 1 },
      ],
      LIMITS,
      'any',
    );
    expect(2 * (one?.memoryBytes ?? 0) + (two?.memoryBytes ?? 0)).toBeLessThanOrEqual(LIMITS.memoryBytes);
    expect([one?.memoryBytes, two?.memoryBytes]).toEqual([3 * 65_536, 3 * 65_536]);
    for (const [text, instances, code] of [
      ['(module (memory 4))', 3, 'limit-exceeded'],
      ['(module (table 40 funcref))', 3, 'limit-exceeded'],
      [`(module ${'(func)'.repeat(15)})`, 1, 'module-too-large'],
      [`(module (memory 0) (data "${'x'.repeat(60_000)}"))`, 1, 'module-too-large'],
    ] as const) {
      const spec = { untrusted: wat(text), instances };
      const specs = instances === 1 ? [spec, spec] : [spec];
      expect(refusal(() => prepareModules(specs, LIMITS, 'any'))[0]).toBe(code);
    }
  });

  it('never shares out more than there is', () => {
    const wanted = fc.array(fc.tuple(size, fc.nat({ max: 5 })).map(([one, instances]) => ({ ...one, instances })));
    fc.assert(
      fc.property(wanted, fc.nat({ max: 200 }), (wanted, limit) => {
        const shares = shareBudget(wanted, limit);
        if (shares === undefined) {
          expect(sum(wanted.map((one) => one.initial * one.instances))).toBeGreaterThan(limit);
          return;
        }
        expect(sum(shares.map((share, i) => share * (wanted[i]?.instances ?? 0)))).toBeLessThanOrEqual(limit);
        for (const [i, share] of shares.entries()) {
          expect(share).toBeGreaterThanOrEqual(wanted[i]?.initial ?? 0);
          expect(share).toBeLessThanOrEqual(wanted[i]?.maximum ?? Infinity);
        }
      }),
    );
  });
});

const SEEDS = [
  wat(written([{ initial: 1 }], [{ initial: 1 }], true)),
  wat(written([{ initial: 1, maximum: 30 }, { initial: 2 }], [{ initial: 0 }, { initial: 2, maximum: 500 }], true)),
  wat('(module (import "wasi_snapshot_preview1" "proc_exit" (func (param i32))) (memory 1) (tag) (func (throw 0)))'),
  binary(TYPE, section(4, 2, 0x40, 0, 0x70, 0, 3, 0xd0, 0x70, 0x0b, 0x6f, 0, 1), section(5, 1, 0, 1)),
];

const mutation = fc.oneof(
  fc.record({ kind: fc.constant('set' as const), at: fc.nat(), byte: fc.nat({ max: 255 }) }),
  fc.record({ kind: fc.constant('cut' as const), at: fc.nat(), byte: fc.nat({ max: 8 }) }),
  fc.record({ kind: fc.constant('insert' as const), at: fc.nat(), byte: fc.nat({ max: 255 }) }),
  fc.record({ kind: fc.constant('truncate' as const), at: fc.nat(), byte: fc.constant(0) }),
  fc.record({ kind: fc.constant('repeat' as const), at: fc.nat(), byte: fc.nat({ max: 30 }) }),
);

describe('hostile bytes', () => {
  const RUNS = Number(process.env['WIRKEN_FUZZ_RUNS'] ?? 3000);

  it('are refused, or the engine sees what the parser saw', { timeout: 600_000 }, () => {
    const hostile = fc.tuple(fc.constantFrom(...SEEDS), fc.array(mutation, { minLength: 1, maxLength: 3 }));
    fc.assert(
      fc.property(hostile, ([seed, mutations]) => requireAgreement(mutated(seed, mutations))),
      { numRuns: RUNS },
    );
  });

  it('are refused in any form', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (tail) =>
        requireAgreement(Uint8Array.from([...PREAMBLE, ...tail])),
      ),
      { numRuns: RUNS },
    );
  });

  it('take time in proportion to their size at most', () => {
    const module = binary(section(0, 0));
    const padded = new Uint8Array(4 * 1024 * 1024);
    padded.set(module);
    expect(refusal(() => inspectModule(padded, DEFAULT_LIMITS))[0]).toBe('module-invalid');
  });
});

/** Whatever the parser lets through is, to the engine, either invalid or exactly as the parser said. */
function requireAgreement(bytes: Uint8Array): void {
  let prepared;
  try {
    prepared = prepareModule(bytes, LIMITS);
  } catch (error) {
    if (error instanceof HostError) return;
    throw error;
  }
  const isValid = WebAssembly.validate(prepared.bytes);
  const importer = importMemory(prepared.bytes, 65_536);
  if (importer !== undefined) expect(WebAssembly.validate(importer.bytes)).toBe(isValid);
  if (!isValid) return;
  expect(WebAssembly.validate(bytes)).toBe(true);
  const module = new WebAssembly.Module(prepared.bytes);
  const seen = prepared.facts.imports.map(({ module, name, kind }) => ({ module, name, kind }));
  expect(WebAssembly.Module.imports(module).map(({ module, name, kind }) => ({ module, name, kind }))).toEqual(seen);
  expect(WebAssembly.Module.exports(module).map(({ name, kind }) => ({ name, kind }))).toEqual(prepared.facts.exports);
  let instance;
  try {
    instance = new WebAssembly.Instance(module, { wasi_snapshot_preview1: { proc_exit: () => 0 } });
  } catch (error) {
    if (error instanceof TypeError) throw error;
    return;
  }
  for (const exported of Object.values(instance.exports)) {
    if (exported instanceof WebAssembly.Memory) expect(grown(exported)).toBeLessThanOrEqual(10);
    if (exported instanceof WebAssembly.Table) expect(grown(exported)).toBeLessThanOrEqual(100);
  }
}

function mutated(seed: Uint8Array, mutations: readonly { kind: string; at: number; byte: number }[]): Uint8Array {
  let bytes = Array.from(seed);
  for (const { kind, at: anywhere, byte } of mutations) {
    const at = anywhere % Math.max(1, bytes.length);
    if (kind === 'set') bytes[at] = byte;
    if (kind === 'cut') bytes.splice(at, byte);
    if (kind === 'insert') bytes.splice(at, 0, byte);
    if (kind === 'truncate') bytes = bytes.slice(0, at);
    if (kind === 'repeat') bytes.splice(at, 0, ...bytes.slice(at, at + byte));
  }
  return Uint8Array.from(bytes);
}

/** Grows it one by one until that fails, and checks that it stops at its declared maximum at the latest. */
function grown(what: WebAssembly.Memory | WebAssembly.Table, declared?: Sized): number {
  const size = (): number => (what instanceof WebAssembly.Memory ? what.buffer.byteLength / 65_536 : what.length);
  expect(size()).toBe(declared?.initial ?? size());
  for (let steps = 0; steps < 1000; steps += 1) {
    try {
      what.grow(1);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      if (declared?.maximum !== undefined) expect(size()).toBeLessThanOrEqual(declared.maximum);
      return size();
    }
  }
  return size();
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
