import { type Recorded, JournalRecorder, type RecorderSpec } from '../../workspace/journal/recorder.ts';
import { recordingDir } from '../../workspace/journal/recording.ts';
import type { Room } from '../../workspace/journal/writer.ts';
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
  /** Ends the journal when the call has ended. Its bytes are good until the next recording begins. */
  finish(end: GuestEnd): Recorded | undefined;
}

export interface RecordSpec {
  readonly maxBytes: number;
  /** Of the randomness; default: a fresh one. */
  readonly seed?: Uint8Array;
}

/** The recordings of one process, one after the other. */
export class Recordings {
  /** Large buffers that come and go cost the engine collections. */
  readonly #room: Room = { bytes: Buffer.alloc(0) };
  /** The journal of a call that asks for nothing, as most do that have no files. */
  #empty: { readonly resolutionNs: bigint; readonly maxBytes: number; readonly recorded: Recorded } | undefined;

  /** The same world, recorded. */
  start({ clock, mounts }: Pick<Sources, 'clock' | 'mounts'>, { maxBytes, seed }: RecordSpec): RecordedSources {
    const { resolutionNs } = clock;
    const spec = { maxBytes, resolutionNs, guestPaths: mounts.map(({ guestPath }) => guestPath), room: this.#room };
    let started: JournalRecorder | undefined;
    const recorder = (): JournalRecorder => (started ??= new JournalRecorder(spec));
    return {
      clock: recordingClock(clock, recorder),
      random: recordingRandom(recorder, seed === undefined ? freshSeed : () => seed),
      mounts: mounts.map(({ guestPath, dir }) => ({ guestPath, dir: recordingDir(dir, recorder()) })),
      finish: (end) => {
        // The engine broke off one of our own functions, wherever it was.
        if (end.kind === 'limit' && end.limit === 'call-depth') return undefined;
        return started?.finish() ?? this.#emptyOne(spec);
      },
    };
  }

  #emptyOne(spec: RecorderSpec & { readonly maxBytes: number; readonly resolutionNs: bigint }): Recorded {
    const { maxBytes, resolutionNs } = spec;
    if (this.#empty?.resolutionNs !== resolutionNs || this.#empty.maxBytes !== maxBytes) {
      // In no room: it is kept.
      this.#empty = { maxBytes, resolutionNs, recorded: new JournalRecorder({ maxBytes, resolutionNs }).finish() };
    }
    return this.#empty.recorded;
  }
}
