import * as wasi from './wasi.ts';

const ONE = 2 ** 32;

/** What JavaScript has elsewhere and packages count on: `console`, `TextEncoder`, `TextDecoder`, and randomness that is not frozen. */
export function installGlobals(log: (line: string) => void): void {
  const line = (...values: readonly unknown[]): void => log(values.map(shown).join(' '));
  Reflect.set(globalThis, 'console', { log: line, info: line, warn: line, error: line, debug: line, trace: line });
  Math.random = random();
}

/** While the skill is built: what a module does at its top level happens once, and is the same in every call. */
export function installBuildGlobals(): void {
  Reflect.set(globalThis, 'TextEncoder', Utf8Encoder);
  Reflect.set(globalThis, 'TextDecoder', Utf8Decoder);
  const silent = (): void => undefined;
  Reflect.set(globalThis, 'console', {
    log: silent,
    info: silent,
    warn: silent,
    error: silent,
    debug: silent,
    trace: silent,
  });
  Math.random = () => {
    throw new TypeError('Math.random at the top level of a module would be the same in every call: call it within run');
  };
}

class Utf8Encoder {
  readonly encoding = 'utf-8';

  encode(text = ''): Uint8Array {
    return new Uint8Array(wasi.encode(text));
  }
}

class Utf8Decoder {
  readonly encoding = 'utf-8';

  constructor(label = 'utf-8') {
    if (!/^utf-?8$/i.test(label)) throw new RangeError(`there is no decoder for ${label}`);
  }

  decode(bytes: Uint8Array | ArrayBuffer = new Uint8Array()): string {
    return wasi.decode(ArrayBuffer.isView(bytes) ? bytes : new Uint8Array(bytes));
  }
}

/** xorshift128, seeded when it is first asked: the state of the engine was frozen with its heap. */
function random(): () => number {
  let state: Uint32Array | undefined;
  const next = (words: Uint32Array): number => {
    let [x = 1, y = 0, z = 0, w = 0] = words;
    const mixed = x ^ (x << 11);
    x = y;
    y = z;
    z = w;
    w = (w ^ (w >>> 19) ^ mixed ^ (mixed >>> 8)) >>> 0;
    words.set([x, y, z, w]);
    return w;
  };
  return () => {
    if (state === undefined) {
      wasi.randomGet(wasi.CHUNK, 16);
      state = new Uint32Array(wasi.chunk.slice(0, 16).buffer);
    }
    return (next(state) + (next(state) >>> 11) / 2 ** 21) / ONE;
  };
}

function shown(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return String(value);
  }
}
