import { globMatches, leadsTo, restsBeneath } from '../policy/glob.ts';
import type { Glob } from '../policy/glob.ts';

/** What a handle may do beneath its workspace. The two words are for `wirken wasm run --dir`: everything beneath. */
export type Access = Globs | 'read-only' | 'read-write';

interface Globs {
  readonly read: readonly Glob[];
  readonly write: readonly Glob[];
  /** What the operator's rules deny, whatever is granted. */
  readonly denied?: Denials;
}

/** Globs whose wildcards take names that begin with a dot as well. */
export interface Denials {
  readonly read: readonly Glob[];
  readonly write: readonly Glob[];
}

const NONE: Denials = { read: [], write: [] };

/** Whether the file at this path may be read. Every path here is canonical: from the workspace on, without symlinks. */
export function mayRead(access: Access, path: readonly string[]): boolean {
  if (typeof access === 'string') return true;
  return access.read.some((glob) => globMatches(glob, path)) && !isDenied(access.denied?.read, path);
}

/** Whether the name at this path may be made, changed, replaced or removed. */
export function mayWrite(access: Access, path: readonly string[]): boolean {
  if (typeof access === 'string') return access === 'read-write';
  return access.write.some((glob) => globMatches(glob, path)) && !isDenied(access.denied?.write, path);
}

/** Whether what is not a directory may be seen at this path. */
export function maySee(access: Access, path: readonly string[]): boolean {
  return mayRead(access, path) || mayWrite(access, path);
}

/** Whether a directory at this path may be seen, opened and listed: it is granted, or something beneath it is. */
export function mayEnter(access: Access, path: readonly string[]): boolean {
  if (typeof access === 'string' || path.length === 0) return true;
  const { read, write, denied = NONE } = access;
  return (
    (leadsTo(read, path) && !isDenied(denied.read, path)) ||
    (leadsTo(write, path) && !isDenied(denied.write, path)) ||
    maySee(access, path)
  );
}

/** Whether a directory may be made at this path: it is granted for writing, or it leads to something that is. */
export function mayMakeDir(access: Access, path: readonly string[]): boolean {
  if (typeof access === 'string') return mayWrite(access, path);
  return mayWrite(access, path) || (leadsTo(access.write, path) && !isDenied(access.denied?.write, path));
}

/** Whether what is not a directory may get the second path as its (further) name: it may not become readable by that. */
export function mayMoveFile(access: Access, from: readonly string[], to: readonly string[]): boolean {
  return mayWrite(access, from) && mayWrite(access, to) && (mayRead(access, from) || !mayRead(access, to));
}

/**
 * Whether a directory may move with everything beneath it: all of that is granted for writing, and nothing of it becomes readable or
 * writable by its new place, nor does it take away or bring along what is denied.
 */
export function mayMoveDir(access: Access, from: readonly string[], to: readonly string[]): boolean {
  if (!mayMoveFile(access, from, to)) return false;
  if (typeof access === 'string') return true;
  const { denied = NONE } = access;
  return (
    restsBeneath(denied.write, from, true).size === 0 &&
    restsBeneath(denied.write, to, true).size === 0 &&
    restsBeneath(denied.read, from, true).isSubsetOf(restsBeneath(denied.read, to, true)) &&
    restsBeneath(access.write, from).has('**') &&
    restsBeneath(access.write, to).isSubsetOf(restsBeneath(access.write, from)) &&
    restsBeneath(access.read, to).isSubsetOf(restsBeneath(access.read, from))
  );
}

function isDenied(denied: readonly Glob[] | undefined, path: readonly string[]): boolean {
  return denied !== undefined && denied.some((glob) => globMatches(glob, path, true));
}
