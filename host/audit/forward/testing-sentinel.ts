import { z } from 'zod';
import { gunzipped, type Received, Receiver, type Reply } from './testing-receiver.ts';

const hash = z.string().regex(/^[0-9a-f]{64}$/);
/** A column keeps 64 KB of text and cuts the rest off. */
const text = z.string().refine((value) => Buffer.byteLength(value) <= 64 * 1024);
/** The stream that docs/audit-forwarding.md tells people to declare. */
const record = z.strictObject({
  TimeGenerated: z.iso.datetime(),
  RowId: z.int(),
  SessionId: text,
  Seq: z.int(),
  Ts: text,
  Actor: text,
  Action: text,
  Channel: text.nullable(),
  Payload: text,
  PrevHash: z.union([z.literal(''), hash]),
  PayloadHash: hash,
  RowHash: hash,
  LogHost: text,
});

export const TENANT = '11111111-2222-3333-4444-555555555555';
export const CLIENT = '66666666-7777-8888-9999-aaaaaaaaaaaa';
export const RULE = `dcr-${'0123456789abcdef'.repeat(2)}`;
export const STREAM = 'Custom-WirkenAudit_CL';

const form = z.strictObject({
  grant_type: z.literal('client_credentials'),
  client_id: z.literal(CLIENT),
  client_secret: z.string(),
  scope: z.literal('https://monitor.azure.com/.default'),
});

/** The token endpoint of Entra and the Logs Ingestion API on one port. */
export async function listenAsSentinel(secret: string, now: () => number) {
  const receiver = await Receiver.listen();
  const rows: z.output<typeof record>[] = [];
  /** Token → when it ends. */
  const tokens = new Map<string, number>();
  const state = { lifeSeconds: 3600, allowed: true };
  receiver.handle = (request): Reply => {
    if (request.method !== 'POST') return receiver.violation(`method ${request.method}`);
    if (request.path === `/${TENANT}/oauth2/v2.0/token`) return grant(request);
    if (request.path !== `/dataCollectionRules/${RULE}/streams/${STREAM}?api-version=2023-01-01`) {
      return { status: 404, body: '{"error":{"code":"NotFound","message":"Data collection rule not found"}}' };
    }
    return ingest(request);
  };

  function grant({ headers, body }: Received): Reply {
    if (headers['content-type'] !== 'application/x-www-form-urlencoded') return receiver.violation('form');
    const parsed = form.safeParse(Object.fromEntries(new URLSearchParams(String(body))));
    if (!parsed.success) return receiver.violation(parsed.error.message);
    if (parsed.data.client_secret !== secret) {
      return {
        status: 401,
        body: '{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret"}',
      };
    }
    const token = `eyJ0.${tokens.size + 1}.sig`;
    tokens.set(token, now() + state.lifeSeconds * 1000);
    return {
      status: 200,
      body: JSON.stringify({ token_type: 'Bearer', expires_in: state.lifeSeconds, access_token: token }),
    };
  }

  function ingest({ headers, body }: Received): Reply {
    const until = tokens.get(headers.authorization?.replace(/^Bearer /, '') ?? '');
    if (until === undefined || now() >= until) return { status: 401, body: '{"error":{"code":"InvalidToken"}}' };
    if (!state.allowed) return { status: 403, body: '{"error":{"code":"OperationFailed"}}' };
    if (headers['content-type'] !== 'application/json') return receiver.violation('content-type');
    if (headers['content-encoding'] !== 'gzip') return receiver.violation('content-encoding');
    const plain = gunzipped(body, 1_000_000);
    if (plain === undefined) return { status: 413, body: '{"error":{"code":"ContentLengthLimitExceeded"}}' };
    const batch = z.array(record).min(1).safeParse(JSON.parse(plain));
    if (!batch.success) return receiver.violation(batch.error.message);
    rows.push(...batch.data);
    return { status: 204 };
  }

  return { receiver, rows, tokens, state, [Symbol.asyncDispose]: () => receiver[Symbol.asyncDispose]() };
}
