import { decodeHex } from '../../base/bytes.ts';
import { steppedClock, systemGuestClock } from '../clock.ts';
import type { RecordedSources, Sources } from '../journal/recorded.ts';
import type { ReplayedSources } from '../journal/replayed.ts';
import type { CallHeader } from '../pool/protocol.ts';
import { seededRandom, systemRandom } from '../random.ts';
import type { GuestClock } from '../world.ts';
import { type Floor, inheritedMounts } from './mounts.ts';

/** What is done about the journal when the call has ended. */
export type Journaling = Partial<Pick<RecordedSources, 'finish'> & Pick<ReplayedSources, 'diverged'>>;

/** What the call learns its world from: the machine, recorded or not, or the journal of an earlier call. The holder closes the mounts. */
export async function sourcesOf(
  header: CallHeader,
  floor: Floor,
  replay: Uint8Array | undefined,
): Promise<Sources & Journaling> {
  if (replay !== undefined) return await floor.journals.replay(replay);
  const { clock, seed } = determined(header);
  const mounts = inheritedMounts(header, floor);
  const { journal } = header;
  if (journal === undefined) {
    return { clock, mounts, random: seed === undefined ? systemRandom : seededRandom(seed) };
  }
  const { maxBytes } = journal;
  return await floor.journals.record({ clock, mounts }, seed === undefined ? { maxBytes } : { maxBytes, seed });
}

function determined({ determinism }: CallHeader): { readonly clock: GuestClock; readonly seed?: Uint8Array } {
  if (determinism === undefined) return { clock: systemGuestClock() };
  const seed = decodeHex(determinism.seed);
  if (seed === undefined) throw new TypeError('a seed that is no hex');
  return { clock: steppedClock({ startNs: BigInt(determinism.startNs), stepNs: BigInt(determinism.stepNs) }), seed };
}
