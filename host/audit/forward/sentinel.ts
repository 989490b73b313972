import type { SecretString } from '../../base/secret-string.ts';
import type { AuditRow } from '../../policy/event.ts';
import { gzipped, jsonArray } from './body.ts';
import { EntraToken } from './entra-token.ts';
import type { BatchLimits, Encoded, Entry, Forwarder, SendResult } from './forwarder.ts';
import { type Answer, post } from './post.ts';
import type { ReceiverPorts } from './receiver-ports.ts';
import type { SentinelSpec } from './spec.ts';
import { below } from './target-url.ts';
import { verdictOf } from './verdict.ts';

/** 1 MB a call, whether compressed or not. Source: Azure Monitor, “Service limits”, Logs Ingestion API. */
const LIMITS: BatchLimits = { maxRows: 500, maxBytes: 1_000_000, maxRowBytes: 1_000_000 };
/** A longer value of a column is cut off without a word, so it must not get there. */
const MAX_FIELD_BYTES = 64_000;

/** The Logs Ingestion API of Azure Monitor, which fills the tables of Microsoft Sentinel. */
export class Sentinel implements Forwarder {
  readonly name: string;
  readonly limits = LIMITS;
  readonly #spec: SentinelSpec;
  readonly #ports: ReceiverPorts;
  readonly #token: EntraToken;

  constructor(spec: SentinelSpec, ports: ReceiverPorts) {
    this.name = spec.name;
    this.#spec = spec;
    this.#ports = ports;
    this.#token = new EntraToken(spec, ports.clock);
  }

  encode(row: AuditRow): Encoded {
    const bytes = Buffer.byteLength(row.payload);
    if (bytes > MAX_FIELD_BYTES) {
      return {
        kind: 'unfit',
        reason: `its payload of ${bytes} bytes is longer than the ${MAX_FIELD_BYTES} that a column keeps`,
      };
    }
    const entry = {
      TimeGenerated: row.ts,
      RowId: row.id,
      SessionId: row.session,
      Seq: row.seq,
      Ts: row.ts,
      Actor: row.actor,
      Action: row.action,
      Channel: row.channel,
      Payload: row.payload,
      PrevHash: row.prev_hash,
      PayloadHash: row.payload_hash,
      RowHash: row.hash,
      LogHost: this.#ports.host,
    };
    return { kind: 'fit', text: JSON.stringify(entry) };
  }

  async send(batch: readonly Entry[], signal: AbortSignal): Promise<SendResult> {
    const secret = this.#ports.credential();
    const body = await gzipped(jsonArray(batch));
    // A token can end before its time (revoked, clocks apart): once with a fresh one before it counts as a refusal.
    for (let fresh = false; ; fresh = true) {
      if (fresh) this.#token.drop();
      const token = await this.#token.get(secret, signal);
      if (token.kind === 'result') return token.result;
      const answer = await this.#upload(body, token.token, signal);
      if (answer.kind === 'answered' && answer.status === 204) return { kind: 'accepted' };
      if (answer.kind === 'answered' && answer.status === 401 && !fresh) continue;
      return verdictOf(answer, this.#ports.clock, [secret, token.token]);
    }
  }

  #upload(body: Uint8Array<ArrayBuffer>, token: SecretString, signal: AbortSignal): Promise<Answer> {
    const { url, rule, stream } = this.#spec;
    return token.reveal((bearer) =>
      post(
        {
          url: below(url, `/dataCollectionRules/${rule}/streams/${stream}?api-version=2023-01-01`),
          headers: {
            'content-type': 'application/json',
            'content-encoding': 'gzip',
            authorization: `Bearer ${bearer}`,
          },
          body,
        },
        signal,
      ),
    );
  }
}
