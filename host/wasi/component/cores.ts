import type { LoadedComponent } from './load.ts';

/** The core instances of one call: no more of each module than its memory was counted for. */
export class CoreInstances {
  readonly #loaded: LoadedComponent;
  readonly #made = new Map<WebAssembly.Module, number>();
  readonly #memories = new Set<WebAssembly.Memory>();

  constructor(loaded: LoadedComponent) {
    this.#loaded = loaded;
  }

  module(name: string): WebAssembly.Module {
    const module = this.#loaded.modules.get(name);
    if (module === undefined) throw new Error(`core module ${name} is missing`);
    return module;
  }

  /** @throws TooManyInstances */
  instantiate(module: WebAssembly.Module, imports?: WebAssembly.Imports): WebAssembly.Instance {
    const made = (this.#made.get(module) ?? 0) + 1;
    if (made > (this.#loaded.instances.get(module) ?? 0)) throw new TooManyInstances();
    this.#made.set(module, made);
    const instance = new WebAssembly.Instance(module, imports);
    for (const exported of Object.values(instance.exports))
      if (exported instanceof WebAssembly.Memory) this.#memories.add(exported);
    return instance;
  }

  get memoryBytes(): number {
    let bytes = 0;
    for (const memory of this.#memories) bytes += memory.buffer.byteLength;
    return bytes;
  }
}

export class TooManyInstances extends Error {
  override readonly name = 'TooManyInstances';

  constructor() {
    super('the component makes more instances of a module than its memory was counted for');
  }
}
