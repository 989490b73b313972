import type { LiveStdio } from '../wasi/pool/runner.ts';
import type { Context } from './context.ts';

/** Our own stdio as the guest's, byte for byte: stdin is read only as the guest asks for it, and a slow reader slows the guest. */
export function liveStdio({ stdin, stdout, stderr }: Context): LiveStdio & Disposable {
  let chunks: AsyncIterator<Uint8Array | string> | undefined;
  let rest: Uint8Array = new Uint8Array();
  return {
    readStdin: async (mostBytes) => {
      chunks ??= stdin[Symbol.asyncIterator]();
      while (rest.length === 0) {
        const next = await chunks.next();
        if (next.done === true) return new Uint8Array();
        rest = Buffer.from(next.value);
      }
      const taken = rest.subarray(0, mostBytes);
      rest = rest.subarray(taken.length);
      return taken;
    },
    writeStdout: (bytes) => written(stdout, bytes),
    writeStderr: (bytes) => written(stderr, bytes),
    // An open stdin would keep the process after the guest has ended.
    [Symbol.dispose]: () => void stdin.destroy(),
  };
}

function written(stream: NodeJS.WritableStream, bytes: Uint8Array): Promise<void> | undefined {
  if (stream.write(Buffer.from(bytes))) return undefined;
  return new Promise((resolve) => {
    stream.once('drain', resolve);
  });
}
