import { FROM_RUNNER, MAX_CHUNK_BYTES } from '../pool/protocol.ts';
import type { ByteSink } from '../world.ts';
import type { HostLink } from './link.ts';

/** Writes that go out at once; what comes after waits for a while to go out together. */
const EAGER_WRITES = 64;
const PAUSE_MS = 25;

/**
 * Guest's stderr on its way to the host, who keeps the tail and has it even if the call is ended from outside. A flood is thinned here:
 * between two sends only the last `tailBytes` are kept.
 */
export class StderrSender implements ByteSink {
  readonly #link: HostLink;
  readonly #tailBytes: number;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #writes = 0;
  #sentAt = 0;
  cut = false;

  constructor(link: HostLink, tailBytes: number) {
    this.#link = link;
    this.#tailBytes = tailBytes;
  }

  write(from: Uint8Array): void {
    // Not the whole of it: one write may be as large as the guest's memory.
    const tail = from.slice(Math.max(0, from.length - this.#tailBytes));
    this.cut ||= tail.length < from.length;
    this.#waiting.push(tail);
    this.#waitingBytes += tail.length;
    this.#writes += 1;
    if (this.#writes <= EAGER_WRITES || performance.now() - this.#sentAt >= PAUSE_MS) this.flush();
    else if (this.#waitingBytes > 2 * this.#tailBytes || this.#waiting.length > 1024) this.#squeeze();
  }

  flush(): void {
    if (this.#waitingBytes === 0) return;
    const [tail = new Uint8Array()] = this.#squeeze();
    for (let at = 0; at < tail.length; at += MAX_CHUNK_BYTES) {
      this.#link.send(FROM_RUNNER.stderr, tail.subarray(at, at + MAX_CHUNK_BYTES));
    }
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#sentAt = performance.now();
  }

  #squeeze(): readonly Uint8Array[] {
    const whole = Buffer.concat(this.#waiting, this.#waitingBytes);
    const tail = whole.subarray(Math.max(0, whole.length - this.#tailBytes));
    this.cut ||= tail.length < whole.length;
    this.#waiting = [tail];
    this.#waitingBytes = tail.length;
    return this.#waiting;
  }
}
