import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { systemCode } from '../base/error.ts';

/** A directory by its path or as an open descriptor. */
type Directory = string | number;

/** Directories that a walk to the root may pass. */
const MAX_DEPTH = 4096;

/**
 * Whether `inner` is `outer` or lies in it. Directories are compared by device and inode on the way up through `..`, so neither other
 * names nor symlinks nor bind mounts hide them. What does not exist yet is where its nearest existing parent is.
 */
export function holds(outer: Directory, inner: Directory): boolean {
  const wanted = identify(anchor(outer));
  // A missing directory holds nothing, and its parent is not it.
  if (wanted === undefined || !exists(outer)) return false;
  let path = anchor(inner);
  let current = identify(path);
  for (let depth = 0; depth < MAX_DEPTH && current !== undefined; depth += 1) {
    if (current === wanted) return true;
    path = `${path}/..`;
    const above = identify(path);
    if (above === current) return false;
    current = above;
  }
  return true;
}

function exists(directory: Directory): boolean {
  return typeof directory === 'number' || identify(resolve(directory)) !== undefined;
}

/** A path under which the directory, or its nearest existing parent, is reached. */
function anchor(directory: Directory): string {
  if (typeof directory === 'number') return `/proc/self/fd/${directory}/.`;
  let path = resolve(directory);
  while (identify(path) === undefined && path !== '/') path = dirname(path);
  return path;
}

function identify(path: string): string | undefined {
  try {
    const { dev, ino } = statSync(path, { bigint: true });
    return `${dev}:${ino}`;
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return undefined;
  }
}
