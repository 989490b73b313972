import { encodeUtf8 } from '../../base/bytes.ts';
import type { Clock } from '../../base/ports.ts';
import { SecretString } from '../../base/secret-string.ts';
import { parseAnswer } from './body.ts';
import type { SendResult } from './forwarder.ts';
import { post } from './post.ts';
import { below, type TargetUrl } from './target-url.ts';
import { quoted, verdictOf } from './verdict.ts';

/** A token is not used in the last minutes of its life: a request takes time, and clocks differ. */
const SPARE_MS = 300_000;
const MAX_LIFE_SECONDS = 86_400;
const TOKEN_SHAPE = /^[!-~]{1,16384}$/;

export interface EntraSpec {
  readonly authority: TargetUrl;
  readonly tenant: string;
  readonly client: string;
  readonly scope: string;
}

export type TokenResult =
  | { readonly kind: 'token'; readonly token: SecretString }
  | { readonly kind: 'result'; readonly result: SendResult };

/** Access tokens by client credentials, each kept until shortly before it expires. One call at a time. Source: RFC 6749 §4.4. */
export class EntraToken {
  readonly #spec: EntraSpec;
  readonly #clock: Clock;
  #kept: { readonly token: SecretString; readonly until: number; readonly since: number } | undefined;

  constructor(spec: EntraSpec, clock: Clock) {
    this.#spec = spec;
    this.#clock = clock;
  }

  /** A token that is good for another request, from the cache or from the endpoint. @throws the reason of `signal` */
  async get(secret: SecretString, signal: AbortSignal): Promise<TokenResult> {
    const now = this.#clock.now();
    // A clock that was set back must not keep a token alive.
    if (this.#kept !== undefined && now < this.#kept.until && now >= this.#kept.since) {
      return { kind: 'token', token: this.#kept.token };
    }
    this.#kept = undefined;
    const { authority, tenant, client, scope } = this.#spec;
    const answer = await post(
      {
        url: below(authority, `/${tenant}/oauth2/v2.0/token`),
        headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
        body: secret.reveal((value) =>
          encodeUtf8(
            new URLSearchParams({
              grant_type: 'client_credentials',
              client_id: client,
              client_secret: value,
              scope,
            }).toString(),
          ),
        ),
      },
      signal,
    );
    if (answer.kind === 'answered' && answer.status === 200) {
      const said = parseAnswer(answer.text);
      const token = said?.['access_token'];
      const seconds = Number(said?.['expires_in']);
      if (typeof token === 'string' && TOKEN_SHAPE.test(token) && seconds > 0 && isBearer(said?.['token_type'])) {
        const kept = new SecretString(token, 'access token');
        const lifeMs = Math.min(seconds, MAX_LIFE_SECONDS) * 1000;
        this.#kept = { token: kept, since: now, until: now + Math.max(lifeMs - SPARE_MS, lifeMs / 2) };
        return { kind: 'token', token: kept };
      }
      return failed({ kind: 'retry', reason: 'the token endpoint answers 200 without a bearer token' });
    }
    const verdict = verdictOf(answer, this.#clock, [secret]);
    // The endpoint sees no row: whatever it finds wrong is in the settings.
    if (answer.kind === 'answered' && verdict.kind === 'batch-rejected') {
      return failed({ kind: 'refused', reason: quoted(answer, [secret]) });
    }
    return failed(verdict);
  }

  /** The receiver did not take the token: the next `get` asks for a new one. */
  drop(): void {
    this.#kept = undefined;
  }
}

function isBearer(untrusted: unknown): boolean {
  return typeof untrusted === 'string' && untrusted.toLowerCase() === 'bearer';
}

function failed(result: SendResult): TokenResult {
  if (!('reason' in result)) return { kind: 'result', result };
  return { kind: 'result', result: { ...result, reason: `no access token: ${result.reason}` } };
}
