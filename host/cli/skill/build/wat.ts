import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { EntrySpec } from './project.ts';
import type { BuildPorts } from './ports.ts';
import { buildFailed, toolchainMissing } from './toolchain.ts';

interface Wabt {
  parseWat(name: string, text: string, features: Readonly<Record<string, boolean>>): WabtModule;
}

interface WabtModule {
  toBinary(options: { readonly write_debug_names: boolean }): { readonly buffer: Uint8Array };
  destroy(): void;
}

const FEATURES = {
  bulk_memory: true,
  multi_value: true,
  mutable_globals: true,
  sat_float_to_int: true,
  sign_extension: true,
};

/** @throws HostError `toolchain-missing`, `build-failed` */
export async function buildWat({ entry }: EntrySpec, { dir }: BuildPorts): Promise<Uint8Array> {
  const wabt = await loadWabt(dir);
  try {
    const module = wabt.parseWat(entry, readFileSync(join(dir, entry), 'utf8'), FEATURES);
    try {
      return new Uint8Array(module.toBinary({ write_debug_names: false }).buffer);
    } finally {
      module.destroy();
    }
  } catch (error) {
    throw buildFailed(error instanceof Error ? error.message : String(error), dir);
  }
}

/** The assembler of the author, or the one that lies beside wirken. */
async function loadWabt(dir: string): Promise<Wabt> {
  for (const from of [join(dir, 'skill.json'), import.meta.filename]) {
    let file: string;
    try {
      file = createRequire(from).resolve('wabt');
    } catch {
      continue;
    }
    const loaded: { readonly default: () => Promise<Wabt> } = await import(pathToFileURL(file).href);
    return await loaded.default();
  }
  throw toolchainMissing(
    'The assembler wabt',
    'npm install --prefix .. wabt@1.0.39 (beside the skill, not inside it).',
  );
}
