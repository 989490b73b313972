import { posix } from 'node:path';
import type { Access } from '../observe/accesses.ts';

/** The smallest file permissions that would have sufficed, and what was looked for in vain. */
export interface Proposal {
  readonly read: readonly string[];
  readonly write: readonly string[];
  /** Read or looked at, and not there: a grant would be needed if they were. */
  readonly missing: readonly string[];
}

const WORKSPACE = '/workspace';
/** More paths than this are put into globs. */
const MAX_EXACT = 5;

export function propose(accesses: readonly Access[]): Proposal {
  const here = accesses.filter(({ mount, path }) => mount === WORKSPACE && path !== '.');
  const of = (kind: Access['kind']): readonly string[] =>
    unique(here.filter((one) => one.kind === kind && one.refused === undefined).map(({ path }) => path));
  const written = of('write');
  // What was made within the call needs no leave to be read; what the grants for writing cover is readable with them.
  const read = unique([...of('read'), ...of('look').filter((path) => !isDirectoryOf(path, here))]).filter(
    (path) => !written.includes(path),
  );
  const listedAlone = unique(
    accesses
      .filter(({ mount, kind, refused }) => mount === WORKSPACE && kind === 'list' && refused === undefined)
      .map(({ path }) => path),
  ).filter((dir) => ![...read, ...written].some((path) => isBeneath(path, dir)));
  return {
    read: [...globsOf(read), ...listedAlone.map((dir) => posix.join(dir, '*'))],
    write: globsOf(written),
    missing: unique(
      here.filter(({ kind, refused }) => refused === 'noent' && kind !== 'write').map(({ path }) => path),
    ),
  };
}

/** A path that something else was opened beneath, or that was listed. */
function isDirectoryOf(path: string, accesses: readonly Access[]): boolean {
  return accesses.some(
    (one) => (one.kind === 'list' && one.path === path) || (one.path !== path && isBeneath(one.path, path)),
  );
}

function isBeneath(path: string, dir: string): boolean {
  return dir === '.' || path.startsWith(`${dir}/`);
}

/** A few paths as they are; many by their ending, beneath the directory that they share. Hidden ones must be named. */
export function globsOf(paths: readonly string[]): readonly string[] {
  if (paths.length <= MAX_EXACT) return paths;
  const groups = new Map<string, string[]>();
  const exact: string[] = [];
  for (const path of paths) {
    const ending = posix.extname(path);
    const isHidden = path.split('/').some((segment) => segment.startsWith('.'));
    if (isHidden || ending === '' || /[*?{}\\]/.test(path)) exact.push(path);
    else groups.set(ending, [...(groups.get(ending) ?? []), path]);
  }
  const globs = [...groups].flatMap(([ending, group]) => {
    if (group.length < 3) return group;
    const dirs = unique(group.map((path) => posix.dirname(path)));
    const shared = sharedDirectory(dirs);
    return [posix.join(shared, ...(dirs.length === 1 ? [] : ['**']), `*${ending}`)];
  });
  return unique([...globs, ...exact]);
}

function sharedDirectory(dirs: readonly string[]): string {
  const [first = '.', ...others] = dirs;
  let shared = first === '.' ? [] : first.split('/');
  for (const dir of others) {
    const segments = dir.split('/');
    const end = shared.findIndex((segment, at) => segments[at] !== segment);
    if (end >= 0) shared = shared.slice(0, end);
  }
  return shared.join('/');
}

function unique(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].sort((a, b) => (a < b ? -1 : 1));
}
