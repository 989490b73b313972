import type { Preview1Call } from './call.ts';
import { FACTORIES } from './imports.ts';

type Raw = (...params: readonly (number | bigint)[]) => unknown;

interface Way {
  readonly name: string;
  /** Where it leads at present. */
  to: Raw;
}

/** By number of parameters: no array of them is made on the way. */
const FORWARD: readonly ((way: Way) => Raw)[] = [
  (way) => () => way.to(),
  (way) => (a) => way.to(a),
  (way) => (a, b) => way.to(a, b),
  (way) => (a, b, c) => way.to(a, b, c),
  (way) => (a, b, c, d) => way.to(a, b, c, d),
  (way) => (a, b, c, d, e) => way.to(a, b, c, d, e),
  (way) => (a, b, c, d, e, f) => way.to(a, b, c, d, e, f),
  (way) => (a, b, c, d, e, f, g) => way.to(a, b, c, d, e, f, g),
  (way) => (a, b, c, d, e, f, g, h) => way.to(a, b, c, d, e, f, g, h),
  (way) => (a, b, c, d, e, f, g, h, i) => way.to(a, b, c, d, e, f, g, h, i),
];

/**
 * What all instances of one module import, made once: functions that lead to the call for which the door is open, one at a time, and
 * nowhere once it is shut. A dead instance thus holds nothing of its call's back from the collector of young objects, which would copy
 * and keep it.
 */
export class Door {
  readonly functions: Readonly<Record<string, Raw>>;
  readonly #factories: typeof FACTORIES;
  readonly #ways: readonly Way[];
  #isOpen = false;

  /** `call` is not kept: it shows which functions there are. */
  constructor(module: WebAssembly.Module, call: Preview1Call) {
    const names = new Set(WebAssembly.Module.imports(module).map(({ name }) => name));
    const groups = FACTORIES.map((make) => ({ make, group: new Map<string, Raw>(Object.entries(make(call))) }));
    const wanted = groups.filter(({ group }) => [...group.keys()].some((name) => names.has(name)));
    const functions: Record<string, Raw> = {};
    const ways: Way[] = [];
    for (const [name, { length }] of wanted.flatMap(({ group }) => [...group])) {
      const forward = FORWARD[length];
      if (forward === undefined) throw new TypeError(`${name} has too many parameters`);
      if (!names.has(name)) continue;
      const way = { name, to: shut };
      ways.push(way);
      functions[name] = forward(way);
    }
    this.functions = functions;
    this.#factories = wanted.map(({ make }) => make);
    this.#ways = ways;
  }

  open(call: Preview1Call): void {
    if (this.#isOpen) throw new TypeError('two calls through one door');
    this.#isOpen = true;
    const functions: Record<string, Raw> = Object.assign({}, ...this.#factories.map((make) => make(call)));
    for (const way of this.#ways) way.to = functions[way.name] ?? shut;
  }

  shut(): void {
    this.#isOpen = false;
    for (const way of this.#ways) way.to = shut;
  }
}

function shut(): never {
  throw new TypeError('a guest whose call is over');
}

const doors = new WeakMap<WebAssembly.Module, Door>();

/** The door of a module, made with its first call. */
export function doorOf(module: WebAssembly.Module, call: Preview1Call): Door {
  let door = doors.get(module);
  if (door === undefined) doors.set(module, (door = new Door(module, call)));
  return door;
}
