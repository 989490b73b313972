import { shown } from '../../base/shown.ts';
import { MEMORY_IMPORT } from '../module/import-memory.ts';
import { type GuestEnd, GuestExit, GuestStop, type GuestWorld } from '../world.ts';
import { Preview1Call } from './call.ts';
import { doorOf } from './door.ts';
import { PREVIEW1_MODULE } from './functions.ts';
import type { MemoryShelf } from './shelf.ts';

/** How a command ended and how much linear memory it had then, in bytes. */
export interface CommandEnd {
  readonly end: GuestEnd;
  readonly memoryBytes: number;
}

/**
 * Runs `_start` of a fresh instance until it returns, exits, traps or meets a limit. An exit code is the guest's u32, uncut.
 * The module must have passed the module parser: its imports are known, its memories and tables bounded. One that imports its memory
 * gets it from `shelf`, which has it back if nothing went wrong.
 *
 * While a start function runs, the memory is not known yet, as the engine shows an own one only with the instance: every pointer is
 * `fault` until then, and what takes none (`proc_exit`, `sched_yield`, `fd_close`) works. So it is for good in a module that exports no
 * `memory`.
 * @throws TypeError for a bug of ours; what a sink or a layer throws unasked
 */
export function runCommand(module: WebAssembly.Module, world: GuestWorld, shelf?: MemoryShelf): CommandEnd {
  const call = new Preview1Call(world);
  const door = doorOf(module, call);
  let lent: WebAssembly.Memory | undefined;
  let memory: WebAssembly.Memory | undefined;
  let end: GuestEnd;
  try {
    lent = shelf?.take();
    const imports: WebAssembly.Imports = { [PREVIEW1_MODULE]: door.functions };
    if (lent !== undefined) imports[MEMORY_IMPORT.module] = { [MEMORY_IMPORT.name]: lent };
    door.open(call);
    const { exports } = new WebAssembly.Instance(module, imports);
    if (exports['memory'] instanceof WebAssembly.Memory) memory = exports['memory'];
    end = call.ended === undefined ? start(call, exports['_start'], memory) : endOf(call.ended);
  } catch (error) {
    end = endOf(call.ended ?? error);
  } finally {
    door.shut();
    call.close();
  }
  // Every frame of the guest is gone, and so is every view of ours.
  if (lent !== undefined && end.kind === 'exited') shelf?.giveBack(lent);
  return { end, memoryBytes: (lent ?? memory)?.buffer.byteLength ?? 0 };
}

function start(call: Preview1Call, entry: unknown, memory: WebAssembly.Memory | undefined): GuestEnd {
  if (typeof entry !== 'function') return trap('the module exports no function _start: it is not a WASI command');
  if (entry.length !== 0) return trap('the module’s _start takes parameters: it is not a WASI command');
  if (memory !== undefined) call.memory.attach(memory);
  entry();
  return call.ended === undefined ? { kind: 'exited', code: 0 } : endOf(call.ended);
}

function trap(message: string): GuestEnd {
  return { kind: 'trap', message };
}

function endOf(thrown: unknown): GuestEnd {
  if (thrown instanceof GuestExit) return { kind: 'exited', code: thrown.code };
  if (thrown instanceof GuestStop) return { kind: 'limit', limit: thrown.limit, message: thrown.message };
  if (thrown instanceof WebAssembly.RuntimeError) return trap(shown(thrown.message));
  if (isLinkFailure(thrown)) return trap(`it cannot be linked: ${shown(thrown.message)}`);
  if (isWasmException(thrown)) return trap('an exception of the guest was not caught');
  if (thrown instanceof RangeError && thrown.message.startsWith('Maximum call stack size')) {
    return { kind: 'limit', limit: 'call-depth', message: 'calls were nested deeper than the stack allows' };
  }
  if (thrown instanceof RangeError && /memory/i.test(thrown.message)) {
    return { kind: 'limit', limit: 'memory', message: 'the memory that the module wants at its start is not there' };
  }
  throw thrown;
}

/** The engine answers a missing import module with a TypeError of its own. */
function isLinkFailure(thrown: unknown): thrown is Error {
  if (thrown instanceof WebAssembly.LinkError) return true;
  return thrown instanceof TypeError && thrown.message.startsWith('WebAssembly.Instance(): Import #');
}

/** `WebAssembly.Exception` is missing from the types at hand. */
function isWasmException(thrown: unknown): boolean {
  const exception: unknown = Reflect.get(WebAssembly, 'Exception');
  return typeof exception === 'function' && thrown instanceof exception;
}
