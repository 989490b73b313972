import { HostError } from '../../base/error.ts';
import { shown } from '../../base/shown.ts';
import type { DirHandle, FileHandle, FileStat, OpenHow } from '../../workspace/layer.ts';
import { parsePath } from '../../workspace/path.ts';
import { demand, failureOf } from './failure.ts';

/** Symlinks on the way to one name. Source: MAXSYMLINKS of Linux. */
const MAX_SYMLINKS = 40;
/** The workspace's own name inside the sandbox of `exec` and of skills: what a program prints can be named as it stands. */
const MOUNT = '/workspace';

/** Where a path leads: names from the workspace on, none of which was a symlink when it was passed. */
export interface Where {
  readonly segments: readonly string[];
  /** Joined by `/`; `.` for the workspace itself. */
  readonly path: string;
  /** Of what stands there; absent if nothing does. */
  readonly stat?: FileStat;
}

export const READ: OpenHow = Object.freeze({
  read: true,
  write: false,
  create: false,
  exclusive: false,
  truncate: false,
  directory: false,
  followLast: false,
});
export const DIRECTORY: OpenHow = Object.freeze({ ...READ, directory: true });
export const WRITE: OpenHow = Object.freeze({ ...READ, read: false, write: true });

/**
 * The true path of what `untrusted` names, which need not exist. Symlinks that stay inside are followed, the last one only with
 * `followLast`. A front of `/workspace/` is taken off.
 * @throws HostError `path-invalid`, `path-escapes`, `not-found` (something on the way is missing or no directory), `io`
 */
export function whereIs(dir: DirHandle, untrusted: string, followLast: boolean): Where {
  const parsed = demand(untrusted === '' ? "''" : untrusted, parsePath(withoutMount(untrusted)));
  const opened: DirHandle[] = [];
  const names: string[] = [];
  const pending = parsed.segments.toReversed();
  let { directory } = parsed;
  let stat: FileStat | undefined = demand(untrusted, dir.stat());
  let symlinks = 0;
  try {
    for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
      if (name === '..') {
        if (names.pop() === undefined) throw failureOf(untrusted, 'notcapable');
        opened.pop()?.close();
        stat = demand(untrusted, (opened.at(-1) ?? dir).stat());
        continue;
      }
      const here = opened.at(-1) ?? dir;
      const found = here.statAt(name, false);
      if (found === 'noent') return missing(untrusted, [...names, name, ...pending.toReversed()], directory);
      stat = demand(untrusted, found);
      if (stat.kind === 'symlink' && (pending.length > 0 || followLast || directory)) {
        if (++symlinks > MAX_SYMLINKS) throw failureOf(untrusted, 'loop');
        const link = here.readlink(name);
        // It is none any more.
        const { target } = demand(untrusted, link === 'inval' ? 'again' : link);
        // An absolute target is out of the workspace by rule, wherever it points.
        if (target.startsWith('/')) throw failureOf(untrusted, 'notcapable');
        if (pending.length === 0) directory ||= /(?:^|\/)\.{0,2}$/.test(target);
        pending.push(...partsOf(target).toReversed());
        continue;
      }
      if (stat.kind !== 'directory' && (pending.length > 0 || directory)) throw failureOf(untrusted, 'notdir');
      names.push(name);
      // The last directory too: a `..` in a symlink's text may come back to it.
      if (stat.kind === 'directory') opened.push(directoryIn(here, name, untrusted));
    }
    return { segments: names, path: textOf(names), stat };
  } finally {
    for (const handle of opened) handle.close();
  }
}

/** The names of a path that `whereIs` made. */
export function segmentsOf(path: string): readonly string[] {
  return path === '.' ? [] : path.split('/');
}

/** Opens the directory at a true path, one name at a time and through no symlink. The caller closes it. @throws HostError */
export function openDirectory(dir: DirHandle, segments: readonly string[]): DirHandle {
  let current = directoryIn(dir, '.', '.');
  for (const [at, name] of segments.entries()) {
    try {
      const next = directoryIn(current, name, textOf(segments.slice(0, at + 1)));
      current.close();
      current = next;
    } catch (error) {
      current.close();
      throw error;
    }
  }
  return current;
}

/** The directory in which the last name of a true path stands, and that name. The caller closes it. @throws HostError */
export function openParent(dir: DirHandle, path: string): { readonly parent: DirHandle; readonly name: string } {
  const segments = segmentsOf(path);
  const name = segments.at(-1);
  if (name === undefined) throw new HostError('arguments-invalid', 'the workspace itself is no file');
  return { parent: openDirectory(dir, segments.slice(0, -1)), name };
}

/** Opens the regular file that stands at a name, through no symlink. The caller closes it. @throws HostError */
export function fileIn(parent: DirHandle, name: string, how: OpenHow, path: string): FileHandle {
  const stat = demand(path, parent.statAt(name, false));
  // Looked at first: what is no file is not even opened.
  if (stat.kind === 'directory') throw failureOf(path, 'isdir');
  if (stat.kind !== 'file') throw failureOf(path, stat.kind === 'symlink' ? 'loop' : 'notsup');
  const file = demand(path, parent.open(name, how));
  if (file.kind === 'file') return file;
  file.close();
  throw failureOf(path, 'isdir');
}

/** Reads what stands at a true path. @throws HostError */
export function openFile(dir: DirHandle, path: string, how: OpenHow = READ): FileHandle {
  const { parent, name } = openParent(dir, path);
  try {
    return fileIn(parent, name, how, path);
  } finally {
    parent.close();
  }
}

export function directoryIn(parent: DirHandle, name: string, path: string): DirHandle {
  const opened = demand(path, parent.open(name, DIRECTORY));
  if (opened.kind === 'directory') return opened;
  opened.close();
  throw failureOf(path, 'notdir');
}

/** What is not there has no symlinks, so its names are the true ones; a `..` behind it means nothing. */
function missing(untrusted: string, names: readonly string[], directory: boolean): Where {
  if (directory || names.includes('..')) throw failureOf(untrusted, 'noent');
  return { segments: names, path: textOf(names) };
}

function textOf(names: readonly string[]): string {
  return names.length === 0 ? '.' : names.join('/');
}

function partsOf(target: string): readonly string[] {
  return target.split('/').filter((part) => part !== '' && part !== '.');
}

function withoutMount(untrusted: string): string {
  if (untrusted === MOUNT) return '.';
  return untrusted.startsWith(`${MOUNT}/`) ? untrusted.slice(MOUNT.length).replace(/^\/+/, '') || '.' : untrusted;
}

/** How an error names a path. */
export function pathText(path: string): string {
  return shown(path, 200);
}
