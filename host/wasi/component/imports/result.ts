import type { Errno } from '../../../workspace/layer.ts';

/** A WIT `result` as generated code takes it. */
export type Result<T, E> = { readonly tag: 'ok'; readonly val: T } | { readonly tag: 'err'; readonly val: E };

export function ok<T>(val: T): Result<T, never> {
  return { tag: 'ok', val };
}

export function err<E>(val: E): Result<never, E> {
  return { tag: 'err', val };
}

export const DONE: Result<undefined, never> = ok(undefined);

/** The cases of `wasi:filesystem/types.error-code` that this host answers. */
export type ErrorCode = (typeof CODES)[Errno];

/** Every refusal of the file layer in the words of WASI 0.2. Source: wasi:filesystem@0.2, types.wit, `error-code`. */
const CODES = {
  acces: 'access',
  again: 'would-block',
  badf: 'bad-descriptor',
  busy: 'busy',
  dquot: 'quota',
  exist: 'exist',
  fault: 'io',
  fbig: 'file-too-large',
  ilseq: 'illegal-byte-sequence',
  intr: 'interrupted',
  inval: 'invalid',
  io: 'io',
  isdir: 'is-directory',
  loop: 'loop',
  // 0.2 has no case for too many open files; this is what says "no more of it, for now"
  mfile: 'insufficient-memory',
  mlink: 'too-many-links',
  nametoolong: 'name-too-long',
  nfile: 'insufficient-memory',
  noent: 'no-entry',
  nomem: 'insufficient-memory',
  nospc: 'insufficient-space',
  nosys: 'unsupported',
  notcapable: 'not-permitted',
  notdir: 'not-directory',
  notempty: 'not-empty',
  notsup: 'unsupported',
  nxio: 'no-such-device',
  overflow: 'overflow',
  perm: 'not-permitted',
  pipe: 'pipe',
  rofs: 'read-only',
  spipe: 'invalid-seek',
  txtbsy: 'text-file-busy',
  xdev: 'cross-device',
} as const satisfies Record<Errno, string>;

export function refused(errno: Errno): Result<never, ErrorCode> {
  return err(CODES[errno]);
}

/** The result of an operation that answers nothing or a refusal. */
export function doneOr(errno: Errno | undefined): Result<undefined, ErrorCode> {
  return errno === undefined ? DONE : refused(errno);
}

export function codeOf(errno: Errno): ErrorCode {
  return CODES[errno];
}
