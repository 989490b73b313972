import type { Access } from '../../workspace/access.ts';

/** What a call may reach beside its arguments and stdin. */
export interface Where {
  /** In the order of the guest's descriptors. */
  readonly mounts: readonly MountSpec[];
  /** Behind `/skill`, read-only. */
  readonly bundle?: BundleSpec;
  /** Whether there is an empty `/tmp` in memory. */
  readonly tmp: boolean;
}

export interface MountSpec {
  readonly guestPath: string;
  /** An open directory of the host's; it stays the caller's and may be closed as soon as the call was made. */
  readonly fd: number;
  readonly access: Access;
}

export interface BundleSpec {
  /** Names these very files: equal digests, equal files. */
  readonly digest: string;
  readonly files: ReadonlyMap<string, Uint8Array>;
}

export const NOWHERE: Where = Object.freeze({ mounts: [], tmp: false });
