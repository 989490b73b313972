import { PREVIEW1_FUNCTIONS } from '../preview1/functions.ts';

/** The parameters and results of a function, in the words of the text format. */
export interface Signature {
  readonly params: readonly string[];
  readonly results: readonly string[];
}

/** The signature of a function of WASI preview 1. Whatever else a core module imports does not exist. */
export function knownImport(name: string): Signature | undefined {
  return isKnown(name) ? PREVIEW1_FUNCTIONS[name] : undefined;
}

function isKnown(name: string): name is keyof typeof PREVIEW1_FUNCTIONS {
  return Object.hasOwn(PREVIEW1_FUNCTIONS, name);
}
