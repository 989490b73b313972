import { createHmac } from 'node:crypto';
import type { SecretString } from '../../base/secret-string.ts';

/** The headers of a delivery, as docs/audit-forwarding.md describes them to whoever receives it. */
export interface DeliveryHeaders {
  /** A UUID, of this attempt alone. */
  readonly 'wirken-delivery': string;
  /** Seconds since 1970, decimal. */
  readonly 'wirken-timestamp': string;
  /** `v1=` and the lowercase hex of HMAC-SHA256 over `timestamp.body`. */
  readonly 'wirken-signature': string;
}

/** Signs the very bytes that are sent. */
export function signDelivery(
  secret: SecretString,
  { delivery, seconds, body }: { readonly delivery: string; readonly seconds: number; readonly body: Uint8Array },
): DeliveryHeaders {
  const timestamp = String(seconds);
  const mac = secret.reveal((key) => createHmac('sha256', key).update(`${timestamp}.`).update(body).digest('hex'));
  return { 'wirken-delivery': delivery, 'wirken-timestamp': timestamp, 'wirken-signature': `v1=${mac}` };
}
