import type { Random } from '../base/ports.ts';
import type { Mount } from '../workspace/layer.ts';
import type { LimitName } from './limits.ts';

/**
 * Everything that a guest can reach during one call. Preview 1 and the component imports are two views of the same world;
 * what is not in it does not exist for the guest.
 */
export interface GuestWorld {
  /** argv, argv[0] included, without terminating zeros. */
  readonly args: readonly Uint8Array[];
  /** `NAME=value`, without terminating zeros. */
  readonly env: readonly Uint8Array[];
  readonly stdin: ByteSource;
  readonly stdout: ByteSink;
  readonly stderr: ByteSink;
  /** In the order of their descriptors, from 3 on. */
  readonly mounts: readonly Mount[];
  readonly clock: GuestClock;
  readonly random: Random;
  /** Open descriptors at the same time, stdio and mounts included; one more is `mfile`. */
  readonly maxDescriptors: number;
  /** Bytes that the guest may write to files and have files grown by, over the whole call; more is `dquot`. */
  readonly maxWrittenBytes: number;
}

export interface ByteSource {
  /** Waits for at least one byte, fills the front of `into`, answers how many; 0 at the end. */
  read(into: Uint8Array): number;
}

export interface ByteSink {
  /** Takes all of `from` and does not keep it. @throws GuestStop when that is more than the limit allows */
  write(from: Uint8Array): void;
}

/** Time as the guest sees it. */
export interface GuestClock {
  /** Nanoseconds since 1970, a multiple of `resolutionNs`. */
  realtimeNs(): bigint;
  /** Nanoseconds since an arbitrary start, never falling, a multiple of `resolutionNs`. */
  monotonicNs(): bigint;
  readonly resolutionNs: bigint;
  /** Blocks (or, under determinism, moves the clock). The host's deadline runs on. */
  sleep(ns: bigint): void;
}

/** Thrown through the guest's frames by `proc_exit`. Never caught by anything between it and the run. */
export class GuestExit {
  readonly code: number;

  constructor(code: number) {
    this.code = code;
  }
}

/** Thrown through the guest's frames when a limit ends the call. */
export class GuestStop {
  readonly limit: LimitName;
  readonly message: string;

  constructor(limit: LimitName, message: string) {
    this.limit = limit;
    this.message = message;
  }
}

/** How one instance ended, before the host adds what only it knows. */
export type GuestEnd =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'limit'; readonly limit: LimitName; readonly message: string }
  | { readonly kind: 'trap'; readonly message: string };
