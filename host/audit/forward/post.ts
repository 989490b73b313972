import { systemCode } from '../../base/error.ts';

/** Of one exchange, from the first byte sent to the last one received. */
export const EXCHANGE_TIMEOUT_MS = 30_000;
/** No answer that means something is longer. The rest is not read. */
const MAX_ANSWER_BYTES = 64 * 1024;

export interface PostRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array<ArrayBuffer>;
  readonly timeoutMs?: number;
}

/** What came back, untrusted, or why nothing whole did. */
export type Answer =
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly statusText: string;
      readonly headers: Headers;
      /** Cut at 64 KiB; not valid UTF-8 becomes U+FFFD. */
      readonly text: string;
    }
  | { readonly kind: 'failed'; readonly reason: string };

/**
 * One POST over Node's fetch. A redirect is an answer like any other: it is not followed, so the credential goes nowhere else.
 * @throws the reason of `signal`
 */
export async function post({ url, headers, body, timeoutMs }: PostRequest, signal: AbortSignal): Promise<Answer> {
  signal.throwIfAborted();
  const limitMs = timeoutMs ?? EXCHANGE_TIMEOUT_MS;
  // Not AbortSignal.timeout: the end of a short exchange must leave no timer behind.
  const own = new AbortController();
  const timer = setTimeout(() => own.abort(), limitMs);
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'user-agent': 'wirken', ...headers },
      body,
      redirect: 'manual',
      signal: AbortSignal.any([signal, own.signal]),
    });
    const text = await readBounded(response);
    return {
      kind: 'answered',
      status: response.status,
      statusText: response.statusText,
      headers: response.headers,
      text,
    };
  } catch (error) {
    signal.throwIfAborted();
    if (own.signal.aborted) return { kind: 'failed', reason: `no whole answer within ${limitMs / 1000} s` };
    return { kind: 'failed', reason: `the connection failed (${codeOf(error)})` };
  } finally {
    clearTimeout(timer);
  }
}

async function readBounded(response: Response): Promise<string> {
  if (response.body === null) return '';
  const chunks: Uint8Array[] = [];
  let left = MAX_ANSWER_BYTES;
  // Leaving the loop cancels the stream, and with it the connection.
  for await (const chunk of response.body) {
    chunks.push(chunk.subarray(0, left));
    left -= chunk.length;
    if (left <= 0) break;
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The code of what went wrong below fetch; its message may quote the peer. */
function codeOf(error: unknown): string {
  for (let at = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth += 1) {
    const code = systemCode(at);
    if (code !== undefined && /^[A-Z][A-Z0-9_]{0,63}$/.test(code)) return code;
  }
  return 'broken off';
}
