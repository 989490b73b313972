import type { Errno } from '../../workspace/layer.ts';
import type { DirNode, TmpNode } from './node.ts';
import { MAX_SYMLINKS, parsePath } from './path.ts';

/** Whether a symlink in the last place is followed: `never`, only before a trailing slash, or `always`. */
export type FollowLast = 'never' | 'slash' | 'always';

/** Where a path leads beneath a directory. */
export interface Place {
  /** The directory that has, or would have, the name; absent when the path ends in `.` or `..`. */
  readonly parent: DirNode | undefined;
  readonly name: string;
  readonly node: TmpNode | undefined;
  /** The path says that it must be a directory. */
  readonly directory: boolean;
  /** Levels of `parent` beneath the directory that the walk began in. */
  readonly depth: number;
}

/**
 * Walks a path from `base`, through symlinks, never above `base`: that is `notcapable`.
 * A missing last segment is a place without a node; a missing one before it is `noent`.
 */
export function resolve(base: DirNode, path: string, follow: FollowLast): Place | Errno {
  const parsed = parsePath(path);
  if (typeof parsed === 'string') return parsed;
  const pending = parsed.segments.toReversed();
  const stack = [base];
  let here = base;
  let directory = parsed.directory;
  let links = 0;
  for (let segment = pending.pop(); segment !== undefined; segment = pending.pop()) {
    if (segment === '.') continue;
    if (segment === '..') {
      stack.pop();
      const above = stack.at(-1);
      if (above === undefined) return 'notcapable';
      here = above;
      continue;
    }
    const node = here.entries.get(segment);
    const isLast = pending.length === 0;
    const follows = !isLast || follow === 'always' || (follow === 'slash' && directory);
    if (node?.kind === 'symlink' && follows) {
      if (++links > MAX_SYMLINKS) return 'loop';
      const target = parsePath(node.target);
      if (typeof target === 'string') return target;
      if (isLast && target.directory) directory = true;
      pending.push(...target.segments.toReversed());
    } else if (isLast) {
      return { parent: here, name: segment, node, directory, depth: stack.length - 1 };
    } else if (node?.kind === 'directory') {
      stack.push(node);
      here = node;
    } else return node === undefined ? 'noent' : 'notdir';
  }
  return { parent: undefined, name: '.', node: here, directory: true, depth: stack.length - 1 };
}

/** Whether a relative link target, read from a directory `depth` levels down, would lead above the start. */
export function leaves(target: readonly string[], depth: number): boolean {
  let level = depth;
  for (const segment of target) {
    if (segment === '..') level--;
    else if (segment !== '.') level++;
    if (level < 0) return true;
  }
  return false;
}
