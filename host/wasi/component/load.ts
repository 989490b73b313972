import { createHash } from 'node:crypto';
import type { Interface } from './imports/all.ts';
import type { ComponentMeta, ComponentWorld } from './prepare.ts';

type Instantiate = (
  getCoreModule: (name: string) => WebAssembly.Module,
  imports: Readonly<Record<string, Interface>>,
  instantiateCore: (module: WebAssembly.Module, imports?: WebAssembly.Imports) => WebAssembly.Instance,
) => unknown;

/** A component that is ready to be called any number of times. */
export interface LoadedComponent {
  readonly world: ComponentWorld;
  readonly exportName: string;
  readonly instantiate: Instantiate;
  readonly modules: ReadonlyMap<string, WebAssembly.Module>;
  readonly instances: ReadonlyMap<WebAssembly.Module, number>;
}

/**
 * Compiles what `prepareComponent` made and imports its script. The script stays in memory for the life of the process, once for each
 * content.
 * @throws WebAssembly.CompileError for a core module that the engine refuses, SyntaxError for a script that it refuses
 */
export async function loadComponent(
  meta: ComponentMeta,
  prepared: ReadonlyMap<string, Uint8Array>,
): Promise<LoadedComponent> {
  const { world, exportName, js } = meta;
  const modules = new Map<string, WebAssembly.Module>();
  const instances = new Map<WebAssembly.Module, number>();
  for (const [name, bytes] of prepared) {
    const module = new WebAssembly.Module(bytes);
    modules.set(name, module);
    instances.set(module, Object.hasOwn(meta.instances, name) ? (meta.instances[name] ?? 0) : 0);
  }
  return { world, exportName, instantiate: await importScript(js), modules, instances };
}

const scripts = new Map<string, Promise<Instantiate>>();

function importScript(js: string): Promise<Instantiate> {
  const digest = createHash('sha256').update(js).digest('hex');
  const known = scripts.get(digest);
  if (known !== undefined) return known;
  const loading = importOnce(js);
  scripts.set(digest, loading);
  return loading;
}

async function importOnce(js: string): Promise<Instantiate> {
  const url = `data:text/javascript;base64,${Buffer.from(js).toString('base64')}`;
  const script: unknown = await import(/* @vite-ignore */ url);
  if (typeof script === 'object' && script !== null && 'instantiate' in script && isInstantiate(script.instantiate))
    return script.instantiate;
  throw new SyntaxError('the script of a component has no instantiate');
}

function isInstantiate(value: unknown): value is Instantiate {
  return typeof value === 'function';
}
