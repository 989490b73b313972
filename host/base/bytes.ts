const HEX = /^(?:[0-9a-f]{2})*$/;

/** Lowercase hex of the bytes. */
export function encodeHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}

/** The bytes of a lowercase hex string, or `undefined` if it is anything else. */
export function decodeHex(untrusted: string): Uint8Array | undefined {
  return HEX.test(untrusted) ? new Uint8Array(Buffer.from(untrusted, 'hex')) : undefined;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** The text of well-formed UTF-8 (a BOM stays in it), or `undefined`. */
export function decodeUtf8(untrusted: Uint8Array): string | undefined {
  try {
    return utf8.decode(untrusted);
  } catch {
    return undefined;
  }
}

export function encodeUtf8(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text);
}

export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

/** Orders strings as their UTF-8 bytes do, which is not how `<` orders UTF-16. */
export function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
