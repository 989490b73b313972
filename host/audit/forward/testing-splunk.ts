import { z } from 'zod';
import { gunzipped, type Received, Receiver, type Reply } from './testing-receiver.ts';
import { testRow } from './testing-row.ts';

const event = z.strictObject({
  time: z.number(),
  host: z.string(),
  source: z.string(),
  sourcetype: z.string(),
  index: z.string().optional(),
  event: testRow,
});
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

export interface SplunkRules {
  readonly token: string;
  readonly acknowledgements?: boolean;
  /** How often an acknowledgement is asked for before the indexers have the batch. */
  readonly pollsUntilIndexed?: number;
  /** The first index that a token may write to; `main` if absent. */
  readonly index?: string;
  readonly bad?: (id: number) => boolean;
}

/** The HTTP Event Collector as it documents itself, with its codes. */
export async function listenAsSplunk(rules: SplunkRules) {
  const receiver = await Receiver.listen();
  const rows: z.output<typeof testRow>[] = [];
  const channels = new Map<string, Map<number, number>>();
  const state = { polls: 0, lose: 0 };
  receiver.handle = (request): Reply => {
    const fault = faultOf(request);
    if (fault !== undefined) return receiver.violation(fault);
    const { authorization } = request.headers;
    if (authorization === undefined) return said(401, 2, 'Token is required');
    if (!authorization.startsWith('Splunk ')) return said(401, 3, 'Invalid authorization');
    if (authorization !== `Splunk ${rules.token}`) return said(403, 4, 'Invalid token');
    const channel = request.headers['x-splunk-request-channel'];
    if (request.path === '/services/collector/ack') return acknowledge(request, channel);
    if (rules.acknowledgements === true) {
      if (typeof channel !== 'string') return said(400, 10, 'Data channel is missing');
      if (!UUID.test(channel)) return said(400, 11, 'Invalid data channel');
    } else if (channel !== undefined) return receiver.violation('a channel without acknowledgements');
    return index(request, typeof channel === 'string' ? channel : '');
  };

  function index(request: Received, channel: string): Reply {
    if (request.headers['content-encoding'] !== 'gzip') return receiver.violation('not gzip');
    const text = gunzipped(request.body, 1_000_000);
    if (text === undefined) return { status: 413 };
    if (text === '') return said(400, 5, 'No data');
    for (const [at, line] of text.split('\n').entries()) {
      const parsed = event.safeParse(JSON.parse(line));
      if (!parsed.success) return receiver.violation(parsed.error.message);
      if ((parsed.data.index ?? 'main') !== (rules.index ?? 'main')) return said(400, 7, 'Incorrect index');
      if (Math.abs(parsed.data.time * 1000 - Date.parse(parsed.data.event.ts)) > 0.5) return receiver.violation('time');
      // As Splunk does: what stands before the bad event is indexed.
      if (rules.bad?.(parsed.data.event.id) === true) {
        return {
          status: 400,
          body: JSON.stringify({ text: 'Invalid data format', code: 6, 'invalid-event-number': at }),
        };
      }
      rows.push(parsed.data.event);
    }
    if (rules.acknowledgements !== true) return said(200, 0, 'Success');
    const acks = channels.get(channel) ?? new Map<number, number>();
    channels.set(channel, acks);
    const ackId = acks.size;
    acks.set(ackId, state.lose > 0 ? Number.POSITIVE_INFINITY : (rules.pollsUntilIndexed ?? 0));
    if (state.lose > 0) state.lose -= 1;
    return { status: 200, body: JSON.stringify({ text: 'Success', code: 0, ackId }) };
  }

  function acknowledge(request: Received, channel: string | string[] | undefined): Reply {
    if (rules.acknowledgements !== true) return said(400, 14, 'ACK is disabled');
    if (typeof channel !== 'string') return said(400, 10, 'Data channel is missing');
    const asked = z
      .strictObject({ acks: z.array(z.int().nonnegative()).min(1) })
      .safeParse(JSON.parse(String(request.body)));
    if (!asked.success) return receiver.violation(asked.error.message);
    state.polls += 1;
    const acks = channels.get(channel);
    const states = asked.data.acks.map((id): [string, boolean] => {
      const left = acks?.get(id);
      if (left === undefined) return [String(id), false];
      if (left > 0) acks?.set(id, left - 1);
      // Once told, an acknowledgement is forgotten.
      else acks?.set(id, Number.POSITIVE_INFINITY);
      return [String(id), left === 0];
    });
    return { status: 200, body: JSON.stringify({ acks: Object.fromEntries(states) }) };
  }

  return { receiver, rows, channels, state, [Symbol.asyncDispose]: () => receiver[Symbol.asyncDispose]() };
}

function faultOf({ method, path, headers }: Received): string | undefined {
  if (method !== 'POST') return `method ${method}`;
  if (path !== '/services/collector/event' && path !== '/services/collector/ack') return `path ${path}`;
  if (headers['content-type'] !== 'application/json') return `content-type ${headers['content-type']}`;
  return undefined;
}

function said(status: number, code: number, text: string): Reply {
  return { status, body: JSON.stringify({ text, code }) };
}
