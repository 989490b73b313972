import { concatBytes } from '../../base/bytes.ts';
import { HostError } from '../../base/error.ts';
import type { CallLimits } from '../limits.ts';
import { shareBudget } from './budget.ts';
import { encodeU32 } from './encode.ts';
import type { AllowedImports } from './imports.ts';
import { inspectSections, type ModuleFacts, openModule } from './inspect.ts';
import { MAX_PAGES, PAGE_BYTES, type PlacedSize } from './size.ts';
import type { SectionName, SectionTable } from './sections.ts';

export interface PreparedModule {
  /** The module with its maximums lowered; otherwise the bytes that were given, and those very bytes if nothing had to change. */
  readonly bytes: Uint8Array;
  /** As it was before. */
  readonly facts: ModuleFacts;
  /** Linear memory in bytes that one instance can reach, over all its own memories. */
  readonly memoryBytes: number;
  /** The same for tables, in elements. */
  readonly tableElements: number;
}

export interface ModuleSpec {
  readonly untrusted: Uint8Array;
  /** How many instances of it live at the same time. */
  readonly instances: number;
}

/**
 * A core module whose memories and tables cannot outgrow the limits: every maximum is declared, and their sum is at most the limit.
 * The engine itself then makes `memory.grow` and `table.grow` fail.
 * @throws HostError as `inspectModule`
 */
export function prepareModule(
  untrusted: Uint8Array,
  limits: CallLimits,
  allowed: AllowedImports = 'preview1',
): PreparedModule {
  const [prepared] = prepareModules([{ untrusted, instances: 1 }], limits, allowed);
  if (prepared === undefined) throw new TypeError('one module in, one module out');
  return prepared;
}

/**
 * The same for modules that run together, the core modules of a component for instance: they share one budget.
 * @throws HostError as `inspectModule`; module-too-large and limit-exceeded hold for all of them together
 */
export function prepareModules(
  modules: readonly ModuleSpec[],
  limits: CallLimits,
  allowed: AllowedImports,
): readonly PreparedModule[] {
  const opened = modules.map(({ untrusted, instances }) => {
    const sections = openModule(untrusted, limits);
    return { sections, instances, facts: inspectSections(sections, limits, allowed) };
  });
  requireTotal(
    'bytes',
    sum(modules, (one) => one.untrusted.length),
    limits.moduleBytes,
  );
  requireTotal(
    'functions',
    sum(opened, (one) => one.facts.functions),
    limits.functions,
  );
  const pages = maximumsOf(
    opened,
    (facts) => facts.memories,
    Math.min(MAX_PAGES, Math.floor(limits.memoryBytes / PAGE_BYTES)),
    'memory',
  );
  const elements = maximumsOf(opened, (facts) => facts.tables, limits.tableElements, 'tables');
  return opened.map(({ sections, facts }, index) => {
    const memories = pages[index] ?? [];
    const tables = elements[index] ?? [];
    return {
      bytes: rewrite(sections, [
        { name: 'table', sizes: facts.tables, maximums: tables },
        { name: 'memory', sizes: facts.memories, maximums: memories },
      ]),
      facts,
      memoryBytes: sum(memories, (one) => one) * PAGE_BYTES,
      tableElements: sum(tables, (one) => one),
    };
  });
}

function maximumsOf(
  modules: readonly { readonly facts: ModuleFacts; readonly instances: number }[],
  sizesOf: (facts: ModuleFacts) => readonly PlacedSize[],
  limit: number,
  what: string,
): readonly (readonly number[])[] {
  const wanted = modules.flatMap(({ facts, instances }) => sizesOf(facts).map((size) => ({ ...size, instances })));
  const shares = shareBudget(wanted, limit);
  if (shares === undefined)
    throw new HostError('limit-exceeded', `the modules together start with more ${what} than allowed`, { limit });
  let at = 0;
  return modules.map(({ facts }) => shares.slice(at, (at += sizesOf(facts).length)));
}

interface Resize {
  readonly name: SectionName;
  readonly sizes: readonly PlacedSize[];
  readonly maximums: readonly number[];
}

/** Writes new maximums into the sections, given in the order of the file. */
function rewrite(sections: SectionTable, resizes: readonly Resize[]): Uint8Array {
  const { bytes } = sections;
  const parts: Uint8Array[] = [];
  let copied = 0;
  for (const { name, sizes, maximums } of resizes) {
    const section = sections.known.get(name);
    if (section === undefined || sizes.every((size, index) => size.maximum === maximums[index])) continue;
    const contents: Uint8Array[] = [];
    let at = section.start;
    for (const [index, size] of sizes.entries()) {
      contents.push(bytes.subarray(at, size.from), resized(bytes, size, maximums[index]));
      at = size.end;
    }
    contents.push(bytes.subarray(at, section.end));
    const whole = concatBytes(...contents);
    parts.push(bytes.subarray(copied, section.from + 1), encodeU32(whole.length), whole);
    copied = section.end;
  }
  return parts.length === 0 ? bytes : concatBytes(...parts, bytes.subarray(copied));
}

function resized(bytes: Uint8Array, size: PlacedSize, maximum: number | undefined): Uint8Array {
  if (maximum === undefined) throw new TypeError('a size without a maximum');
  if (size.maximum === maximum) return bytes.subarray(size.from, size.end);
  return Uint8Array.of(0x01, ...encodeU32(size.initial), ...encodeU32(maximum));
}

function requireTotal(what: string, total: number, limit: number): void {
  if (total > limit)
    throw new HostError('module-too-large', `the modules together have ${total} ${what}, allowed are ${limit}`);
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
