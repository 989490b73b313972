import { statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type AuditReader, openAuditReader } from '../../audit/read.ts';
import type { RowFilter } from '../../audit/row-filter.ts';
import { HostError } from '../../base/error.ts';
import type { Context } from '../context.ts';

const POLL_MS = 250;

export interface Follower {
  /** Where it begins, once there is a log. */
  first(reader: AuditReader): RowFilter;
  /** Takes the rows that there are; answers the id of the last one. */
  rows(reader: AuditReader, from: RowFilter): Promise<number>;
}

/**
 * Hands on rows as they come, until Ctrl-C: then it returns. Waits for a log that is not there yet, and goes on with the one that takes
 * the place of another.
 */
export async function followLog(context: Context, follower: Follower): Promise<void> {
  const { signal } = context;
  let begin = (reader: AuditReader): RowFilter => follower.first(reader);
  try {
    for (;;) {
      using reader = await waitForLog(context);
      const identity = identify(reader.db.name);
      const from = begin(reader);
      await followOne(reader, from, follower, signal, () => identify(reader.db.name) === identity);
      context.out.note('The log was moved away; what follows is from the one in its place.');
      const { afterId: _, ...whole } = from;
      begin = () => whole;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** Returns when the log is no longer the one in its place. */
async function followOne(
  reader: AuditReader,
  from: RowFilter,
  follower: Follower,
  signal: AbortSignal,
  isInPlace: () => boolean,
): Promise<void> {
  // Says whether another connection has written, without reading the log.
  const version = reader.db.prepare<[], number>('PRAGMA data_version').pluck();
  let seen: number | undefined;
  let afterId = from.afterId;
  while (isInPlace()) {
    const now = version.get();
    if (now !== seen) {
      seen = now;
      afterId = await follower.rows(reader, afterId === undefined ? from : { ...from, afterId });
    }
    await sleep(POLL_MS, undefined, { signal });
  }
}

async function waitForLog({ config, out, signal }: Context): Promise<AuditReader> {
  for (let isTold = false; ; isTold = true) {
    try {
      return openAuditReader(config.dataDir);
    } catch (error) {
      if (!(error instanceof HostError) || error.code !== 'not-found') throw error;
      if (!isTold) out.note('There is no audit log yet; waiting for it.');
    }
    await sleep(POLL_MS, undefined, { signal });
  }
}

function identify(file: string): string | undefined {
  const stat = statSync(file, { bigint: true, throwIfNoEntry: false });
  return stat && `${stat.dev} ${stat.ino}`;
}
