import type { dirFromFd } from '../../workspace/dir.ts';
import type { Mount } from '../../workspace/layer.ts';
import { createBundleFs } from '../fs/bundle.ts';
import { createTmpFs } from '../fs/tmp.ts';
import type { CallHeader } from '../pool/protocol.ts';
import type { GuestClock } from '../world.ts';
import type { Journals } from './journals.ts';

/** The files of a bundle by path. */
export interface Bundle {
  readonly digest: string;
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** What a runner has beneath a call's mounts. */
export interface Floor {
  /** Makes handles of the inherited directories; absent in a runner that has none. */
  readonly dirFromFd?: typeof dirFromFd;
  readonly bundle: Bundle | undefined;
  readonly journals: Journals;
}

/** No call can change anything in them. */
const kept = new WeakMap<Bundle, Mount['dir']>();

const MAX_TMP_NODES = 65_536;

/** The directories that the call was given; those of the bundle and of `/tmp` come behind them. The holder closes the handles. */
export function inheritedMounts(header: CallHeader, { dirFromFd }: Floor): readonly Mount[] {
  return header.mounts.map(({ guestPath, fd, access }) => {
    if (dirFromFd === undefined) throw new TypeError('a directory in a runner that has none');
    return { guestPath, dir: dirFromFd(fd, access) };
  });
}

/** What the guest sees of files besides, made anew for each call. */
export function ownMounts(header: CallHeader, floor: Floor, clock: GuestClock): readonly Mount[] {
  return [...bundled(header, floor), ...temporary(header, clock)];
}

function bundled(header: CallHeader, { bundle }: Floor): readonly Mount[] {
  if (header.bundle === undefined) return [];
  if (bundle?.digest !== header.bundle) throw new TypeError('a bundle that is not here');
  let dir = kept.get(bundle);
  if (dir === undefined) kept.set(bundle, (dir = createBundleFs(bundle.files)));
  return [{ guestPath: '/skill', dir }];
}

function temporary({ tmp, limits }: CallHeader, clock: GuestClock): readonly Mount[] {
  if (!tmp) return [];
  return [{ guestPath: '/tmp', dir: createTmpFs({ maxBytes: limits.tmpBytes, maxNodes: MAX_TMP_NODES, clock }) }];
}
