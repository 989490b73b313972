import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { type Received, Receiver, type Reply } from './testing-receiver.ts';
import { testRow } from './testing-row.ts';

const envelope = z.strictObject({
  v: z.literal(1),
  delivery: z.uuid(),
  forwarder: z.string(),
  host: z.string(),
  rows: z.array(testRow).min(1).max(500),
});
const WINDOW_SECONDS = 300;

/** A receiver as docs/audit-forwarding.md tells people to write one. */
export async function listenAsWebhook(secret: string, now: () => number) {
  const receiver = await Receiver.listen();
  const rows: z.output<typeof testRow>[] = [];
  const seen = new Set<string>();
  const check = ({ method, path, headers, body }: Received): Reply => {
    if (method !== 'POST' || path !== '/in?key=q') return receiver.violation(`${method} ${path}`);
    if (headers['content-type'] !== 'application/json') return receiver.violation('content-type');
    const timestamp = String(headers['wirken-timestamp']);
    if (!/^\d{1,12}$/.test(timestamp)) return receiver.violation('timestamp');
    const expected = createHmac('sha256', secret)
      .update(Buffer.concat([Buffer.from(`${timestamp}.`), body]))
      .digest();
    const given = Buffer.from(/^v1=([0-9a-f]{64})$/.exec(String(headers['wirken-signature']))?.[1] ?? '', 'hex');
    if (given.length !== 32 || !timingSafeEqual(given, expected)) return { status: 401, body: 'signature' };
    if (Math.abs(now() / 1000 - Number(timestamp)) > WINDOW_SECONDS) return { status: 401, body: 'too old' };
    if (body.length > 1_000_000) return { status: 413 };
    const parsed = envelope.safeParse(JSON.parse(body.toString('utf8')));
    if (!parsed.success) return receiver.violation(parsed.error.message);
    if (parsed.data.delivery !== headers['wirken-delivery']) return receiver.violation('another delivery');
    if (seen.has(parsed.data.delivery)) return { status: 409, body: 'replayed' };
    seen.add(parsed.data.delivery);
    rows.push(...parsed.data.rows);
    return { status: 204 };
  };
  receiver.handle = check;
  return { receiver, rows, seen, check, [Symbol.asyncDispose]: () => receiver[Symbol.asyncDispose]() };
}
