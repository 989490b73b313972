import { expect, it } from 'vitest';
import { HostLink } from './link.ts';
import { StderrSender } from './stderr.ts';

/** Keeps what would go to the host. */
class KeepingLink extends HostLink {
  readonly sent: Uint8Array[] = [];

  override send(_kind: number, body: Uint8Array): void {
    this.sent.push(body.slice());
  }
}

it('copies no more of one write than the tail that is kept', () => {
  const link = new KeepingLink();
  const sender = new StderrSender(link, 100);
  let copied = 0;
  const whole = Uint8Array.from({ length: 100_000 }, (_, at) => at % 251);
  whole.slice = (from, to) => {
    const part = Uint8Array.prototype.slice.call(whole, from, to);
    copied += part.length;
    return part;
  };
  sender.write(whole);
  sender.flush();
  expect(Buffer.concat(link.sent)).toEqual(Buffer.from(whole.subarray(-100)));
  expect([copied, sender.cut]).toEqual([100, true]);
});
