import { setTimeout as sleep } from 'node:timers/promises';
import { encodeUtf8 } from '../../base/bytes.ts';
import type { SecretString } from '../../base/secret-string.ts';
import type { AuditRow } from '../../policy/event.ts';
import { gzipped, parseAnswer } from './body.ts';
import type { BatchLimits, Encoded, Entry, Forwarder, SendResult } from './forwarder.ts';
import { type Answer, post } from './post.ts';
import type { ReceiverPorts } from './receiver-ports.ts';
import type { SplunkSpec } from './spec.ts';
import { meaningOf } from './splunk-code.ts';
import { below } from './target-url.ts';
import { uuid } from './uuid.ts';
import { quoted, verdictOf } from './verdict.ts';

/** Splunk Cloud's advice for one request; Splunk Enterprise takes more. */
const LIMITS: BatchLimits = { maxRows: 500, maxBytes: 1_000_000, maxRowBytes: 1_000_000 };

export interface AckPace {
  readonly firstMs: number;
  readonly lastMs: number;
  /** After this the batch counts as lost on the way, and goes again. Splunk advises five minutes. */
  readonly giveUpMs: number;
}

const ACK_PACE: AckPace = { firstMs: 500, lastMs: 10_000, giveUpMs: 300_000 };

export interface SplunkPorts extends ReceiverPorts {
  readonly ackPace?: AckPace;
}

/** Splunk's HTTP Event Collector. */
export class Splunk implements Forwarder {
  readonly name: string;
  readonly limits = LIMITS;
  readonly #spec: SplunkSpec;
  readonly #ports: SplunkPorts;
  /** Acknowledgements are counted within a channel; ours is this process's. */
  readonly #channel: string;
  #ackProbed = false;

  constructor(spec: SplunkSpec, ports: SplunkPorts) {
    this.name = spec.name;
    this.#spec = spec;
    this.#ports = ports;
    this.#channel = uuid(ports.random);
  }

  encode(row: AuditRow): Encoded {
    const { index, sourcetype } = this.#spec;
    const entry = {
      time: Date.parse(row.ts) / 1000,
      host: this.#ports.host,
      source: 'wirken',
      sourcetype,
      ...(index === undefined ? {} : { index }),
      event: row,
    };
    return { kind: 'fit', text: JSON.stringify(entry) };
  }

  async send(batch: readonly Entry[], signal: AbortSignal): Promise<SendResult> {
    const credential = this.#ports.credential();
    if (this.#spec.acknowledgements && !this.#ackProbed) {
      // Before any event: a token without acknowledgements would take the batch again at each try.
      const probe = await this.#poll(credential, 0, signal);
      if (probe.kind === 'result' && probe.result.kind !== 'retry') return probe.result;
      this.#ackProbed = probe.kind === 'pending' || probe.kind === 'indexed';
      if (probe.kind === 'result') return probe.result;
    }
    const body = await gzipped(batch.map(({ text }) => text).join('\n'));
    const answer = await this.#post(
      '/services/collector/event',
      body,
      { 'content-encoding': 'gzip' },
      credential,
      signal,
    );
    const result = this.#resultOf(answer, batch, credential);
    if (result.kind !== 'accepted' || !this.#spec.acknowledgements) return result;
    const ackId = answer.kind === 'answered' ? parseAnswer(answer.text)?.['ackId'] : undefined;
    if (typeof ackId !== 'number' || !Number.isSafeInteger(ackId) || ackId < 0) {
      this.#ackProbed = false;
      return {
        kind: 'refused',
        reason: 'it took the batch without the id of an acknowledgement; are they on for this token?',
      };
    }
    return await this.#acknowledged(credential, ackId, signal);
  }

  #resultOf(answer: Answer, batch: readonly Entry[], credential: SecretString): SendResult {
    if (answer.kind === 'failed') return verdictOf(answer, this.#ports.clock, [credential]);
    const said = parseAnswer(answer.text);
    const meaning = meaningOf(said?.['code']);
    const reason = quoted(answer, [credential]);
    switch (meaning) {
      case 'accepted':
        if (answer.status === 200) return { kind: 'accepted' };
        break;
      case 'refused':
        return { kind: 'refused', reason };
      case 'retry': {
        const verdict = verdictOf(answer, this.#ports.clock, [credential]);
        return verdict.kind === 'retry' ? verdict : { kind: 'retry', reason };
      }
      case 'bad-event': {
        const at = said?.['invalid-event-number'];
        const bad = typeof at === 'number' ? batch[at] : undefined;
        return bad === undefined
          ? { kind: 'batch-rejected', reason }
          : { kind: 'rejected', rows: [{ id: bad.row.id, reason }] };
      }
      case undefined:
        break;
    }
    return verdictOf(answer, this.#ports.clock, [credential]);
  }

  async #acknowledged(credential: SecretString, ackId: number, signal: AbortSignal): Promise<SendResult> {
    const { firstMs, lastMs, giveUpMs } = this.#ports.ackPace ?? ACK_PACE;
    const giveUpAt = performance.now() + giveUpMs;
    for (let waitMs = firstMs; ; waitMs = Math.min(waitMs * 2, lastMs)) {
      await sleep(waitMs, undefined, { signal });
      const polled = await this.#poll(credential, ackId, signal);
      if (polled.kind === 'indexed') return { kind: 'accepted' };
      if (polled.kind === 'result' && polled.result.kind !== 'retry') return polled.result;
      if (performance.now() < giveUpAt) continue;
      return { kind: 'retry', reason: `no acknowledgement of the batch within ${giveUpMs / 1000} s` };
    }
  }

  async #poll(
    credential: SecretString,
    ackId: number,
    signal: AbortSignal,
  ): Promise<{ readonly kind: 'indexed' | 'pending' } | { readonly kind: 'result'; readonly result: SendResult }> {
    const body = encodeUtf8(JSON.stringify({ acks: [ackId] }));
    const answer = await this.#post('/services/collector/ack', body, {}, credential, signal);
    if (answer.kind === 'answered' && answer.status === 200) {
      const acks = parseAnswer(answer.text)?.['acks'];
      if (typeof acks === 'object' && acks !== null) {
        const state: unknown = Object.entries(acks).find(([id]) => id === String(ackId))?.[1];
        return { kind: state === true ? 'indexed' : 'pending' };
      }
    }
    if (answer.kind === 'answered' && meaningOf(parseAnswer(answer.text)?.['code']) === 'refused') {
      return { kind: 'result', result: { kind: 'refused', reason: quoted(answer, [credential]) } };
    }
    const result = verdictOf(answer, this.#ports.clock, [credential]);
    // A poll carries no row: what is wrong with it is no row's fault.
    return {
      kind: 'result',
      result: result.kind === 'batch-rejected' ? { kind: 'refused', reason: result.reason } : result,
    };
  }

  #post(
    path: string,
    body: Uint8Array<ArrayBuffer>,
    headers: Readonly<Record<string, string>>,
    credential: SecretString,
    signal: AbortSignal,
  ): Promise<Answer> {
    return credential.reveal((token) =>
      post(
        {
          url: below(this.#spec.url, path),
          headers: {
            ...headers,
            'content-type': 'application/json',
            authorization: `Splunk ${token}`,
            ...(this.#spec.acknowledgements ? { 'x-splunk-request-channel': this.#channel } : {}),
          },
          body,
        },
        signal,
      ),
    );
  }
}
