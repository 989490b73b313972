import type { Errno, FileKind } from '../layer.ts';

/**
 * The journal of one call: everything that it learnt from the world, in order, so that the call can be made again without that world.
 *
 *     "wj1\n"  resolution  mounts  entry…  0x00
 *
 * An entry is the operation's code, what was asked and what was answered. Numbers are LEB128, signed ones zigzag before that, each in its
 * shortest form; texts and bytes have their length in front. Handles are numbered: first the mounts, then what was opened, in order.
 */
export const MAGIC = Uint8Array.of(0x77, 0x6a, 0x31, 0x0a);
/** "wj1z", and behind it such a journal as a Zstandard frame. Source: RFC 8878. */
export const PACKED_MAGIC = Uint8Array.of(0x77, 0x6a, 0x31, 0x7a);

/** Bytes of one journal before it is packed, unless the caller says otherwise. */
export const MAX_JOURNAL_BYTES = 16 * 1024 * 1024;
/** What nobody may ask for more than, and what nothing is unpacked beyond. */
export const MAX_DECODED_BYTES = 64 * 1024 * 1024;
/** Directories that one call may have. */
export const MAX_MOUNTS = 64;
/** Contents from this length on are kept once in a journal: a second read of the same bytes refers to the first. */
export const PART_BYTES = 512;

/** The operations by their codes. */
export const OPS = [
  'end',
  'seed',
  'realtime',
  'monotonic',
  'sleep',
  'open',
  'stat',
  'stat-at',
  'list',
  'read',
  'write',
  'resize',
  'set-times',
  'set-times-at',
  'sync',
  'mkdir',
  'unlink',
  'rmdir',
  'rename',
  'link',
  'symlink',
  'readlink',
] as const;

export type JournalOp = (typeof OPS)[number];

/** `reply` is an outcome alone, `count` an outcome and a number. */
export type AnswerKind =
  | 'nothing'
  | 'seed'
  | 'realtime'
  | 'monotonic'
  | 'opened'
  | 'stat'
  | 'list'
  | 'content'
  | 'count'
  | 'reply'
  | 'target';

/** What stands in an entry behind its code: the parts of the question, then the answer. */
interface Shape {
  readonly asked: readonly ('number' | 'text' | 'byte' | 'digest' | 'time')[];
  readonly answer: AnswerKind;
}

export const SHAPES = {
  end: { asked: [], answer: 'nothing' },
  seed: { asked: [], answer: 'seed' },
  realtime: { asked: [], answer: 'realtime' },
  monotonic: { asked: [], answer: 'monotonic' },
  sleep: { asked: ['number'], answer: 'nothing' },
  open: { asked: ['number', 'text', 'byte'], answer: 'opened' },
  stat: { asked: ['number'], answer: 'stat' },
  'stat-at': { asked: ['number', 'text', 'byte'], answer: 'stat' },
  list: { asked: ['number'], answer: 'list' },
  read: { asked: ['number', 'number', 'number'], answer: 'content' },
  write: { asked: ['number', 'number', 'number', 'digest'], answer: 'count' },
  resize: { asked: ['number', 'number'], answer: 'reply' },
  'set-times': { asked: ['number', 'time', 'time'], answer: 'reply' },
  'set-times-at': { asked: ['number', 'text', 'byte', 'time', 'time'], answer: 'reply' },
  sync: { asked: ['number'], answer: 'reply' },
  mkdir: { asked: ['number', 'text'], answer: 'reply' },
  unlink: { asked: ['number', 'text'], answer: 'reply' },
  rmdir: { asked: ['number', 'text'], answer: 'reply' },
  rename: { asked: ['number', 'text', 'number', 'text'], answer: 'reply' },
  link: { asked: ['number', 'text', 'byte', 'number', 'text'], answer: 'reply' },
  symlink: { asked: ['number', 'text', 'text'], answer: 'reply' },
  readlink: { asked: ['number', 'text'], answer: 'target' },
} as const satisfies Readonly<Record<JournalOp, Shape>>;

/** Refusals by their numbers, from 1 on; 0 is success. */
export const ERRNOS = [
  'acces',
  'again',
  'badf',
  'busy',
  'dquot',
  'exist',
  'fault',
  'fbig',
  'ilseq',
  'intr',
  'inval',
  'io',
  'isdir',
  'loop',
  'mfile',
  'mlink',
  'nametoolong',
  'nfile',
  'noent',
  'nomem',
  'nospc',
  'nosys',
  'notcapable',
  'notdir',
  'notempty',
  'notsup',
  'nxio',
  'overflow',
  'perm',
  'pipe',
  'rofs',
  'spipe',
  'txtbsy',
  'xdev',
] as const satisfies readonly Errno[];

export const FILE_KINDS = ['file', 'directory', 'symlink', 'other'] as const satisfies readonly FileKind[];
