import type { FileStat, TimeToSet } from '../../workspace/layer.ts';
import { FILETYPE, FSTFLAG, FSTFLAGS_MASK } from './abi.ts';
import type { Preview1Call } from './call.ts';

/** Writes a `filestat`; the 64 bytes at `out` must have been checked. */
export function giveFilestat({ memory, identities }: Preview1Call, out: number, stat: FileStat): void {
  const { view } = memory;
  view.setBigUint64(out, identities.dev(stat.dev), true);
  view.setBigUint64(out + 8, identities.ino(stat.dev, stat.ino), true);
  view.setBigUint64(out + 16, BigInt(FILETYPE[stat.kind]), true);
  view.setBigUint64(out + 24, stat.nlink, true);
  view.setBigUint64(out + 32, stat.size, true);
  view.setBigUint64(out + 40, stat.atimNs, true);
  view.setBigUint64(out + 48, stat.mtimNs, true);
  view.setBigUint64(out + 56, stat.ctimNs, true);
}

/** Whether the `fstflags` are known and ask for one time only of each kind. */
export function validTimes(flags: number): boolean {
  const atim = FSTFLAG.atim | FSTFLAG.atimNow;
  const mtim = FSTFLAG.mtim | FSTFLAG.mtimNow;
  return (flags & ~FSTFLAGS_MASK) === 0 && (flags & atim) !== atim && (flags & mtim) !== mtim;
}

export function atimToSet(flags: number, ns: bigint): TimeToSet {
  if (flags & FSTFLAG.atimNow) return 'now';
  return flags & FSTFLAG.atim ? BigInt.asUintN(64, ns) : undefined;
}

export function mtimToSet(flags: number, ns: bigint): TimeToSet {
  if (flags & FSTFLAG.mtimNow) return 'now';
  return flags & FSTFLAG.mtim ? BigInt.asUintN(64, ns) : undefined;
}
