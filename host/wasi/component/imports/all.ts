import { cli } from './cli.ts';
import { clocks } from './clocks.ts';
import { filesystem } from './filesystem.ts';
import type { Guest } from './guest.ts';
import { io } from './io.ts';
import { random } from './random.ts';
import { sockets } from './sockets.ts';

/** One interface as generated code takes it: functions and resource classes by their camel-cased names. */
export type Interface = Readonly<Record<string, unknown>>;

/** Every interface that a component can import, by its name without a version; `stdout` as for `cli`. */
export function importsFor(guest: Guest, stdout: 'stdout' | 'stderr'): Readonly<Record<string, Interface>> {
  return {
    ...named('cli', cli(guest, stdout)),
    ...named('clocks', clocks(guest)),
    ...named('filesystem', filesystem(guest)),
    ...named('io', io),
    ...named('random', random(guest)),
    ...named('sockets', sockets(guest)),
  };
}

function named(group: string, interfaces: Readonly<Record<string, Interface>>): Record<string, Interface> {
  return Object.fromEntries(Object.entries(interfaces).map(([name, one]) => [`wasi:${group}/${name}`, one]));
}
