import { decodeHex, encodeUtf8 } from '../../base/bytes.ts';
import { systemGuestClock, steppedClock } from '../clock.ts';
import { type CallHeader, FROM_RUNNER, MAX_PROGRESS_BYTES, type RunnerEnd } from '../pool/protocol.ts';
import { seededRandom, systemRandom } from '../random.ts';
import { cappedSink, memorySource, type ProgressSink, progressSplitter } from '../stdio.ts';
import { GuestStop, type GuestWorld } from '../world.ts';
import type { Guests } from './guests.ts';
import type { HostLink } from './link.ts';
import { liveSink, liveSource } from './live.ts';
import type { Message } from './message.ts';
import { type Floor, openMounts } from './mounts.ts';
import { StderrSender } from './stderr.ts';

/** How a call ended, and what is to be done once that was said. */
export interface MadeCall {
  readonly end: RunnerEnd;
  /** Answers how many bytes of guest memory the call leaves to be collected. */
  readonly tidy: () => number;
}

/** One call in a fresh world and a fresh instance; once it is tidied up nothing of either is left. */
export async function makeCall(
  header: CallHeader,
  message: Message,
  guests: Guests,
  floor: Floor,
  link: HostLink,
): Promise<MadeCall> {
  const { limits, live } = header;
  const args = header.args.map((bytes) => message.take(bytes));
  const env = header.env.map((bytes) => message.take(bytes));
  const stdin = message.rest();
  const log = new StderrSender(link, limits.stderrBytes);
  const progress = progressSplitter({
    maxEvents: limits.progressEvents,
    onProgress(event) {
      const body = encodeUtf8(JSON.stringify(event));
      if (body.length <= MAX_PROGRESS_BYTES) link.send(FROM_RUNNER.progress, body);
    },
    rest: log,
  });
  const kept = live ? undefined : cappedSink(limits.outputBytes, 'output');
  const { clock, random } = sourcesOf(header);
  const mounts = openMounts(header, floor, clock);
  const world: GuestWorld = {
    args,
    env,
    stdin: live ? liveSource(link) : memorySource(stdin),
    stdout: kept ?? liveSink(link, 'stdout', limits.outputBytes),
    // A program run for its own sake owns its stderr: no line of it means anything to us.
    stderr: live ? liveSink(link, 'stderr', limits.outputBytes) : progress,
    mounts,
    clock,
    random,
    maxDescriptors: limits.descriptors,
    maxWrittenBytes: limits.writtenBytes,
  };
  try {
    const guest = await guests.load(header.key);
    const { memoryBytes, end } = guest.kind === 'refused' ? { memoryBytes: 0, end: guest } : guest.run(world);
    endLine(progress);
    log.flush();
    return {
      end: { ...end, memoryBytes, stderrCut: log.cut, stdout: kept?.bytes() ?? new Uint8Array() },
      tidy: () => (guest.kind === 'ready' && guest.tidy?.() === true ? 0 : memoryBytes),
    };
  } finally {
    for (const { dir } of mounts) dir.close();
  }
}

/** A last progress line without its line feed may be the one too many; the guest has ended already. */
function endLine(progress: ProgressSink): void {
  try {
    progress.end();
  } catch (error) {
    if (!(error instanceof GuestStop)) throw error;
  }
}

function sourcesOf({ determinism }: CallHeader): Pick<GuestWorld, 'clock' | 'random'> {
  if (determinism === undefined) return { clock: systemGuestClock(), random: systemRandom };
  const seed = decodeHex(determinism.seed);
  if (seed === undefined) throw new TypeError('a seed that is no hex');
  const clock = steppedClock({ startNs: BigInt(determinism.startNs), stepNs: BigInt(determinism.stepNs) });
  return { clock, random: seededRandom(seed) };
}
