import { type Recorded, JournalRecorder } from '../../workspace/journal/recorder.ts';
import { recordingDir } from '../../workspace/journal/recording.ts';
import type { Mount } from '../../workspace/layer.ts';
import type { GuestEnd, GuestWorld } from '../world.ts';
import { recordingClock } from './clock.ts';
import { freshSeed, recordingRandom } from './random.ts';

/** What a call learns the world from. */
export interface Sources extends Pick<GuestWorld, 'clock' | 'random'> {
  /** The directories that it was given. */
  readonly mounts: readonly Mount[];
}

/** A world whose every answer goes into a journal. */
export interface RecordedSources extends Sources {
  /** Ends the journal when the call has ended. */
  finish(end: GuestEnd): Recorded | undefined;
}

export interface RecordSpec {
  readonly maxBytes: number;
  /** Of the randomness; default: a fresh one. */
  readonly seed?: Uint8Array;
}

/** The same world, recorded. */
export function recorded({ clock, mounts }: Pick<Sources, 'clock' | 'mounts'>, spec: RecordSpec): RecordedSources {
  const { maxBytes, seed } = spec;
  const recorder = new JournalRecorder({
    maxBytes,
    resolutionNs: clock.resolutionNs,
    guestPaths: mounts.map(({ guestPath }) => guestPath),
  });
  return {
    clock: recordingClock(clock, recorder),
    random: recordingRandom(recorder, seed === undefined ? freshSeed : () => seed),
    mounts: mounts.map(({ guestPath, dir }) => ({ guestPath, dir: recordingDir(dir, recorder) })),
    // The engine broke off one of our own functions, wherever it was.
    finish: (end) => (end.kind === 'limit' && end.limit === 'call-depth' ? undefined : recorder.finish()),
  };
}
