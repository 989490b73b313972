import { readFileSync } from 'node:fs';
import { componentEmbed, componentNew, preview1AdapterCommandPath } from '@bytecodealliance/jco';
import { buildModule } from '../tools/wasm/build-one.ts';
import type { Case } from './case.ts';

const WIT = new URL('../sdk-skill/wit/skill.wit', import.meta.url);

/** The libc of Debian 12 and the adapter both grow the memory and do not expect each other: the heap gets its room at the start. */
const ADAPTABLE = ['-Wl,--initial-memory=4194304'];
const FREESTANDING = ['-nostdlib', '-Wl,--no-entry'];

/** The case's `skill.wasm`, from its source. */
export async function buildCase(spec: Case): Promise<Uint8Array> {
  const flags = flagsOf(spec);
  switch (spec.component) {
    case undefined:
    case 'raw':
      return buildModule(spec.source, { flags });
    case 'command': {
      const core = await buildModule(spec.source, { flags });
      return componentNew(core, [['wasi_snapshot_preview1', readFileSync(preview1AdapterCommandPath())]]);
    }
    case 'skill': {
      const binary = await buildModule(spec.source, { flags });
      const embedded = await componentEmbed({ binary, witSource: readFileSync(WIT, 'utf8'), world: 'skill' });
      return componentNew(embedded, []);
    }
  }
}

/** What the compiler is told besides what it is always told. */
export function flagsOf(spec: Case): readonly string[] {
  const flags = spec.flags ?? [];
  if (spec.component === 'command') return [...ADAPTABLE, ...flags];
  return spec.component === 'skill' ? [...FREESTANDING, ...flags] : flags;
}
