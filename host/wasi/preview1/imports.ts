import { argsFunctions } from './args.ts';
import type { Preview1Call } from './call.ts';
import { clockFunctions } from './clock.ts';
import { fdFunctions } from './fd.ts';
import { fdIoFunctions } from './fd-io.ts';
import type { Preview1Functions } from './functions.ts';
import { pathFunctions } from './path.ts';
import { pollFunctions } from './poll.ts';
import { processFunctions } from './process.ts';
import { readdirFunctions } from './readdir.ts';
import { sockFunctions } from './sock.ts';

/** The import object of one guest: all of preview 1 over its call, and nothing else. */
export function preview1Imports(call: Preview1Call): { readonly wasi_snapshot_preview1: Preview1Functions } {
  return {
    wasi_snapshot_preview1: {
      ...argsFunctions(call),
      ...clockFunctions(call),
      ...fdIoFunctions(call),
      ...fdFunctions(call),
      ...readdirFunctions(call),
      ...pathFunctions(call),
      ...pollFunctions(call),
      ...processFunctions(call),
      ...sockFunctions(call),
    },
  };
}

const FACTORIES: readonly ((call: Preview1Call) => object)[] = [
  argsFunctions,
  clockFunctions,
  fdIoFunctions,
  fdFunctions,
  readdirFunctions,
  pathFunctions,
  pollFunctions,
  processFunctions,
  sockFunctions,
];
const wanted = new WeakMap<WebAssembly.Module, typeof FACTORIES>();

/** As `preview1Imports`, without the groups of functions of which the module imports none: a fresh instance need not pay for them. */
export function importsFor(module: WebAssembly.Module, call: Preview1Call): WebAssembly.Imports {
  let factories = wanted.get(module);
  if (factories === undefined) {
    const names = WebAssembly.Module.imports(module).map(({ name }) => name);
    factories = FACTORIES.filter((make) => {
      const group = make(call);
      return names.some((name) => Object.hasOwn(group, name));
    });
    wanted.set(module, factories);
  }
  return { wasi_snapshot_preview1: Object.assign({}, ...factories.map((make) => make(call))) };
}
