import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { HostError } from '../base/error.ts';
import type { Granted } from '../skill/grants.ts';
import type { Deriver } from '../skill/install-ports.ts';
import { parseBundlePath } from '../skill/names.ts';
import type { BundlePath } from '../skill/skill.ts';
import { DEFAULT_LIMITS, type CallLimits } from './limits.ts';
import { layerOf } from './module/layer.ts';
import { prepareModule } from './module/prepare.ts';
import type { PreparedComponent } from './component/prepare.ts';
import type { Guest } from './pool/guest.ts';

/** Where a transpiled component lies among the derived files of a skill. */
const TRANSPILED = transpiledPath();

/**
 * Makes what a skill needs besides its bundle: transpiles a component. A core module is looked through, so that one that never runs
 * is refused at install already.
 */
export const componentDeriver: Deriver = {
  get id() {
    return `jco-transpile ${transpilerVersion()}`;
  },
  derive: async ({ wasm }, signal) => {
    if (wasm === undefined) return new Map();
    if (layerOf(wasm) !== 'component') {
      prepareModule(wasm, DEFAULT_LIMITS);
      return new Map();
    }
    const [{ transpileComponent }, { encodeTranspiled }] = await Promise.all([
      import('./component/transpile.ts'),
      import('./component/transpiled.ts'),
    ]);
    return new Map([
      [TRANSPILED, encodeTranspiled(await transpileComponent(wasm, { signal, limits: DEFAULT_LIMITS }))],
    ]);
  },
};

const MAX_KEPT = 8;
const kept = new Map<string, Guest>();

/**
 * The program of a skill as a runner takes it, held to the limits of a call.
 * @throws HostError `module-invalid`, `module-too-large`, `import-unknown`, `limit-exceeded`, `unsupported`, `component-invalid`,
 *   `store-mismatch`
 */
export async function guestOf({ skill, derived }: Granted, limits: CallLimits): Promise<Guest> {
  const { wasm, wasmDigest } = skill;
  if (wasm === undefined || wasmDigest === undefined) throw new TypeError('a skill without a program');
  const key = `${wasmDigest} ${limits.memoryBytes} ${limits.tableElements}`;
  const known = kept.get(key);
  if (known !== undefined) return known;
  const guest: Guest =
    layerOf(wasm) === 'component'
      ? { digest: wasmDigest, component: await prepared(skill.name, derived.get(TRANSPILED), limits) }
      : { digest: wasmDigest, module: prepareModule(wasm, limits).bytes };
  const [oldest] = kept.keys();
  if (kept.size >= MAX_KEPT && oldest !== undefined) kept.delete(oldest);
  kept.set(key, guest);
  return guest;
}

async function prepared(name: string, encoded: Uint8Array | undefined, limits: CallLimits): Promise<PreparedComponent> {
  if (encoded === undefined) {
    throw new HostError('store-mismatch', `${name} is a component and was not prepared`, {
      remedy: 'Install it again.',
    });
  }
  // Loaded with the first component: most starts never see one.
  const [{ prepareComponent }, { decodeTranspiled }] = await Promise.all([
    import('./component/prepare.ts'),
    import('./component/transpiled.ts'),
  ]);
  return prepareComponent(decodeTranspiled(encoded), limits);
}

/** Without loading the transpiler. Its package does not export its package.json, which lies above its modules. */
function transpilerVersion(): string {
  const module = createRequire(import.meta.url).resolve('@bytecodealliance/jco-transpile/component');
  const parsed: unknown = JSON.parse(readFileSync(join(dirname(module), '..', 'package.json'), 'utf8'));
  return typeof parsed === 'object' && parsed !== null && 'version' in parsed ? String(parsed.version) : 'unknown';
}

function transpiledPath(): BundlePath {
  const path = parseBundlePath('component.transpiled');
  if (path === undefined) throw new TypeError('not a bundle path');
  return path;
}
