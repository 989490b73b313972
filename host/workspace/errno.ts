import { constants } from 'node:os';
import { systemCode } from '../base/error.ts';
import type { Errno } from './layer.ts';

// What has no name in the layer's vocabulary is `io`: the guest can do nothing with it anyway.
const BY_NAME: { readonly [code: string]: Errno } = {
  EACCES: 'acces',
  EAGAIN: 'again',
  EBADF: 'badf',
  EBUSY: 'busy',
  EDQUOT: 'dquot',
  EEXIST: 'exist',
  EFBIG: 'fbig',
  EILSEQ: 'ilseq',
  EINTR: 'intr',
  EINVAL: 'inval',
  EISDIR: 'isdir',
  ELOOP: 'loop',
  EMFILE: 'mfile',
  EMLINK: 'mlink',
  ENAMETOOLONG: 'nametoolong',
  ENFILE: 'nfile',
  ENODEV: 'nxio',
  ENOENT: 'noent',
  ENOMEM: 'nomem',
  ENOSPC: 'nospc',
  ENOSYS: 'nosys',
  ENOTDIR: 'notdir',
  ENOTEMPTY: 'notempty',
  ENOTSUP: 'notsup',
  EOPNOTSUPP: 'notsup',
  ENXIO: 'nxio',
  EOVERFLOW: 'overflow',
  EPERM: 'perm',
  EPIPE: 'pipe',
  EROFS: 'rofs',
  ESPIPE: 'spipe',
  ETXTBSY: 'txtbsy',
  EXDEV: 'xdev',
  // Node's own: the permission model forbids the call, so this back-end cannot do it.
  ERR_ACCESS_DENIED: 'notsup',
  ERR_OUT_OF_RANGE: 'inval',
};

// By the names that are known: a number may have a second name (EWOULDBLOCK) that is not.
const BY_NUMBER: ReadonlyMap<number, Errno> = new Map(
  Object.entries(constants.errno).flatMap(([name, number]) => {
    const errno = BY_NAME[name];
    return errno === undefined ? [] : [[number, errno] as const];
  }),
);

/** The outcome for an `errno` of this system's kernel. */
export function errnoOf(number: number): Errno {
  return BY_NUMBER.get(number) ?? 'io';
}

/** What `run` answers, or the outcome that its Node system error means. Rethrows what is no system error: a bug of ours. */
export function attempt<T>(run: () => T): T | Errno {
  try {
    return run();
  } catch (error) {
    const code = systemCode(error);
    if (code === undefined || (code.startsWith('ERR_') && !(code in BY_NAME))) throw error;
    return BY_NAME[code] ?? 'io';
  }
}

/** The same for an operation without a result. */
export function attemptVoid(run: () => void): Errno | undefined {
  return attempt<undefined>(() => {
    run();
    return undefined;
  });
}
