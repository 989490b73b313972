import { decodeUtf8 } from '../../base/bytes.ts';
import type { ProgressEvent } from '../call.ts';

const MAX_MESSAGE_CHARS = 1024;

/** One progress event as a runner sends it, or `undefined` for anything else. */
export function parseProgress(untrusted: Uint8Array): ProgressEvent | undefined {
  const value = parseJson(untrusted);
  if (typeof value !== 'object' || value === null || !('done' in value)) return undefined;
  const done = value.done;
  const total = 'total' in value ? value.total : undefined;
  const message = 'message' in value ? value.message : undefined;
  if (!isCount(done) || (total !== undefined && !isCount(total))) return undefined;
  if (message !== undefined && typeof message !== 'string') return undefined;
  return {
    done,
    ...(total === undefined ? {} : { total }),
    ...(message === undefined ? {} : { message: message.slice(0, MAX_MESSAGE_CHARS) }),
  };
}

function parseJson(untrusted: Uint8Array): unknown {
  const text = decodeUtf8(untrusted);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
