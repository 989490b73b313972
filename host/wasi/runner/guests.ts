import { HostError } from '../../base/error.ts';
import { shown } from '../../base/shown.ts';
import type { ComponentHeader, ModuleHeader } from '../pool/protocol.ts';
import { importMemory } from '../module/import-memory.ts';
import { runCommand } from '../preview1/command.ts';
import { MemoryShelf } from '../preview1/shelf.ts';
import type { GuestEnd, GuestWorld } from '../world.ts';
import type { Message } from './message.ts';

export interface ReadyGuest {
  readonly kind: 'ready';
  /** One call in a fresh instance. */
  run(world: GuestWorld): { readonly end: GuestEnd; readonly memoryBytes: number };
  /** Makes ready for the next call; answers whether the memory of the last one is kept for it, zeroed. */
  tidy?(): boolean;
}

/** The engine does not take it. */
export interface RefusedGuest {
  readonly kind: 'refused';
  readonly message: string;
}

type LoadedGuest = ReadyGuest | RefusedGuest;

/** Pages of a memory up to which zeroing them is cheaper than new ones. */
const MOST_KEPT_PAGES = 32;

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
    const isTheirs =
      error instanceof WebAssembly.CompileError || error instanceof SyntaxError || error instanceof HostError;
    if (!isTheirs) throw error;
    return { kind: 'refused', message: shown(error.message) };
  }
}

async function loadModule(bytes: Uint8Array): Promise<ReadyGuest> {
  const importer = importMemory(bytes, MOST_KEPT_PAGES);
  const module = new WebAssembly.Module(importer?.bytes ?? bytes);
  if (importer === undefined) return { kind: 'ready', run: (world) => runCommand(module, world) };
  const shelf = new MemoryShelf(importer.memory);
  return { kind: 'ready', run: (world) => runCommand(module, world, shelf), tidy: () => shelf.tidy() };
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
