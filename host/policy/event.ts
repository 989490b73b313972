import type { Json } from '../base/jcs.ts';

/** Who wrote the row. */
export type AuditActor =
  | 'adapter'
  | 'gateway'
  | 'gateway.permissions'
  | 'agent'
  | 'agent.llm'
  | 'skill.runner'
  | 'cli'
  | 'audit';

/** What the row records. The names are a contract: `docs/audit-format.md` has the members of each one's `detail`. */
export type AuditAction =
  | 'session.start'
  | 'session.end'
  | 'inbound.message'
  | 'outbound.delivered'
  | 'channel.mismatch'
  | 'skill.verified'
  | 'skill.refused'
  | 'skill.installed'
  | 'skill.removed'
  | 'skill.call'
  | 'skill.result'
  | 'permission.decision'
  | 'permission.changed'
  | 'trust.changed'
  | 'llm.request'
  | 'llm.response'
  | 'tool.call'
  | 'tool.result'
  | 'injection.flagged'
  | 'chain.head'
  | 'audit.redacted';

export type Detail = { readonly [member: string]: Json };

/** A row to be. The store adds id, sequence number, time and hashes. */
export interface EventDraft {
  readonly session: string;
  readonly actor: AuditActor;
  readonly action: AuditAction;
  readonly channel?: string;
  /** In the clear for ever: no message text, no arguments, no results, no file contents. */
  readonly detail: Detail;
  /**
   * Members of `detail` that can be removed later: message text, arguments, results. Each is stored as `{"$c": commitment}` under its
   * name, its value beside the chain. A name must not stand in `detail` as well.
   */
  readonly redactable?: Detail;
  /** Bytes that a redactable member refers to by their SHA-256 (`{"$blob": hex, "bytes": n}`): journals, large results. */
  readonly blobs?: readonly Uint8Array[];
}

/** Where the row came to stand. */
export interface Appended {
  readonly id: number;
  readonly seq: number;
  /** Hex. */
  readonly hash: string;
}

/** The write end of the log, as everything else sees it. */
export interface AuditSink {
  /**
   * Resolves once the row is durable (on the disk, not in a buffer). Rows of one session keep the order of the calls.
   * @throws HostError `audit-unwritable`
   */
  append(draft: EventDraft): Promise<Appended>;
}

/** One row as it stands in the database and, one JSON object a line, in an export. */
export interface AuditRow {
  readonly id: number;
  readonly session: string;
  readonly seq: number;
  readonly ts: string;
  readonly actor: string;
  readonly action: string;
  readonly channel: string | null;
  /** JCS text. */
  readonly payload: string;
  /** Hex; empty for the first row of a session. */
  readonly prev_hash: string;
  readonly payload_hash: string;
  readonly hash: string;
}
