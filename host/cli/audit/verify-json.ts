import type { AuditReport, Finding } from '../../audit/verify.ts';
import type { Json } from '../../base/jcs.ts';
import type { VerifyKey } from './verify-key.ts';

/** A report as `--json` prints it. */
export function reportJson(report: AuditReport, key: VerifyKey): Json {
  const { exitCode, rows, sessions, heads, tree, content, unattested } = report;
  return {
    ok: exitCode === 0,
    exit_code: exitCode,
    key: key.hex,
    key_source: key.source,
    rows,
    sessions,
    heads,
    tree:
      tree === undefined
        ? null
        : {
            size: tree.size,
            root: tree.root,
            stored_checkpoints: tree.storedCheckpoints,
            given_checkpoints: tree.givenCheckpoints,
            verified_size: tree.verifiedSize,
          },
    content: {
      opened: content.opened,
      redacted: content.redacted,
      not_kept: content.notKept,
      not_given: content.notGiven,
    },
    unattested: {
      rows: unattested.rows,
      sessions: unattested.sessions.map(({ session, rows, id, seq }) => ({ session, rows, id, seq })),
    },
    findings: report.findings.map(findingJson),
    counts: Object.fromEntries(report.counts),
    not_seen: report.unseen,
  };
}

export function findingJson({ kind, id, session, seq, reason }: Finding): Json {
  return {
    kind,
    ...(id === undefined ? {} : { id }),
    ...(session === undefined ? {} : { session }),
    ...(seq === undefined ? {} : { seq }),
    reason,
  };
}
