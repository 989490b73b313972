// One C, WebAssembly text or generator source to module bytes, cached by the digest of all that goes into it.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { basename, dirname, extname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { C_FLAGS, compileC, findToolchain, type Toolchain } from './toolchain.ts';

// Raised when the way of building changes in a way that flags and sources do not show.
const CACHE_VERSION = 2;

const WAT_FEATURES = Object.freeze({
  bulk_memory: true,
  exceptions: true,
  memory64: true,
  multi_memory: true,
  multi_value: true,
  mutable_globals: true,
  reference_types: true,
  sat_float_to_int: true,
  sign_extension: true,
  simd: true,
  tail_call: true,
  threads: true,
});

/** Guests in C, built, for machines without the compiler; by the digest of all that goes into them. */
export const PREBUILT = fileURLToPath(new URL('../../test-skills/prebuilt', import.meta.url));

function cacheDir(): string {
  return (
    process.env['WIRKEN_BUILD_CACHE'] ??
    join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'wirken-build')
  );
}

/**
 * Module bytes from `x.c` (with the headers beside it), `x.wat`, or `x.mjs` (its default export is called and answers the bytes). `flags` are further compiler flags for C.
 * @throws Error with the tool's own words when the source is wrong, with the remedy when a tool is missing
 */
export async function buildModule(
  source: string,
  options: { readonly flags?: readonly string[] } = {},
): Promise<Uint8Array> {
  const flags = options.flags ?? [];
  const extension = extname(source);
  if (extension === '.mjs') {
    const generator: { default: () => Uint8Array | Promise<Uint8Array> } = await import(pathToFileURL(source).href);
    return generator.default();
  }
  const name = `${digestOf(source, flags)}.wasm`;
  const cached = join(cacheDir(), name);
  const known = readIfThere(cached);
  if (known !== undefined) return known;
  const bytes = extension === '.wat' ? await assemble(source) : compileOrPrebuilt(source, flags, name);
  mkdirSync(cacheDir(), { recursive: true });
  const fresh = `${cached}.${process.pid}.new`;
  writeFileSync(fresh, bytes);
  renameSync(fresh, cached);
  return bytes;
}

/** The source and what it includes with quotes, each once; only those can change what comes out. */
function includedIn(source: string, found: Set<string> = new Set()): Set<string> {
  if (found.has(source)) return found;
  found.add(source);
  if (extname(source) === '.wat') return found;
  for (const [, name] of readFileSync(source, 'utf8').matchAll(/^#include "([^"]+)"$/gmu)) {
    includedIn(join(dirname(source), name ?? ''), found);
  }
  return found;
}

async function assemble(source: string): Promise<Uint8Array> {
  const { default: wabt } = await import('wabt');
  const module = (await wabt()).parseWat(basename(source), readFileSync(source, 'utf8'), WAT_FEATURES);
  try {
    return new Uint8Array(module.toBinary({ write_debug_names: false }).buffer);
  } finally {
    module.destroy();
  }
}

/** Without a compiler, what `npm run build:skills` built and committed of this very source. */
function compileOrPrebuilt(source: string, flags: readonly string[], name: string): Uint8Array {
  let toolchain: Toolchain;
  try {
    toolchain = findToolchain();
  } catch (error) {
    const prebuilt = readIfThere(join(PREBUILT, name));
    if (prebuilt === undefined) throw error;
    return prebuilt;
  }
  return compile(toolchain, source, flags);
}

function readIfThere(file: string): Uint8Array | undefined {
  return existsSync(file) ? new Uint8Array(readFileSync(file)) : undefined;
}

/**
 * One C source as it comes from the compiler, whatever is cached, and the name under which it is committed.
 * @throws Error as `buildModule`
 */
export function buildFresh(
  toolchain: Toolchain,
  source: string,
  flags: readonly string[],
): { readonly name: string; readonly bytes: Uint8Array } {
  return { name: `${digestOf(source, flags)}.wasm`, bytes: compile(toolchain, source, flags) };
}

function digestOf(source: string, flags: readonly string[]): string {
  const hash = createHash('sha256').update(
    JSON.stringify([CACHE_VERSION, extname(source), C_FLAGS, WAT_FEATURES, flags]),
  );
  for (const file of includedIn(source)) hash.update(readFileSync(file)).update('\0');
  return hash.digest('hex');
}

function compile(toolchain: Toolchain, source: string, flags: readonly string[]): Uint8Array {
  const dir = mkdtempSync(join(tmpdir(), 'wirken-build-'));
  try {
    const output = join(dir, 'skill.wasm');
    compileC(toolchain, dirname(source), [basename(source)], output, flags);
    return new Uint8Array(readFileSync(output));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
