import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Access } from './access.ts';
import type { Backend } from './backend.ts';
import { parseGlob } from '../policy/glob.ts';
import type { DirHandle, Errno, FileHandle, OpenHow } from './layer.ts';
import { loadLibc } from './libc.ts';
import { openat2Backend } from './openat2.ts';
import { walkBackend } from './walk.ts';

/** Both back-ends, for tables. This machine must have both, or the tests say so. */
export function bothBackends(): readonly Backend[] {
  const libc = loadLibc();
  const kernel = libc === undefined ? undefined : openat2Backend(libc);
  if (kernel === undefined) throw new Error('node:ffi or openat2 is missing here');
  return [kernel, walkBackend];
}

/** A workspace with an outside beside it, on the real file system; removed at the end. */
export class Scene implements Disposable {
  readonly base = mkdtempSync(join(tmpdir(), 'wirken-workspace-'));
  readonly work = join(this.base, 'work');
  readonly outside = join(this.base, 'outside');

  constructor() {
    mkdirSync(this.work);
    mkdirSync(join(this.outside, 'dir'), { recursive: true });
    writeFileSync(join(this.outside, 'secret.txt'), 'the secret');
    writeFileSync(join(this.outside, 'dir', 'deep.txt'), 'deeper secret');
  }

  /** A file of the workspace, with the directories on its way. */
  put(path: string, content = path): void {
    const full = join(this.work, path);
    mkdirSync(join(full, '..'), { recursive: true });
    writeFileSync(full, content);
  }

  path(path: string): string {
    return join(this.work, path);
  }

  /** Everything outside as text: names, kinds, contents, modes and times. */
  outsideState(): string {
    return describe(this.outside).join('\n');
  }

  [Symbol.dispose](): void {
    rmSync(this.base, { recursive: true, force: true });
  }
}

function describe(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(directory, entry.name);
      if (entry.isSymbolicLink()) return [`${path} -> ${readlinkSync(path)}`];
      const { mode, mtimeMs, nlink } = statSync(path);
      const line = `${path} ${mode.toString(8)} ${mtimeMs} ${nlink}`;
      if (entry.isDirectory()) return [line, ...describe(path)];
      return [entry.isFile() ? `${line} ${readFileSync(path, 'latin1')}` : line];
    });
}

export function grants(read: readonly string[], write: readonly string[] = []): Access {
  return { read: read.map(parseGlob), write: write.map(parseGlob) };
}

export const READ: OpenHow = Object.freeze({
  read: true,
  write: false,
  create: false,
  exclusive: false,
  truncate: false,
  directory: false,
  followLast: true,
});
export const WRITE: OpenHow = Object.freeze({ ...READ, read: false, write: true });
export const CREATE: OpenHow = Object.freeze({ ...WRITE, create: true });
export const REPLACE: OpenHow = Object.freeze({ ...CREATE, truncate: true });

/** The text of a file through a handle, or why not. */
export function textOf(dir: DirHandle, path: string, how: OpenHow = READ): { readonly text: string } | Errno {
  const file = dir.open(path, how);
  if (typeof file === 'string') return file;
  if (file.kind === 'directory') {
    file.close();
    return 'isdir';
  }
  const bytes = new Uint8Array(4096);
  const count = file.read(bytes, 0n);
  file.close();
  return typeof count === 'string' ? count : { text: Buffer.from(bytes.subarray(0, count)).toString() };
}

/** Writes through a handle; `undefined` when all went well. */
export function putText(dir: DirHandle, path: string, text: string, how: OpenHow = REPLACE): Errno | undefined {
  const file = dir.open(path, how);
  if (typeof file === 'string') return file;
  if (file.kind === 'directory') {
    file.close();
    return 'isdir';
  }
  const count = file.write(Buffer.from(text), 0n);
  file.close();
  return typeof count === 'string' ? count : undefined;
}

export function fileAt(dir: DirHandle, path: string, how: OpenHow = READ): FileHandle {
  const opened = dir.open(path, how);
  if (typeof opened === 'string' || opened.kind !== 'file')
    throw new Error(`no file at ${path}: ${JSON.stringify(opened)}`);
  return opened;
}

export function dirAt(dir: DirHandle, path: string): DirHandle {
  const opened = dir.open(path, { ...READ, directory: true });
  if (typeof opened === 'string' || opened.kind !== 'directory')
    throw new Error(`no directory at ${path}: ${JSON.stringify(opened)}`);
  return opened;
}

export function names(dir: DirHandle): readonly string[] | Errno {
  const entries = dir.list();
  return typeof entries === 'string' ? entries : entries.map((entry) => entry.name);
}
