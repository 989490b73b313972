import { HostError } from '../../base/error.ts';
import { decodeUtf8 } from '../../base/bytes.ts';

/**
 * All of a stream, up to `maxBytes`.
 * @throws HostError `limit-exceeded` when there is more
 */
export async function readAll(stream: AsyncIterable<Uint8Array | string>, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stream) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    length += bytes.length;
    if (length > maxBytes) {
      throw new HostError('limit-exceeded', `stdin holds more than ${maxBytes} bytes`, { remedy: 'Give less input.' });
    }
    chunks.push(bytes);
  }
  return new Uint8Array(Buffer.concat(chunks));
}

/** @throws HostError `arguments-invalid` for anything that is not UTF-8 */
export async function readText(stream: AsyncIterable<Uint8Array | string>, maxBytes: number): Promise<string> {
  const text = decodeUtf8(await readAll(stream, maxBytes));
  if (text === undefined) throw new HostError('arguments-invalid', 'stdin is not UTF-8 text');
  return text;
}
