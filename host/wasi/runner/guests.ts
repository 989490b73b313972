import { shown } from '../../base/shown.ts';
import type { ComponentHeader, ModuleHeader } from '../pool/protocol.ts';
import { runCommand } from '../preview1/command.ts';
import type { GuestEnd, GuestWorld } from '../world.ts';
import type { Message } from './message.ts';

export interface ReadyGuest {
  readonly kind: 'ready';
  /** One call in a fresh instance. */
  run(world: GuestWorld): { readonly end: GuestEnd; readonly memoryBytes: number };
}

/** The engine does not take it. */
export interface RefusedGuest {
  readonly kind: 'refused';
  readonly message: string;
}

type LoadedGuest = ReadyGuest | RefusedGuest;

/** The guests of one runner, by key. Which ones it holds is the host's decision. */
export class Guests {
  readonly #held = new Map<string, () => Promise<LoadedGuest>>();

  addModule(header: ModuleHeader, message: Message): void {
    const bytes = message.rest();
    this.#add(header, () => compiled(() => loadModule(bytes)));
  }

  addComponent(header: ComponentHeader, message: Message): void {
    const modules = new Map(header.modules.map(({ name, bytes }) => [name, message.take(bytes)]));
    this.#add(header, () => compiled(() => loadComponent(header, modules)));
  }

  /** Compiles it at its first call, under that call's deadline. @throws TypeError for one that the host has not sent */
  load(key: string): Promise<LoadedGuest> {
    const load = this.#held.get(key);
    if (load === undefined) throw new TypeError('a guest that is not here');
    return load();
  }

  #add({ key, drop }: ModuleHeader, load: () => Promise<LoadedGuest>): void {
    for (const dropped of drop) this.#held.delete(dropped);
    this.#held.set(key, () => {
      const loading = load();
      // The bytes hang on `load` and are not needed twice.
      this.#held.set(key, () => loading);
      return loading;
    });
  }
}

async function compiled(load: () => Promise<ReadyGuest>): Promise<LoadedGuest> {
  try {
    return await load();
  } catch (error) {
    if (!(error instanceof WebAssembly.CompileError || error instanceof SyntaxError)) throw error;
    return { kind: 'refused', message: shown(error.message) };
  }
}

async function loadModule(bytes: Uint8Array): Promise<ReadyGuest> {
  const module = new WebAssembly.Module(bytes);
  return { kind: 'ready', run: (world) => runCommand(module, world) };
}

/** Its machinery is loaded with the first component: most runners never see one. */
async function loadComponent({ meta }: ComponentHeader, modules: ReadonlyMap<string, Uint8Array>): Promise<ReadyGuest> {
  const [{ loadComponent }, { runComponent }] = await Promise.all([
    import('../component/load.ts'),
    import('../component/run.ts'),
  ]);
  const loaded = await loadComponent(meta, modules);
  return { kind: 'ready', run: (world) => runComponent(loaded, world) };
}
