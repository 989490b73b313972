import { encodeUtf8 } from '../../base/bytes.ts';
import { JournalDiverged } from '../../workspace/journal/diverged.ts';
import {
  type CallHeader,
  FROM_RUNNER,
  type JournaledEnding,
  MAX_INLINE_JOURNAL_BYTES,
  MAX_PROGRESS_BYTES,
  type RunnerEnd,
} from '../pool/protocol.ts';
import { cappedSink, memorySource, type ProgressSink, progressSplitter } from '../stdio.ts';
import { type GuestEnd, GuestStop, type GuestWorld } from '../world.ts';
import type { Guests, ReadyGuest } from './guests.ts';
import type { HostLink } from './link.ts';
import { liveSink, liveSource } from './live.ts';
import type { Message } from './message.ts';
import { type Floor, ownMounts } from './mounts.ts';
import { type Journaling, sourcesOf } from './sources.ts';
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
  const { limits, live, replay } = header;
  const args = header.args.map((bytes) => message.take(bytes));
  const env = header.env.map((bytes) => message.take(bytes));
  const journal = replay === undefined ? undefined : message.take(replay);
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
  const { clock, random, mounts: given, ...journaling } = await sourcesOf(header, floor, journal);
  const mounts = [...given, ...ownMounts(header, floor, clock)];
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
    const { memoryBytes, end } = guest.kind === 'refused' ? { memoryBytes: 0, end: guest } : runIn(guest, world);
    endLine(progress);
    log.flush();
    return {
      end: {
        ...(end.kind === 'refused' ? end : journaled(end, journaling, link)),
        memoryBytes,
        stderrCut: log.cut,
        stdout: kept?.bytes() ?? new Uint8Array(),
      },
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

function runIn(guest: ReadyGuest, world: GuestWorld): ReturnType<ReadyGuest['run']> {
  try {
    return guest.run(world);
  } catch (error) {
    if (!(error instanceof JournalDiverged)) throw error;
    return { end: { kind: 'trap', message: error.message }, memoryBytes: 0 };
  }
}

/** The end of a call together with what became of its journal. A large one goes ahead. */
function journaled(end: GuestEnd, { finish, diverged }: Journaling, link: HostLink): JournaledEnding {
  const elsewhere = diverged?.(end);
  if (elsewhere !== undefined) {
    return { kind: 'diverged', position: elsewhere.position, message: elsewhere.message };
  }
  const journal = finish?.(end);
  if (journal === undefined) return end;
  if (journal.kind === 'too-large' || journal.bytes.length <= MAX_INLINE_JOURNAL_BYTES) return { ...end, journal };
  link.send(FROM_RUNNER.journal, journal.bytes);
  return { ...end, journal: { kind: 'sent' } };
}
