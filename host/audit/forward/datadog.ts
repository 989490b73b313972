import type { AuditRow } from '../../policy/event.ts';
import { gzipped, jsonArray, parseAnswer } from './body.ts';
import type { BatchLimits, Encoded, Entry, Forwarder, SendResult } from './forwarder.ts';
import { post } from './post.ts';
import type { ReceiverPorts } from './receiver-ports.ts';
import type { DatadogSpec } from './spec.ts';
import { below } from './target-url.ts';
import { verdictOf } from './verdict.ts';

/**
 * A longer entry is accepted and cut off, so it must not get there. The intake takes 1,000 entries and 5 MB; a batch is made on the event
 * loop of the host, so it is smaller. Source: Datadog, “Send logs”, API v2.
 */
const LIMITS: BatchLimits = { maxRows: 500, maxBytes: 2_000_000, maxRowBytes: 1_000_000 };

/** The detail of a longer payload is not repeated as attributes: the entry would not arrive whole. */
const MAX_SEARCHABLE_CHARS = 100_000;

/** Datadog's intake of logs over HTTP, version 2. */
export class Datadog implements Forwarder {
  readonly name: string;
  readonly limits = LIMITS;
  readonly #spec: DatadogSpec;
  readonly #ports: ReceiverPorts;

  constructor(spec: DatadogSpec, ports: ReceiverPorts) {
    this.name = spec.name;
    this.#spec = spec;
    this.#ports = ports;
  }

  encode(row: AuditRow): Encoded {
    const { tags } = this.#spec;
    const entry = {
      ddsource: 'wirken',
      service: 'wirken',
      hostname: this.#ports.host,
      ...(tags.length === 0 ? {} : { ddtags: tags.join(',') }),
      timestamp: row.ts,
      message: `${row.action} by ${row.actor}, ${row.session} #${row.seq}`,
      // The row stays whole and its payload text: a hash of what Datadog made of it would be another one.
      audit: row,
      ...(row.payload.length > MAX_SEARCHABLE_CHARS ? {} : { detail: parseAnswer(row.payload)?.['detail'] ?? {} }),
    };
    return { kind: 'fit', text: JSON.stringify(entry) };
  }

  async send(batch: readonly Entry[], signal: AbortSignal): Promise<SendResult> {
    const credential = this.#ports.credential();
    const body = await gzipped(jsonArray(batch));
    const answer = await credential.reveal((key) =>
      post(
        {
          url: below(this.#spec.url, '/api/v2/logs'),
          headers: { 'content-type': 'application/json', 'content-encoding': 'gzip', 'dd-api-key': key },
          body,
        },
        signal,
      ),
    );
    if (answer.kind === 'answered' && answer.status === 202) return { kind: 'accepted' };
    return verdictOf(answer, this.#ports.clock, [credential]);
  }
}
