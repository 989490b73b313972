import type { Json } from '../base/jcs.ts';

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\]:,]/g;

/**
 * The members of one JSON object, or `undefined` if the text is anything else or any object in it has a key twice: `JSON.parse` alone
 * keeps the last, and another reader may keep the first.
 */
export function strictJson(untrusted: string): { readonly [key: string]: Json } | undefined {
  let value: Json;
  try {
    value = asJson(JSON.parse(untrusted));
  } catch {
    return undefined;
  }
  return isObject(value) && !hasDuplicateKeys(untrusted) ? value : undefined;
}

/** `text` is known to be JSON, so its tokens are what they seem. */
function hasDuplicateKeys(text: string): boolean {
  const open: Set<string>[] = [];
  let before = '';
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === '{' || token === '[') open.push(new Set());
    else if (token === '}' || token === ']') open.pop();
    else if (token === ':') {
      const key = String(JSON.parse(before));
      const keys = open.at(-1);
      if (keys?.has(key) === true || key === '__proto__') return true;
      keys?.add(key);
    }
    before = token;
  }
  return false;
}

function asJson(value: unknown): Json {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- JSON.parse makes nothing else
  return value as Json;
}

function isObject(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
