import type { Errno } from '../../workspace/layer.ts';
import { CLOCK, EVENT, EVENT_BYTES, MAX_SUBSCRIPTIONS, RIGHT, SUBSCRIPTION_BYTES } from './abi.ts';
import type { Preview1Call } from './call.ts';
import { ERRNO, SUCCESS } from './errno.ts';

const ABSOLUTE = 1;
const HANGUP = 1;

interface Happened {
  readonly userdata: bigint;
  readonly type: number;
  readonly error: number;
  readonly bytes: bigint;
  readonly flags: number;
}

interface Timer {
  readonly userdata: bigint;
  /** From the start of the poll on. */
  readonly waitNs: bigint;
}

/**
 * `poll_oneoff`. Descriptors are ready at once, with what they can move or their error; with none among the subscriptions it sleeps
 * until the first timer. Bytes that a reader of stdin still waits for are waited for in `fd_read`.
 */
export function pollFunctions(call: Preview1Call) {
  const { memory } = call;
  const { clock } = call.world;

  return {
    poll_oneoff: (subscriptions: number, events: number, count: number, number: number) => {
      const from = subscriptions >>> 0;
      const into = events >>> 0;
      const out = number >>> 0;
      const n = count >>> 0;
      if (n === 0 || n > MAX_SUBSCRIPTIONS) return ERRNO.inval;
      if (!memory.has(from, n * SUBSCRIPTION_BYTES) || !memory.has(into, n * EVENT_BYTES) || !memory.has(out, 4)) {
        return ERRNO.fault;
      }
      // A copy: the events may be written over the subscriptions.
      const copy = memory.bytes.slice(from, from + n * SUBSCRIPTION_BYTES);
      const view = new DataView(copy.buffer);
      const happened: Happened[] = [];
      const timers: Timer[] = [];
      for (let at = 0; at < copy.length; at += SUBSCRIPTION_BYTES) {
        const userdata = view.getBigUint64(at, true);
        const type = view.getUint8(at + 8);
        if (type === EVENT.clock) {
          const wait = waitOf(view, at + 16);
          if (typeof wait === 'bigint') timers.push({ userdata, waitNs: wait });
          else happened.push({ userdata, type, error: ERRNO[wait], bytes: 0n, flags: 0 });
        } else if (type === EVENT.fdRead || type === EVENT.fdWrite) {
          happened.push(readiness(view.getUint32(at + 16, true), userdata, type));
        } else return ERRNO.inval;
      }
      expire(timers, happened);
      giveEvents(happened, into);
      memory.view.setUint32(out, happened.length, true);
      return SUCCESS;
    },
  };

  function waitOf(view: DataView, at: number): bigint | Errno {
    const id = view.getUint32(at, true);
    const flags = view.getUint16(at + 24, true);
    if ((id !== CLOCK.realtime && id !== CLOCK.monotonic) || (flags & ~ABSOLUTE) !== 0) return 'inval';
    const timeout = view.getBigUint64(at + 8, true);
    if (flags !== ABSOLUTE) return timeout;
    const now = id === CLOCK.realtime ? clock.realtimeNs() : clock.monotonicNs();
    return timeout > now ? timeout - now : 0n;
  }

  function readiness(fd: number, userdata: bigint, type: number): Happened {
    const refused = (error: Errno): Happened => ({ userdata, type, error: ERRNO[error], bytes: 0n, flags: 0 });
    const descriptor = call.table.get(fd);
    if (descriptor === undefined || descriptor.kind === 'directory') return refused('badf');
    const rights = RIGHT.pollFdReadwrite | (type === EVENT.fdRead ? RIGHT.fdRead : RIGHT.fdWrite);
    if ((descriptor.base & rights) !== rights) return refused('notcapable');
    if (descriptor.kind !== 'file') return { userdata, type, error: 0, bytes: 1n, flags: 0 };
    const stat = descriptor.file.stat();
    if (typeof stat === 'string') return refused(stat);
    const left = stat.size > descriptor.at ? stat.size - descriptor.at : 0n;
    if (type === EVENT.fdWrite) return { userdata, type, error: 0, bytes: 1n, flags: 0 };
    return { userdata, type, error: 0, bytes: left, flags: left === 0n ? HANGUP : 0 };
  }

  /** Adds the timers that are due; sleeps until the first one when nothing else happened. */
  function expire(timers: readonly Timer[], happened: Happened[]): void {
    let waited = 0n;
    if (happened.length === 0) {
      let first = timers[0]?.waitNs ?? 0n;
      for (const { waitNs } of timers) if (waitNs < first) first = waitNs;
      if (first > 0n) clock.sleep(first);
      waited = first;
    }
    for (const { userdata, waitNs } of timers) {
      if (waitNs <= waited) happened.push({ userdata, type: EVENT.clock, error: 0, bytes: 0n, flags: 0 });
    }
  }

  function giveEvents(happened: readonly Happened[], into: number): void {
    const { view } = memory;
    let at = into;
    for (const { userdata, type, error, bytes, flags } of happened) {
      view.setBigUint64(at, userdata, true);
      view.setUint16(at + 8, error, true);
      view.setUint16(at + 10, type, true);
      view.setUint32(at + 12, 0, true);
      view.setBigUint64(at + 16, bytes, true);
      view.setBigUint64(at + 24, BigInt(flags), true);
      at += EVENT_BYTES;
    }
  }
}
