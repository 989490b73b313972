import { HostError } from '../base/error.ts';
import type { RowSource } from './source.ts';
import { sqliteCode } from './sqlite-error.ts';
import type { ExitCode, Finding, FindingKind } from './verify/finding.ts';

import type { AuditReport, Progress, VerifyOptions } from './verify/report.ts';
import type { GivenCheckpoint } from './verify/tree-check.ts';
import { Walk } from './verify/walk.ts';

export type { AuditReport, ExitCode, Finding, FindingKind, GivenCheckpoint, Progress, VerifyOptions };

/**
 * Verifies a log against a public key: every hash, chain, head, checkpoint, stored node, opening and blob, in one pass and in memory
 * that does not grow with the log. Nothing in the source is believed; whatever it holds, the answer is a report.
 * @throws HostError `key-invalid` or `key-weak` for a bad key, `io` where a temporary file is needed and has no room; `signal.reason`
 */
export async function verifyLog(source: RowSource, options: VerifyOptions): Promise<AuditReport> {
  using walk = new Walk(source, options);
  try {
    await walk.run();
    return walk.report();
  } catch (error) {
    // The source's own errors are HostErrors; this one is of the temporary file.
    if (sqliteCode(error) === undefined) throw error;
    throw new HostError('io', `The log cannot be verified: no room for a temporary file (${sqliteCode(error)})`, {
      remedy: 'Make room where the system keeps temporary files, or name another place in SQLITE_TMPDIR.',
    });
  }
}

/**
 * The same of a source that is opened for it and closed after it: one that cannot be opened is a report as well.
 * @param open e.g. `() => openDatabaseSource(dataDir)`
 */
export async function verifyOpened(open: () => RowSource, options: VerifyOptions): Promise<AuditReport> {
  let source: RowSource;
  try {
    source = open();
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    using walk = new Walk(NO_ROWS, options);
    walk.fail(error);
    return walk.report();
  }
  using opened = source;
  return await verifyLog(opened, options);
}

const NO_ROWS: RowSource = { rows: () => [], count: () => 0, [Symbol.dispose]: () => undefined };
