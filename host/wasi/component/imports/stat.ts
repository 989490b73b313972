import type { Errno, FileKind, FileStat, TimeToSet } from '../../../workspace/layer.ts';
import { type Datetime, datetime, nanoseconds } from './clocks.ts';
import { codeOf, type ErrorCode, ok, type Result } from './result.ts';

/** The records of `wasi:filesystem/types`, as generated code gives and takes them. */
export type DescriptorType = 'unknown' | 'directory' | 'symbolic-link' | 'regular-file';

export const TYPES: Record<FileKind, DescriptorType> = {
  file: 'regular-file',
  directory: 'directory',
  symlink: 'symbolic-link',
  other: 'unknown',
};

/** What 64 signed bits hold. */
const MAX_TIME_NS = 2n ** 63n - 1n;

export interface DescriptorFlags {
  readonly read?: boolean;
  readonly write?: boolean;
  readonly mutateDirectory?: boolean;
}

export interface PathFlags {
  readonly symlinkFollow?: boolean;
}

export interface OpenFlags {
  readonly create?: boolean;
  readonly directory?: boolean;
  readonly exclusive?: boolean;
  readonly truncate?: boolean;
}

export type NewTimestamp =
  | { readonly tag: 'no-change' }
  | { readonly tag: 'now' }
  | { readonly tag: 'timestamp'; readonly val: Datetime };

export interface DescriptorStat {
  readonly type: DescriptorType;
  readonly linkCount: bigint;
  readonly size: bigint;
  readonly dataAccessTimestamp: Datetime;
  readonly dataModificationTimestamp: Datetime;
  readonly statusChangeTimestamp: Datetime;
}

export interface DirectoryEntry {
  readonly type: DescriptorType;
  readonly name: string;
}

export interface MetadataHash {
  readonly lower: bigint;
  readonly upper: bigint;
}

export function statOf(stat: FileStat | Errno): Result<DescriptorStat, ErrorCode> {
  if (typeof stat === 'string') return { tag: 'err', val: codeOf(stat) };
  return ok({
    type: TYPES[stat.kind],
    linkCount: stat.nlink,
    size: stat.size,
    dataAccessTimestamp: datetime(stat.atimNs),
    dataModificationTimestamp: datetime(stat.mtimNs),
    statusChangeTimestamp: datetime(stat.ctimNs),
  });
}

export function time(asked: NewTimestamp): TimeToSet {
  if (asked.tag === 'no-change') return undefined;
  if (asked.tag === 'now') return 'now';
  const ns = nanoseconds(asked.val);
  return ns < MAX_TIME_NS ? ns : MAX_TIME_NS;
}
