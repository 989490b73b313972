import { ftruncateSync } from 'node:fs';
import { mayEnter, mayRead, maySee, mayWrite } from './access.ts';
import type { Access } from './access.ts';
import type { Probe } from './backend.ts';
import { attemptVoid } from './errno.ts';
import { WorkspaceFile } from './file.ts';
import { ANCHOR, ITSELF, MEANT, fileFlags } from './flags.ts';
import type { Errno, FileHandle, FileStat, OpenHow } from './layer.ts';
import { isSeen } from './listing.ts';
import type { Tree } from './tree.ts';

/**
 * Names beneath an open directory, together with the canonical path that they are if none of them is a symlink. The back-end opens
 * them only in that case, so a grant checked on the canonical path holds for what was opened.
 */
export interface TruePath {
  readonly dirFd: number;
  readonly segments: readonly string[];
  /** The segments joined by `/`, or `.`. */
  readonly text: string;
  readonly canonical: readonly string[];
  /** Only a directory can be meant. */
  readonly directory: boolean;
}

/** A directory was opened; the taker owns the descriptor. */
export interface OpenedDirectory {
  readonly directoryFd: number;
}

/** Opens what stands at the path, if the grants allow. `loop`: the path is not the true one. */
export function openTrue(tree: Tree, path: TruePath, how: OpenHow): FileHandle | OpenedDirectory | Errno {
  if (how.directory || path.directory || !mayUse(tree.access, path.canonical, how))
    return openDirectory(tree, path, how);
  const { access, backend } = tree;
  const writes = how.write || how.truncate;
  const flags = fileFlags(how.read, writes, how.create, how.exclusive);
  const fd = backend.open(path.dirFd, path.segments, path.text, flags);
  if (typeof fd === 'string') return fd;
  const probe = backend.probe(fd);
  if (probe === 'directory') return { directoryFd: fd };
  const failure = useFailure(probe, writes) ?? (how.truncate ? attemptVoid(() => ftruncateSync(fd, 0)) : undefined);
  if (failure !== undefined) {
    backend.close(fd);
    return failure;
  }
  const touch = probe === 'file' && (writes || mayWrite(access, path.canonical));
  return new WorkspaceFile(backend, fd, { read: how.read, write: how.write, touch });
}

/** Looks at what stands at the path, at a symlink itself unless `follow`. `loop`: the path is not the true one. */
export function statTrue({ access, backend }: Tree, path: TruePath, follow: boolean): FileStat | Errno {
  if (!mayEnter(access, path.canonical)) return 'notcapable';
  const fd = backend.open(path.dirFd, path.segments, path.text, follow ? MEANT : ITSELF);
  if (typeof fd === 'string') return fd;
  const stat = backend.stat(fd);
  backend.close(fd);
  if (typeof stat === 'string') return stat;
  if (!isSeen(access, stat.kind, path.canonical)) return 'notcapable';
  return path.directory && stat.kind !== 'directory' ? 'notdir' : stat;
}

/** Where only a directory is meant, or only a directory can be granted: it leads to what is. */
function openDirectory({ access, backend }: Tree, path: TruePath, how: OpenHow): OpenedDirectory | Errno {
  if (!mayEnter(access, path.canonical)) return 'notcapable';
  const meant = how.directory || path.directory;
  if (meant && how.create) return 'isdir';
  const fd = backend.open(path.dirFd, path.segments, path.text, ANCHOR);
  // A file here is not granted; nor may one be made.
  if (!meant && (fd === 'notdir' || (fd === 'noent' && how.create))) return 'notcapable';
  if (typeof fd === 'string') return fd;
  if (how.directory || !(how.write || how.truncate)) return { directoryFd: fd };
  backend.close(fd);
  return 'isdir';
}

function mayUse(access: Access, path: readonly string[], how: OpenHow): boolean {
  const writes = how.write || how.truncate || how.create;
  if (how.read && !mayRead(access, path)) return false;
  if (writes && !mayWrite(access, path)) return false;
  return how.read || writes || maySee(access, path);
}

/** Only regular files are used; one that has a second name, which may be outside, is not written. */
function useFailure(probe: Exclude<Probe, 'directory'> | Errno, writes: boolean): Errno | undefined {
  if (probe === 'file') return undefined;
  if (probe === 'shared-file') return writes ? 'perm' : undefined;
  return probe === 'symlink' || probe === 'other' ? 'notsup' : probe;
}
