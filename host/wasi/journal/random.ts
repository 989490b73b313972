import type { Random } from '../../base/ports.ts';
import { SEED_BYTES } from '../../workspace/journal/answer-reader.ts';
import { askPlain } from '../../workspace/journal/question.ts';
import type { JournalRecorder } from '../../workspace/journal/recorder.ts';
import type { JournalReplayer } from '../../workspace/journal/replayer.ts';
import { seededRandom, systemRandom } from '../random.ts';

/** Random bytes as good as the system's, of which the journal needs the seed alone, and that only if any were asked for. */
export function recordingRandom(recorder: () => JournalRecorder, seed = freshSeed): Random {
  return fromSeed(() => {
    const drawn = seed();
    const { isOn, questions, answers } = recorder();
    if (isOn) {
      askPlain(questions, 'seed');
      answers.seed(drawn);
    }
    return drawn;
  });
}

/** The random bytes that were given when the journal was kept. `fill` @throws JournalDiverged */
export function replayingRandom(replayer: JournalReplayer): Random {
  return fromSeed(() => replayer.ask((to) => askPlain(to, 'seed')).seed());
}

function fromSeed(draw: () => Uint8Array): Random {
  let stream: Random | undefined;
  return {
    fill(bytes) {
      if (bytes.length > 0) (stream ??= seededRandom(draw())).fill(bytes);
    },
  };
}

/** One that nobody can guess. */
export function freshSeed(): Uint8Array {
  const seed = new Uint8Array(SEED_BYTES);
  // oxlint-disable-next-line unicorn/no-array-fill-with-reference-type -- a port of ours, not Array's fill
  systemRandom.fill(seed);
  return seed;
}
