// oxlint-disable unicorn/no-array-fill-with-reference-type -- `fill` here is of our Random, not of an array
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeJournal } from '../../workspace/journal/decode.ts';
import { JournalDiverged } from '../../workspace/journal/diverged.ts';
import { JournalRecorder } from '../../workspace/journal/recorder.ts';
import { JournalReplayer } from '../../workspace/journal/replayer.ts';
import { steppedClock, systemGuestClock } from '../clock.ts';
import type { GuestClock } from '../world.ts';
import { recordingClock, replayingClock } from './clock.ts';
import { recordingRandom, replayingRandom } from './random.ts';
import { Recordings } from './recorded.ts';
import { replayed } from './replayed.ts';

function replayerOf(recorder: JournalRecorder): JournalReplayer {
  const recorded = recorder.finish();
  if (recorded.kind !== 'kept') throw new Error('too large');
  return new JournalReplayer(decodeJournal(recorded.bytes));
}

type Use = 'realtimeNs' | 'monotonicNs' | 'sleep';

function use(clock: GuestClock, uses: readonly Use[]): readonly unknown[] {
  return uses.map((one) => (one === 'sleep' ? clock.sleep(5n) : clock[one]()));
}

describe('a clock', () => {
  it('is read again as it was', () => {
    const reading = fc.array(fc.constantFrom<Use>('realtimeNs', 'monotonicNs', 'sleep'));
    // Also one that goes backwards, or is far out.
    const clocks = fc.constantFrom(
      systemGuestClock(),
      steppedClock({ startNs: 1_800_000_000_000_000_000n, stepNs: 1n }),
      steppedClock({ startNs: 2n ** 64n - 10n, stepNs: 7n }),
      steppedClock({ startNs: 0n, stepNs: 0n }),
    );
    fc.assert(
      fc.property(reading, clocks, (uses, clock) => {
        const recorder = new JournalRecorder({ resolutionNs: clock.resolutionNs });
        const first = use(
          recordingClock(clock, () => recorder),
          uses,
        );
        const replayer = replayerOf(recorder);
        const again = replayingClock(replayer);
        expect([again.resolutionNs, use(again, uses)]).toEqual([clock.resolutionNs, first]);
        replayer.finish();
      }),
    );
  });

  it.for<[string, readonly Use[]]>([
    ['the other time', ['monotonicNs']],
    ['no time', ['sleep']],
    ['more', ['realtimeNs', 'realtimeNs']],
  ])('shows that somebody asks for %s', ([, uses]) => {
    const recorder = new JournalRecorder();
    recordingClock(systemGuestClock(), () => recorder).realtimeNs();
    expect(() => use(replayingClock(replayerOf(recorder)), uses)).toThrow(JournalDiverged);
  });

  it('takes a byte or two for a reading that hardly moved', () => {
    const recorder = new JournalRecorder({ resolutionNs: 1n });
    const clock = recordingClock(steppedClock({ startNs: 1_800_000_000_000_000_000n, stepNs: 1n }), () => recorder);
    for (let reading = 0; reading < 1000; reading++) clock.monotonicNs();
    expect(recorder.questions.length).toBeLessThan(2050);
  });
});

describe('randomness', () => {
  const cut = (sizes: readonly number[]): Uint8Array[] => sizes.map((size) => new Uint8Array(size));

  it('is given again as it was, however it was cut', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(300)), (sizes) => {
        const recorder = new JournalRecorder();
        const random = recordingRandom(() => recorder);
        const first = cut(sizes);
        for (const bytes of first) random.fill(bytes);
        const replayer = replayerOf(recorder);
        const replayed = replayingRandom(replayer);
        const again = cut(sizes);
        for (const bytes of again) replayed.fill(bytes);
        expect(again).toEqual(first);
        replayer.finish();
      }),
    );
  });

  it('costs a journal nothing until it is asked for, and then a seed', () => {
    const recorder = new JournalRecorder();
    const before = recorder.questions.length;
    const random = recordingRandom(() => recorder);
    random.fill(new Uint8Array());
    expect(recorder.questions.length).toBe(before);
    random.fill(new Uint8Array(1_000_000));
    random.fill(new Uint8Array(1_000_000));
    expect(recorder.questions.length).toBe(before + 33);
  });

  it('differs from call to call', () => {
    const [one, other] = [0, 1].map(() => {
      const bytes = new Uint8Array(32);
      recordingRandom(() => new JournalRecorder()).fill(bytes);
      return bytes;
    });
    expect(one).not.toEqual(other);
  });

  it('shows that somebody asks for it at another time', () => {
    const recorder = new JournalRecorder();
    recordingClock(systemGuestClock(), () => recorder).realtimeNs();
    recordingRandom(() => recorder).fill(new Uint8Array(1));
    expect(() => replayingRandom(replayerOf(recorder)).fill(new Uint8Array(1))).toThrow(JournalDiverged);
  });
});

