import { AnswerWriter } from './answer-writer.ts';
import { MAGIC, MAX_DECODED_BYTES, MAX_JOURNAL_BYTES } from './format.ts';
import { packJournal } from './pack.ts';
import { askPlain } from './question.ts';
import { JournalWriter, type Room } from './writer.ts';

export interface RecorderSpec {
  /** Before it is packed. Default: MAX_JOURNAL_BYTES; MAX_DECODED_BYTES at the most. */
  readonly maxBytes?: number;
  /** Steps of the guest's clock, nanoseconds; without a clock it stays away. */
  readonly resolutionNs?: bigint;
  /** Where the guest sees the directories that are recorded, in their order; a journal of a single directory needs none. */
  readonly guestPaths?: readonly string[];
  /** Used again from recording to recording, what is kept of the one before with it; default: one of its own. */
  readonly room?: Room;
}

/** What became of a recording. */
export type Recorded = { readonly kind: 'kept'; readonly bytes: Uint8Array } | { readonly kind: 'too-large' };

/** Keeps what the world answers during one call, in order. */
export class JournalRecorder {
  /** Where questions go; each is followed by its answer. */
  readonly questions: JournalWriter;
  readonly answers: AnswerWriter;
  #handles = 0;

  constructor({ maxBytes = MAX_JOURNAL_BYTES, resolutionNs = 0n, guestPaths = [], room }: RecorderSpec = {}) {
    const to = new JournalWriter(Math.min(maxBytes, MAX_DECODED_BYTES), room);
    this.questions = to;
    this.answers = new AnswerWriter(to);
    to.raw(MAGIC);
    to.big(resolutionNs);
    to.number(guestPaths.length);
    for (const path of guestPaths) to.text(path);
  }

  /** Whether anything is still kept; past the maximum nothing is. */
  get isOn(): boolean {
    return !this.questions.isFull;
  }

  /** The number of the next handle. */
  nextHandle(): number {
    this.#handles += 1;
    return this.#handles - 1;
  }

  /** Ends the recording, once. The bytes stay as they are until the room is used again. */
  finish(): Recorded {
    askPlain(this.questions, 'end');
    return this.isOn ? { kind: 'kept', bytes: packJournal(this.questions.bytes) } : { kind: 'too-large' };
  }
}
