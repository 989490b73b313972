import { GuestExit } from '../world.ts';
import type { Preview1Call } from './call.ts';
import { ERRNO, SUCCESS } from './errno.ts';

/** So much randomness is made at a time. */
const RANDOM_CHUNK_BYTES = 65_536;

/** `proc_*`, `sched_yield`, `random_get`. */
export function processFunctions(call: Preview1Call) {
  const { memory } = call;
  return {
    /** All 32 bits stay in the code: cut to 8, 256 would read as success. */
    proc_exit: (code: number): never => call.end(new GuestExit(code >>> 0)),
    proc_raise: (_signal: number) => ERRNO.notsup,
    sched_yield: () => SUCCESS,
    random_get: (buffer: number, length: number) => {
      const at = buffer >>> 0;
      const end = at + (length >>> 0);
      if (!memory.has(at, end - at)) return ERRNO.fault;
      for (let from = at; from < end; from += RANDOM_CHUNK_BYTES) {
        call.world.random.fill(memory.window(from, Math.min(RANDOM_CHUNK_BYTES, end - from)));
      }
      return SUCCESS;
    },
  };
}
