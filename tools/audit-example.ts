import { encodeHex, encodeUtf8 } from '../host/base/bytes.ts';
import { canonicalJson } from '../host/base/jcs.ts';
import type { AuditRow } from '../host/policy/event.ts';
import { publicKeyOf, signMessage } from '../host/skill/ed25519.ts';
import { payloadHash, payloadText, rowHash } from '../host/audit/chain.ts';
import { signCheckpoint } from '../host/audit/checkpoint.ts';
import { commitBytes, pointerTo } from '../host/audit/commitment.ts';
import { headMessage } from '../host/audit/head.ts';
import { Frontier, leafHash } from '../host/audit/tree.ts';

/** The log of docs/audit-format.md: three rows of one session, with every number that the document names. */
export interface AuditExample {
  readonly key: string;
  /** The export, with openings. */
  readonly lines: readonly string[];
  readonly value: string;
  readonly salt: string;
  /** Hex. */
  readonly headMessage: string;
  readonly leaves: readonly string[];
  readonly root: string;
  readonly checkpoint: string;
}

const SESSION = 'cli-example';
/** The bytes 00 01 02 … 1f: a key that everybody knows. */
const SEED = Uint8Array.from({ length: 32 }, (_, at) => at);
const SALT = new Uint8Array(32).fill(0x2a);

export function auditExample(): AuditExample {
  const key = { publicHex: publicKeyOf(SEED), sign: (message: Uint8Array) => signMessage(message, SEED) };
  const value = canonicalJson({ path: 'src/Straße.ts' });
  const start = row(undefined, {
    actor: 'cli',
    action: 'session.start',
    channel: null,
    detail: { command: 'tool run' },
    ts: '2026-03-01T09:30:00.000Z',
  });
  const call = row(start, {
    actor: 'agent',
    action: 'tool.call',
    channel: 'cli',
    detail: {
      action_variant: 'WorkspaceRead',
      arguments: { $c: commitBytes(encodeUtf8(value), SALT) },
      tool: 'read_file',
    },
    ts: '2026-03-01T09:30:00.125Z',
  });
  const range = { session: SESSION, firstSeq: 1, lastSeq: 2, prevHash: '', hash: call.hash };
  const message = headMessage(range);
  const head = row(call, {
    actor: 'audit',
    action: 'chain.head',
    channel: null,
    detail: {
      first_seq: 1,
      hash: call.hash,
      key: key.publicHex,
      last_seq: 2,
      prev_hash: '',
      sig: encodeHex(key.sign(message)),
    },
    ts: '2026-03-01T09:30:00.125Z',
  });
  const tree = new Frontier();
  for (const { hash } of [start, call]) tree.pushRow(hash);
  const salt = encodeHex(SALT);
  const opening = { pointer: pointerTo('arguments'), salt, value };
  return {
    key: key.publicHex,
    lines: [start, call, head].map((made) => JSON.stringify({ ...made, openings: made === call ? [opening] : [] })),
    value,
    salt,
    headMessage: encodeHex(message),
    leaves: [start, call].map(({ hash }) => leafHash(hash).toString('hex')),
    root: tree.root().toString('hex'),
    checkpoint: signCheckpoint({ size: 2, root: tree.root() }, key),
  };
}

type Said = Pick<AuditRow, 'actor' | 'action' | 'channel' | 'ts'> & {
  readonly detail: Parameters<typeof payloadText>[0]['detail'];
};

function row(before: AuditRow | undefined, { actor, action, channel, detail, ts }: Said): AuditRow {
  const scope = channel === null ? {} : { channel };
  const payload = payloadText({ action, actor, ...scope, detail, session: SESSION, ts });
  const prev = before?.hash ?? '';
  const content = payloadHash(payload);
  const at = (before?.id ?? 0) + 1;
  const hash = rowHash(prev, content);
  return {
    id: at,
    session: SESSION,
    seq: at,
    ts,
    actor,
    action,
    channel,
    payload,
    prev_hash: prev,
    payload_hash: content,
    hash,
  };
}
