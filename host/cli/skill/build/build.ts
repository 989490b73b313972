import { encodeUtf8 } from '../../../base/bytes.ts';
import { PATHS } from '../../../skill/names.ts';
import { replaceInBundle } from '../../../skill/sign.ts';
import { sha256 } from '../../../skill/digest.ts';
import { DEFAULT_LIMITS } from '../../../wasi/limits.ts';
import { layerOf } from '../../../wasi/module/layer.ts';
import { inspectModule } from '../../../wasi/module/inspect.ts';
import { type BuildSpec, type Language, readProject } from './project.ts';
import type { BuildPorts } from './ports.ts';

export interface Built {
  readonly language: Language;
  readonly bytes: number;
  readonly digest: string;
  /** Whether SKILL.md got other tools than it had. */
  readonly toolsWritten: boolean;
}

/** What a compiler makes of a skill; only code that describes itself has `tools`. */
interface Made {
  readonly wasm: Uint8Array;
  /** SKILL.md with the tools of the code. */
  readonly skillMd?: string;
}

async function make(spec: BuildSpec, ports: BuildPorts): Promise<Made> {
  switch (spec.language) {
    case 'c':
      return { wasm: await (await import('./c.ts')).buildC(spec, ports) };
    case 'wat':
      return { wasm: await (await import('./wat.ts')).buildWat(spec, ports) };
    case 'javascript': {
      const { wasm, tools } = (await import('./javascript/build.ts')).buildJavaScript(spec, ports);
      const { withTools } = await import('./manifest-tools.ts');
      return { wasm, ...withTools(ports.dir, tools) };
    }
    case 'rust':
      return { wasm: await (await import('./rust.ts')).buildRust(spec, ports) };
    case 'assemblyscript':
      return { wasm: await (await import('./assemblyscript.ts')).buildAssemblyScript(spec, ports) };
  }
}

/**
 * Makes `skill.wasm` of a skill's sources, and looks whether it is one that runs here before it is put in its place.
 * @throws HostError `toolchain-missing`, `build-failed`, `import-unknown` and the like, `manifest-invalid`, `not-found`, `io`
 */
export async function buildProject(ports: BuildPorts): Promise<Built> {
  const spec = readProject(ports.dir);
  const { wasm, skillMd } = await make(spec, ports);
  if (layerOf(wasm) !== 'component') inspectModule(wasm, DEFAULT_LIMITS);
  replaceInBundle(ports.dir, PATHS.wasm, wasm);
  if (skillMd !== undefined) replaceInBundle(ports.dir, PATHS.skillMd, encodeUtf8(skillMd));
  return { language: spec.language, bytes: wasm.length, digest: sha256(wasm), toolsWritten: skillMd !== undefined };
}
