import { z } from 'zod';
import { gunzipped, type Received, Receiver, type Reply } from './testing-receiver.ts';
import { testRow } from './testing-row.ts';

const entry = z.strictObject({
  ddsource: z.string(),
  service: z.string(),
  hostname: z.string(),
  ddtags: z.string().optional(),
  timestamp: z.iso.datetime(),
  message: z.string(),
  audit: testRow,
  detail: z.record(z.string(), z.unknown()).optional(),
});

/** Takes what Datadog's intake documents, and nothing else; longer entries too, where Datadog would cut them off. */
export async function listenAsDatadog(key: string, bad: (id: number) => boolean = () => false) {
  const receiver = await Receiver.listen();
  const rows: z.output<typeof testRow>[] = [];
  const tags: (string | undefined)[] = [];
  const hosts: string[] = [];
  receiver.handle = (request): Reply => {
    if (request.headers['dd-api-key'] !== key)
      return { status: 403, body: '{"errors":[{"status":"403","title":"Forbidden"}]}' };
    const fault = faultOf(request);
    if (fault !== undefined) return receiver.violation(fault);
    const text = gunzipped(request.body, 5_000_000);
    if (text === undefined) return { status: 413, body: '{"errors":["payload too large"]}' };
    const batch = z.array(entry).min(1).max(1000).safeParse(JSON.parse(text));
    if (!batch.success) return receiver.violation(batch.error.message);
    for (const one of batch.data) {
      if (Buffer.byteLength(JSON.stringify(one)) > 1_000_000) return receiver.violation('an entry would be cut off');
    }
    if (batch.data.some(({ audit }) => bad(audit.id))) return { status: 400, body: '{"errors":["bad entry"]}' };
    rows.push(...batch.data.map(({ audit }) => audit));
    hosts.push(...batch.data.map(({ hostname }) => hostname));
    tags.push(...batch.data.map(({ ddtags }) => ddtags));
    return { status: 202, body: '{}' };
  };
  return { receiver, rows, tags, hosts, [Symbol.asyncDispose]: () => receiver[Symbol.asyncDispose]() };
}

function faultOf({ method, path, headers }: Received): string | undefined {
  if (method !== 'POST') return `method ${method}`;
  if (path !== '/api/v2/logs') return `path ${path}`;
  if (headers['content-type'] !== 'application/json') return `content-type ${headers['content-type']}`;
  if (headers['content-encoding'] !== 'gzip') return `content-encoding ${headers['content-encoding']}`;
  return undefined;
}
