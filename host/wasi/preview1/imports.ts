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

/** The groups of functions, each over one call. */
export const FACTORIES: readonly ((call: Preview1Call) => object)[] = [
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
