import { HostError } from '../../base/error.ts';
import type { ErrorCode } from '../../base/error.ts';
import { shown } from '../../base/shown.ts';
import type { Errno } from '../../workspace/layer.ts';

type Words = readonly [code: ErrorCode, what: string];

const SYSTEM: Words = ['io', 'cannot be used: the system answered an error'];

const WORDS = {
  acces: ['io', 'may not be used: the file system forbids it to this user'],
  again: ['io', 'changed while it was being opened; try again'],
  badf: SYSTEM,
  busy: ['io', 'is in use by the system'],
  dquot: ['io', 'does not fit: the quota is used up'],
  exist: ['io', 'is there already'],
  fault: SYSTEM,
  fbig: ['limit-exceeded', 'is larger than the file system allows'],
  ilseq: ['path-invalid', 'is no well-formed Unicode'],
  intr: SYSTEM,
  inval: ['path-invalid', 'is no path'],
  io: SYSTEM,
  isdir: ['arguments-invalid', 'is a directory'],
  loop: ['io', 'is a symbolic link that leads nowhere, or became one while it was being opened'],
  mfile: SYSTEM,
  mlink: SYSTEM,
  nametoolong: ['path-invalid', 'is longer than a path can be'],
  nfile: SYSTEM,
  noent: ['not-found', 'does not exist'],
  nomem: SYSTEM,
  nospc: ['io', 'does not fit: the disk is full'],
  nosys: SYSTEM,
  notcapable: ['path-escapes', 'leads out of the workspace'],
  notdir: ['not-found', 'does not exist: something on the way to it is no directory'],
  notempty: ['arguments-invalid', 'is a directory that is not empty'],
  notsup: ['unsupported', 'is neither a regular file nor a directory'],
  nxio: ['unsupported', 'is neither a regular file nor a directory'],
  overflow: ['limit-exceeded', 'has more entries than can be listed'],
  perm: ['io', 'may not be changed: it has a second name (a hard link), or the system forbids it'],
  pipe: SYSTEM,
  rofs: ['io', 'may not be changed: the file system is read-only'],
  spipe: SYSTEM,
  txtbsy: ['io', 'is a program that is running'],
  xdev: SYSTEM,
} as const satisfies Record<Errno, Words>;

const REMEDIES: { readonly [code in ErrorCode]?: string } = {
  'path-escapes': 'Name a path inside the workspace, relative to it.',
  'path-invalid': 'Name a path inside the workspace, relative to it.',
  'not-found': 'list_files shows what is there.',
};

/** What a refusal of the file layer means for whoever named `path`. */
export function failureOf(path: string, errno: Errno): HostError {
  const [code, what] = WORDS[errno];
  const remedy = REMEDIES[code];
  return new HostError(code, `${shown(path, 200)} ${what}`, {
    errno,
    ...(remedy === undefined ? {} : { remedy }),
  });
}

/** `value`, unless it is a refusal. @throws HostError */
export function demand<T extends object>(path: string, value: T | Errno): T {
  if (typeof value === 'string') throw failureOf(path, value);
  return value;
}
