import type { Errno } from '../../workspace/layer.ts';

/**
 * The number of each refusal as a guest sees it; 0 is success.
 * Source: WASI preview 1, `errno`.
 */
export const ERRNO: Readonly<Record<Errno | 'notsock', number>> = Object.freeze({
  acces: 2,
  again: 6,
  badf: 8,
  busy: 10,
  dquot: 19,
  exist: 20,
  fault: 21,
  fbig: 22,
  ilseq: 25,
  intr: 27,
  inval: 28,
  io: 29,
  isdir: 31,
  loop: 32,
  mfile: 33,
  mlink: 34,
  nametoolong: 37,
  nfile: 41,
  noent: 44,
  nomem: 48,
  nospc: 51,
  nosys: 52,
  notdir: 54,
  notempty: 55,
  notsock: 57,
  notsup: 58,
  nxio: 60,
  overflow: 61,
  perm: 63,
  pipe: 64,
  rofs: 69,
  spipe: 70,
  txtbsy: 74,
  xdev: 75,
  notcapable: 76,
});

export const SUCCESS = 0;

/** The number of an optional refusal. */
export function errnoOf(refusal: Errno | undefined): number {
  return refusal === undefined ? SUCCESS : ERRNO[refusal];
}
