import { CLOCK } from './abi.ts';
import type { Preview1Call } from './call.ts';
import { ERRNO, SUCCESS } from './errno.ts';

/** `clock_*`. Only real and monotonic time exist; the CPU clocks are `inval`, as the specification wants for unsupported ones. */
export function clockFunctions(call: Preview1Call) {
  const { memory } = call;
  const { clock } = call.world;
  return {
    clock_res_get: (id: number, out: number) => {
      if (id !== CLOCK.realtime && id !== CLOCK.monotonic) return ERRNO.inval;
      if (!memory.has(out >>> 0, 8)) return ERRNO.fault;
      memory.view.setBigUint64(out >>> 0, clock.resolutionNs, true);
      return SUCCESS;
    },
    clock_time_get: (id: number, _precision: bigint, out: number) => {
      if (id !== CLOCK.realtime && id !== CLOCK.monotonic) return ERRNO.inval;
      if (!memory.has(out >>> 0, 8)) return ERRNO.fault;
      const now = id === CLOCK.realtime ? clock.realtimeNs() : clock.monotonicNs();
      memory.view.setBigUint64(out >>> 0, now, true);
      return SUCCESS;
    },
  };
}
