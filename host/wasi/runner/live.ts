import { FROM_RUNNER, MAX_CHUNK_BYTES, TO_RUNNER } from '../pool/protocol.ts';
import { type ByteSink, type ByteSource, GuestStop } from '../world.ts';
import type { HostLink } from './link.ts';
import { Message } from './message.ts';

/** Stdin that the host hands over piece by piece, when the guest wants it and not before. */
export function liveSource(link: HostLink): ByteSource {
  let rest = new Uint8Array();
  let isOver = false;
  return {
    read(into) {
      if (into.length === 0) return 0;
      if (rest.length === 0 && !isOver) {
        rest = ask(link, Math.min(into.length, MAX_CHUNK_BYTES));
        isOver = rest.length === 0;
      }
      const part = rest.subarray(0, into.length);
      into.set(part);
      rest = rest.subarray(part.length);
      return part.length;
    },
  };
}

function ask(link: HostLink, mostBytes: number): Uint8Array<ArrayBuffer> {
  const wanted = new Uint8Array(4);
  new DataView(wanted.buffer).setUint32(0, mostBytes, true);
  link.send(FROM_RUNNER.wantStdin, wanted);
  const frame = link.receive();
  // Without a host there is nobody to run for.
  if (frame === undefined) process.exit(0);
  if (frame.kind !== TO_RUNNER.stdin) throw new TypeError(`a frame of kind ${frame.kind} instead of stdin`);
  return new Uint8Array(new Message(frame.body).rest());
}

/** Stdout or stderr that the host passes on as it comes, whole or not at all. */
export function liveSink(link: HostLink, stream: 'stdout' | 'stderr', mostBytes: number): ByteSink {
  let left = mostBytes;
  return {
    write(from) {
      const allowed = from.subarray(0, left);
      left -= allowed.length;
      for (let at = 0; at < allowed.length; at += MAX_CHUNK_BYTES) {
        link.send(FROM_RUNNER[stream], allowed.subarray(at, at + MAX_CHUNK_BYTES));
      }
      if (allowed.length < from.length) {
        // oxlint-disable-next-line typescript/only-throw-error -- no error: the one way out through a guest's frames
        throw new GuestStop('output', `the guest wrote more than ${mostBytes} bytes to ${stream}`);
      }
    },
  };
}
