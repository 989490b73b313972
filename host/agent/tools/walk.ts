import { compareBytes } from '../../base/bytes.ts';
import { HostError } from '../../base/error.ts';
import type { DirEntry, DirHandle } from '../../workspace/layer.ts';
import { demand } from './failure.ts';
import type { NameFilter } from './name-filter.ts';
import { DIRECTORY, pathText, segmentsOf } from './where.ts';

export const MAX_DEPTH = 32;
/** Names that one walk looks at. */
const MAX_VISITED = 100_000;

/** One name that a walk came to. */
export interface Visit {
  /** From the workspace on. */
  readonly path: string;
  /** From where the walk began. */
  readonly segments: readonly string[];
  readonly entry: DirEntry;
  /** The directory in which it stands; open until the walk goes on. */
  readonly parent: DirHandle;
  readonly shown: boolean;
  /** A directory that is there and was deep enough, but that the filter does not enter. */
  readonly passedBy: boolean;
}

export interface WalkSpec {
  /** The directory where the walk begins, and its path. The handle stays the caller's. */
  readonly dir: DirHandle;
  readonly path: string;
  /** Levels, from 1. */
  readonly depth: number;
  readonly filter: NameFilter;
  /** Begins at this path, itself included: where an earlier walk stopped. */
  readonly from: readonly string[];
}

/** Why a walk ended. */
export type WalkEnd = 'end' | 'visited';

/**
 * Each name beneath a directory: a directory before what is in it, the names of one by their bytes, so that a walk can be taken up
 * where another stopped. Symlinks are named and never followed. What cannot be opened is named and not entered.
 * @throws HostError if the first directory cannot be listed
 */
export function* walk(spec: WalkSpec): Generator<Visit, WalkEnd> {
  const count = { visited: 0 };
  return (yield* within(spec, spec.dir, [], demand(spec.path, spec.dir.list()), count)) ? 'end' : 'visited';
}

function* within(
  spec: WalkSpec,
  dir: DirHandle,
  above: readonly string[],
  entries: readonly DirEntry[],
  count: { visited: number },
): Generator<Visit, boolean> {
  for (const entry of entries) {
    const segments = [...above, entry.name];
    const order = orderOf(segments, spec.from);
    if (order === 'before') continue;
    const deeper = entry.kind === 'directory' && segments.length < spec.depth;
    const enters = deeper && spec.filter.enters(segments);
    if (order === 'from') {
      if (count.visited === MAX_VISITED) return false;
      count.visited += 1;
      yield {
        path: spec.path === '.' ? segments.join('/') : `${spec.path}/${segments.join('/')}`,
        segments,
        entry,
        parent: dir,
        shown: spec.filter.shows(segments),
        passedBy: deeper && !enters,
      };
    }
    if (!enters) continue;
    const inner = dir.open(entry.name, DIRECTORY);
    if (typeof inner === 'string') continue;
    try {
      const listed = inner.kind === 'directory' ? inner.list() : [];
      if (typeof listed === 'string') continue;
      if (inner.kind === 'directory' && !(yield* within(spec, inner, segments, listed, count))) return false;
    } finally {
      inner.close();
    }
  }
  return true;
}

/** `above`: a directory that holds `from`; it was named before. */
function orderOf(segments: readonly string[], from: readonly string[]): 'before' | 'above' | 'from' {
  for (const [at, name] of segments.entries()) {
    const other = from[at];
    if (other === undefined) return 'from';
    const order = compareBytes(name, other);
    if (order !== 0) return order < 0 ? 'before' : 'from';
  }
  return segments.length < from.length ? 'above' : 'from';
}

/** The names beneath `path` that an argument `after_path` means. @throws HostError `arguments-invalid` */
export function segmentsBeneath(path: string, untrusted: string): readonly string[] {
  const base = segmentsOf(path);
  const named = untrusted.split('/');
  if (base.every((name, at) => named[at] === name) && named.length > base.length) return named.slice(base.length);
  throw new HostError('arguments-invalid', `after_path ${pathText(untrusted)} does not lie beneath ${pathText(path)}`, {
    remedy: 'Give the arguments of the call before, and its next with them.',
  });
}
