import { encodeUtf8 } from '../../base/bytes.ts';
import { HostError } from '../../base/error.ts';
import type { AuditRow } from '../../policy/event.ts';
import { jsonArray } from './body.ts';
import type { BatchLimits, Encoded, Entry, Forwarder, SendResult } from './forwarder.ts';
import { post } from './post.ts';
import type { ReceiverPorts } from './receiver-ports.ts';
import type { WebhookSpec } from './spec.ts';
import { uuid } from './uuid.ts';
import { verdictOf } from './verdict.ts';
import { signDelivery } from './webhook-signature.ts';

/** What stands around the rows in a body; the names in it have fixed greatest lengths. */
const ENVELOPE_BYTES = 1024;
const MAX_BODY_BYTES = 1_000_000;
const LIMITS: BatchLimits = {
  maxRows: 500,
  maxBytes: MAX_BODY_BYTES - ENVELOPE_BYTES,
  maxRowBytes: MAX_BODY_BYTES - ENVELOPE_BYTES,
};
/** A key that can be guessed proves nothing. */
const MIN_SECRET_CHARS = 32;
const TAKEN: ReadonlySet<number> = new Set([200, 201, 202, 204]);

/** Any receiver that checks a signature: rows as an export has them, in a signed envelope. */
export class Webhook implements Forwarder {
  readonly name: string;
  readonly limits = LIMITS;
  readonly #spec: WebhookSpec;
  readonly #ports: ReceiverPorts;

  constructor(spec: WebhookSpec, ports: ReceiverPorts) {
    this.name = spec.name;
    this.#spec = spec;
    this.#ports = ports;
  }

  encode(row: AuditRow): Encoded {
    return { kind: 'fit', text: JSON.stringify(row) };
  }

  async send(batch: readonly Entry[], signal: AbortSignal): Promise<SendResult> {
    const secret = this.#ports.credential();
    if (secret.reveal((key) => key.length) < MIN_SECRET_CHARS) {
      throw new HostError(
        'config-invalid',
        `the secret of ${this.name} is shorter than ${MIN_SECRET_CHARS} characters`,
        {
          remedy: 'Make one with openssl rand -hex 32, for both sides.',
        },
      );
    }
    // Of the attempt, not of the batch: a receiver that took it and whose answer was lost must not take the next try for a replay.
    const delivery = uuid(this.#ports.random);
    const head = JSON.stringify({ v: 1, delivery, forwarder: this.name, host: this.#ports.host.slice(0, 255) });
    const body = encodeUtf8(`${head.slice(0, -1)},"rows":${jsonArray(batch)}}`);
    const seconds = Math.floor(this.#ports.clock.now() / 1000);
    const answer = await post(
      {
        url: this.#spec.url,
        headers: { 'content-type': 'application/json', ...signDelivery(secret, { delivery, seconds, body }) },
        body,
      },
      signal,
    );
    if (answer.kind === 'answered' && TAKEN.has(answer.status)) return { kind: 'accepted' };
    return verdictOf(answer, this.#ports.clock, [secret]);
  }
}
