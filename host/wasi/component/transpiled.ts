import { createHash } from 'node:crypto';
import { concatBytes, decodeUtf8, encodeHex, encodeUtf8 } from '../../base/bytes.ts';
import { HostError } from '../../base/error.ts';
import { canonicalJson } from '../../base/jcs.ts';
import { z } from 'zod';

/** A component as JavaScript around core modules: what `transpileComponent` makes of one, once, at install. */
export interface TranspiledComponent {
  readonly jcoVersion: string;
  /** Source of an ES module that exports `instantiate`. */
  readonly js: string;
  /** By the names under which `js` asks for them. As they came: `loadComponent` holds them to the limits of the call. */
  readonly cores: ReadonlyMap<string, Uint8Array>;
  /** How many instances of each core module `js` makes. */
  readonly instances: ReadonlyMap<string, number>;
  /** WASI interfaces with their versions, sorted. */
  readonly imports: readonly string[];
  /** Names of what `js` offers, sorted. */
  readonly exports: readonly string[];
}

const MAGIC = encodeUtf8('wirken/transpiled-component/v1\n');
const MAX_HEADER_BYTES = 1024 * 1024;

const header = z.strictObject({
  cores: z.array(z.strictObject({ name: z.string(), bytes: z.int().nonnegative(), instances: z.int().nonnegative() })),
  exports: z.array(z.string()),
  imports: z.array(z.string()),
  jcoVersion: z.string(),
  jsBytes: z.int().nonnegative(),
});

/** One byte string; the same component gives the same one. */
export function encodeTranspiled(component: TranspiledComponent): Uint8Array {
  const js = encodeUtf8(component.js);
  const cores = [...component.cores].sort(([a], [b]) => (a < b ? -1 : 1));
  const head = encodeUtf8(
    canonicalJson({
      cores: cores.map(([name, bytes]) => ({
        name,
        bytes: bytes.length,
        instances: component.instances.get(name) ?? 0,
      })),
      exports: component.exports,
      imports: component.imports,
      jcoVersion: component.jcoVersion,
      jsBytes: js.length,
    }),
  );
  const size = new Uint8Array(4);
  new DataView(size.buffer).setUint32(0, head.length);
  return concatBytes(MAGIC, size, head, js, ...cores.map(([, bytes]) => bytes));
}

/**
 * The component again. The bytes must be those that were pinned: this is for our own store, not for strangers.
 * @throws HostError store-mismatch
 */
export function decodeTranspiled(stored: Uint8Array): TranspiledComponent {
  let at = 0;
  const take = (count: number): Uint8Array => {
    if (count > stored.length - at) throw broken();
    at += count;
    return stored.subarray(at - count, at);
  };
  if (Buffer.compare(take(MAGIC.length), MAGIC) !== 0) throw broken();
  const size = take(4);
  const headBytes = new DataView(size.buffer, size.byteOffset, 4).getUint32(0);
  if (headBytes > MAX_HEADER_BYTES) throw broken();
  const head = header.safeParse(parseJson(decodeUtf8(take(headBytes))));
  if (!head.success) throw broken();
  const { cores, exports, imports, jcoVersion, jsBytes } = head.data;
  const js = decodeUtf8(take(jsBytes));
  if (js === undefined) throw broken();
  const modules = new Map(cores.map(({ name, bytes }) => [name, take(bytes)]));
  if (at !== stored.length) throw broken();
  const instances = new Map(cores.map(({ name, instances }) => [name, instances]));
  return { jcoVersion, js, cores: modules, instances, imports, exports };
}

/** Lowercase hex of the SHA-256 of an encoded component. */
export function digestOf(encoded: Uint8Array): string {
  return encodeHex(createHash('sha256').update(encoded).digest());
}

function parseJson(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

function broken(): HostError {
  return new HostError('store-mismatch', 'a transpiled component in the store is damaged', {
    remedy: 'Install the skill again.',
  });
}
