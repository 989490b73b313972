import { decodeJournal } from '../../workspace/journal/decode.ts';
import { JournalDiverged } from '../../workspace/journal/diverged.ts';
import { JournalReplayer } from '../../workspace/journal/replayer.ts';
import { replayingDir } from '../../workspace/journal/replaying.ts';
import type { GuestEnd } from '../world.ts';
import { replayingClock } from './clock.ts';
import { replayingRandom } from './random.ts';
import type { Sources } from './recorded.ts';

/** A world that consists of a journal. */
export interface ReplayedSources extends Sources {
  /** Once the call has ended: where it went another way, if it did. */
  diverged(end: GuestEnd): JournalDiverged | undefined;
}

/** @throws HostError `audit-invalid` for bytes that are no journal */
export function replayed(journal: Uint8Array): ReplayedSources {
  const replayer = new JournalReplayer(decodeJournal(journal));
  return {
    clock: replayingClock(replayer),
    random: replayingRandom(replayer),
    mounts: replayer.journal.guestPaths.map((guestPath) => ({ guestPath, dir: replayingDir(replayer) })),
    diverged(end) {
      // A guest may have caught what was thrown; a limit of the machine may have ended it anywhere.
      if (replayer.diverged !== undefined || end.kind === 'limit') return replayer.diverged;
      return left(replayer);
    },
  };
}

function left(replayer: JournalReplayer): JournalDiverged | undefined {
  try {
    replayer.finish();
    return undefined;
  } catch (error) {
    if (error instanceof JournalDiverged) return error;
    throw error;
  }
}
