import { readSync, writeSync } from 'node:fs';
import { FRAME_HEAD_BYTES, type FromRunnerKind, LINK_FD } from '../pool/protocol.ts';

/** A frame of the host's. `body` is the receiver's own. */
export interface HostFrame {
  readonly kind: number;
  readonly body: Uint8Array;
}

const READ_BYTES = 65_536;
/** A body up to this goes out with its head in one write. */
const JOIN_BYTES = 1024 * 1024;

/** The runner's end of its host. Everything waits in the kernel: no event loop stands between guest and host. */
export class HostLink {
  readonly #buffer = Buffer.allocUnsafeSlow(READ_BYTES);
  #from = 0;
  #to = 0;

  /** The next frame, or `undefined` once the host is gone. */
  receive(): HostFrame | undefined {
    if (!this.#fill(FRAME_HEAD_BYTES)) return undefined;
    const length = this.#buffer.readUInt32LE(this.#from);
    const kind = this.#buffer[this.#from + 4] ?? 0;
    this.#from += FRAME_HEAD_BYTES;
    const body = new Uint8Array(length);
    let at = Math.min(length, this.#to - this.#from);
    body.set(this.#buffer.subarray(this.#from, this.#from + at));
    this.#from += at;
    while (at < length) {
      const got = read(body.subarray(at));
      if (got === 0) return undefined;
      at += got;
    }
    return { kind, body };
  }

  send(kind: FromRunnerKind, body: Uint8Array): void {
    const isJoined = body.length <= JOIN_BYTES;
    const frame = Buffer.allocUnsafe(FRAME_HEAD_BYTES + (isJoined ? body.length : 0));
    frame.writeUInt32LE(body.length, 0);
    frame[4] = kind;
    if (isJoined) frame.set(body, FRAME_HEAD_BYTES);
    write(frame);
    if (!isJoined) write(body);
  }

  #fill(bytes: number): boolean {
    while (this.#to - this.#from < bytes) {
      if (this.#from > 0) {
        this.#buffer.copyWithin(0, this.#from, this.#to);
        this.#to -= this.#from;
        this.#from = 0;
      }
      const got = read(this.#buffer.subarray(this.#to));
      if (got === 0) return false;
      this.#to += got;
    }
    return true;
  }
}

function write(bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += writeSync(LINK_FD, bytes, at);
}

/** 0 at the end. */
function read(into: Uint8Array): number {
  try {
    return readSync(LINK_FD, into);
  } catch {
    // The host is gone, one way or the other.
    return 0;
  }
}
