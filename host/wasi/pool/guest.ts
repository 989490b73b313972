import type { PreparedComponent } from '../component/prepare.ts';
import type { CallLimits } from '../limits.ts';

/** What runs, held to the very limits of the call. Equal digests must mean equal bytes before the limits were written into them. */
export type Guest =
  /** A core module as `prepareModule` left it. */
  | { readonly digest: string; readonly module: Uint8Array }
  | { readonly digest: string; readonly component: PreparedComponent };

/** Names the very bytes that a runner compiles: the limits are written into them. */
export function guestKey(guest: Guest, limits: CallLimits): string {
  return `${guest.digest} ${limits.memoryBytes} ${limits.tableElements}`;
}

export function guestBytes(guest: Guest): number {
  if ('module' in guest) return guest.module.length;
  const { meta, modules } = guest.component;
  return [...modules.values()].reduce((sum, bytes) => sum + bytes.length, meta.js.length);
}
