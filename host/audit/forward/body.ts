import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Entry } from './forwarder.ts';

// On libuv's threads: the host's event loop goes on meanwhile.
const gzipLater = promisify(gzip);

/** The entries as one JSON array. */
export function jsonArray(batch: readonly Entry[]): string {
  return `[${batch.map(({ text }) => text).join(',')}]`;
}

export async function gzipped(text: string): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await gzipLater(text));
}

/** The members of a JSON object from elsewhere, or `undefined` if it is none. */
export function parseAnswer(untrusted: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(untrusted);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
