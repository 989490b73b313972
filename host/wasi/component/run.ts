import { decodeUtf8, encodeUtf8 } from '../../base/bytes.ts';
import { shown } from '../../base/shown.ts';
import { type GuestEnd, GuestExit, GuestStop, type GuestWorld } from '../world.ts';
import { CoreInstances, TooManyInstances } from './cores.ts';
import { importsFor } from './imports/all.ts';
import { Guest } from './imports/guest.ts';
import type { LoadedComponent } from './load.ts';

/** What a `wirken:skill` component is called with. */
export interface ComponentCall {
  readonly tool: string;
  /** One JSON object. */
  readonly input: string;
}

export interface ComponentEnd {
  readonly end: GuestEnd;
  /** What `call` of a `wirken:skill` component answered. */
  readonly result?: { readonly ok: string } | { readonly err: string };
  /** Linear memory at the end, as far as core modules export it. */
  readonly memoryBytes: number;
}

/**
 * Runs one call of a component in fresh instances of all its modules.
 *
 * A command has its call in its arguments and stdin, like a core module. A `wirken:skill` gets `call`, by default taken from the same
 * places (`args[1]`, all of stdin); then an `ok` goes to the world's stdout with exit code 0, an `err` to its stderr with exit code 1,
 * and what the guest itself prints goes to stderr.
 * @throws TypeError for a call that is not text; never for what happens between the guest and its world
 */
export function runComponent(loaded: LoadedComponent, world: GuestWorld, call = callOf(loaded, world)): ComponentEnd {
  const guest = new Guest(world);
  const cores = new CoreInstances(loaded);
  try {
    const exports = loaded.instantiate(
      (name) => cores.module(name),
      importsFor(guest, call === undefined ? 'stdout' : 'stderr'),
      (module, imports) => cores.instantiate(module, imports),
    );
    const ended = call === undefined ? runCommand(exports, loaded) : callSkill(exports, loaded, call, guest);
    if (guest.end !== undefined) return { end: endOf(guest.end), memoryBytes: cores.memoryBytes };
    return { ...ended, memoryBytes: cores.memoryBytes };
  } catch (error) {
    return { end: endOf(guest.end ?? error), memoryBytes: cores.memoryBytes };
  } finally {
    guest.dispose();
  }
}

type Ended = Pick<ComponentEnd, 'end' | 'result'>;

function callSkill(exports: unknown, loaded: LoadedComponent, { tool, input }: ComponentCall, guest: Guest): Ended {
  const entry = functionOf(exports, loaded.exportName);
  let result: { readonly ok: string } | { readonly err: string };
  try {
    result = { ok: requireText(entry(tool, input)) };
  } catch (thrown) {
    // generated code throws the payload of an err as it is
    if (typeof thrown !== 'string') throw thrown;
    result = { err: thrown };
  }
  guest.within(({ stdout, stderr }) =>
    'ok' in result ? stdout.write(encodeUtf8(result.ok)) : stderr.write(encodeUtf8(`${result.err}\n`)),
  );
  return { end: { kind: 'exited', code: 'ok' in result ? 0 : 1 }, result };
}

function runCommand(exports: unknown, loaded: LoadedComponent): Ended {
  const run = functionOf(member(exports, loaded.exportName), 'run');
  try {
    if (run() !== undefined) throw new Error('its run answers something');
    return { end: { kind: 'exited', code: 0 } };
  } catch (thrown) {
    // err has no payload: generated code throws undefined
    if (thrown !== undefined) throw thrown;
    return { end: { kind: 'exited', code: 1 } };
  }
}

function callOf(loaded: LoadedComponent, world: GuestWorld): ComponentCall | undefined {
  if (loaded.world === 'command') return undefined;
  return { tool: textOf(world.args[1] ?? new Uint8Array()), input: textOf(readAll(world)) };
}

function readAll({ stdin }: GuestWorld): Uint8Array {
  const chunks: Uint8Array[] = [];
  for (;;) {
    const chunk = new Uint8Array(65_536);
    const count = stdin.read(chunk);
    if (count === 0) return Buffer.concat(chunks);
    chunks.push(chunk.subarray(0, count));
  }
}

/** @throws TypeError: the host makes both from text */
function textOf(bytes: Uint8Array): string {
  const text = decodeUtf8(bytes);
  if (text === undefined) throw new TypeError('a call that is not UTF-8');
  return text;
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function functionOf(value: unknown, name: string): (...args: unknown[]) => unknown {
  const found = member(value, name);
  if (!isFunction(found)) throw new Error(`the component does not export ${name} as a function`);
  return found;
}

function isFunction(value: unknown): value is (...args: unknown[]) => unknown {
  return typeof value === 'function';
}

function requireText(value: unknown): string {
  if (typeof value !== 'string') throw new Error('its call does not answer result<string, string>');
  return value;
}

/** Whatever else comes out of generated code, a `TypeError` for a value of the wrong shape for instance, is the guest's doing. */
function endOf(thrown: unknown): GuestEnd {
  if (thrown instanceof GuestExit) return { kind: 'exited', code: thrown.code };
  if (thrown instanceof GuestStop) return { kind: 'limit', limit: thrown.limit, message: thrown.message };
  if (thrown instanceof TooManyInstances) return { kind: 'limit', limit: 'memory', message: thrown.message };
  if (thrown instanceof RangeError && thrown.message.startsWith('Maximum call stack size'))
    return { kind: 'limit', limit: 'call-depth', message: 'calls were nested deeper than the stack allows' };
  if (thrown instanceof RangeError && /memory/i.test(thrown.message))
    return { kind: 'limit', limit: 'memory', message: 'the memory that a module wants at its start is not there' };
  return { kind: 'trap', message: shown(thrown instanceof Error ? thrown.message : String(thrown)) };
}