describe('a world that is a journal', () => {
  const cut = { kind: 'limit', limit: 'output', message: '' } as const;

  function journalOf(use: (clock: GuestClock) => void): Uint8Array {
    const sources = new Recordings().start({ clock: systemGuestClock(), mounts: [] }, { maxBytes: 1000 });
    use(sources.clock);
    const kept = sources.finish({ kind: 'exited', code: 0 });
    return kept?.kind === 'kept' ? kept.bytes : new Uint8Array();
  }

  it('tells of a call that went another way, whatever the guest made of it', () => {
    const { clock, diverged } = replayed(journalOf((recording) => void recording.realtimeNs()));
    expect(() => clock.monotonicNs()).toThrow(JournalDiverged);
    for (const end of [cut, { kind: 'exited', code: 0 }, { kind: 'trap', message: '' }] as const) {
      expect(diverged(end)).toMatchObject({ position: 0, recorded: { op: 'realtime' }, asked: { op: 'monotonic' } });
    }
  });

  it('tells of a call that asked for less, unless a limit cut it off', () => {
    const { diverged } = replayed(journalOf((recording) => void recording.realtimeNs()));
    expect(diverged(cut)).toBe(undefined);
    expect(diverged({ kind: 'exited', code: 0 })).toMatchObject({ position: 0, asked: { op: 'end' } });
  });

  it('has nothing to say of a call that did the same', () => {
    const { clock, diverged } = replayed(journalOf((recording) => void recording.realtimeNs()));
    clock.realtimeNs();
    expect(diverged({ kind: 'exited', code: 0 })).toBe(undefined);
  });

  it('is not kept of a call that broke off our own functions', () => {
    const sources = new Recordings().start({ clock: systemGuestClock(), mounts: [] }, { maxBytes: 1000 });
    expect(sources.finish({ kind: 'limit', limit: 'call-depth', message: '' })).toBe(undefined);
  });
});

describe('recordings in a row', () => {
  const ended = { kind: 'exited', code: 0 } as const;

  /** Reads the monotonic clock so many times; answers the readings and the journal, copied. */
  function record(recordings: Recordings, readings: number, maxBytes = 100_000): readonly [unknown, Uint8Array] {
    const { clock, finish } = recordings.start({ clock: systemGuestClock(), mounts: [] }, { maxBytes });
    const read = use(
      clock,
      Array.from({ length: readings }, () => 'monotonicNs'),
    );
    const kept = finish(ended);
    return [read, kept?.kind === 'kept' ? new Uint8Array(kept.bytes) : new Uint8Array()];
  }

  it('do not disturb each other', () => {
    const recordings = new Recordings();
    const sizes = [0, 3, 5000, 1, 0, 200, 40_000, 2, 0];
    const all = sizes.map((readings) => record(recordings, readings));
    for (const [at, [read, bytes]] of all.entries()) {
      const { clock, diverged } = replayed(bytes);
      expect(
        use(
          clock,
          Array.from({ length: sizes[at] ?? 0 }, () => 'monotonicNs'),
        ),
      ).toEqual(read);
      expect(diverged(ended)).toBe(undefined);
    }
  });

  it('each hold their own maximum, and one that was too large spoils none', () => {
    const recordings = new Recordings();
    expect(record(recordings, 2000)[1].length).toBeGreaterThan(0);
    expect(record(recordings, 2000, 500)[1].length).toBe(0);
    expect(record(recordings, 0, 4)[1].length).toBe(0);
    expect(record(recordings, 0)[1]).toEqual(record(new Recordings(), 0)[1]);
  });
});
