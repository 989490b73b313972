import { askPlain, askSleep } from '../../workspace/journal/question.ts';
import type { JournalRecorder } from '../../workspace/journal/recorder.ts';
import type { JournalReplayer } from '../../workspace/journal/replayer.ts';
import type { GuestClock } from '../world.ts';

/** The same clock, every reading kept by the recorder, which is wanted with the first. */
export function recordingClock(clock: GuestClock, recorder: () => JournalRecorder): GuestClock {
  return {
    resolutionNs: clock.resolutionNs,
    realtimeNs() {
      const ns = clock.realtimeNs();
      const { isOn, questions, answers } = recorder();
      if (isOn) {
        askPlain(questions, 'realtime');
        answers.realtime(ns);
      }
      return ns;
    },
    monotonicNs() {
      const ns = clock.monotonicNs();
      const { isOn, questions, answers } = recorder();
      if (isOn) {
        askPlain(questions, 'monotonic');
        answers.monotonic(ns);
      }
      return ns;
    },
    sleep(ns) {
      const { isOn, questions } = recorder();
      if (isOn) askSleep(questions, ns);
      clock.sleep(ns);
    },
  };
}

/** The clock as it was read when the journal was kept; nobody sleeps. Each @throws JournalDiverged */
export function replayingClock(replayer: JournalReplayer): GuestClock {
  return {
    resolutionNs: replayer.journal.resolutionNs,
    realtimeNs: () => replayer.ask((to) => askPlain(to, 'realtime')).realtime(),
    monotonicNs: () => replayer.ask((to) => askPlain(to, 'monotonic')).monotonic(),
    sleep: (ns) => void replayer.ask((to) => askSleep(to, ns)),
  };
}
