import { encodeHex } from '../../base/bytes.ts';
import { AnswerReader } from './answer-reader.ts';
import { JournalCursor } from './cursor.ts';
import type { Journal } from './decode.ts';
import { JournalDiverged, type Operation } from './diverged.ts';
import { OPS } from './format.ts';
import { askPlain, skipQuestion } from './question.ts';
import { sha256 } from './sha256.ts';
import { JournalWriter } from './writer.ts';

/** Answers a call that is made again from the journal of the first one, as long as it asks for the same, in the same order. */
export class JournalReplayer {
  readonly journal: Journal;
  readonly #from: JournalCursor;
  readonly #answers: AnswerReader;
  readonly #asked = new JournalWriter(Number.MAX_SAFE_INTEGER);
  #position = 0;
  #handles = 0;
  #diverged: JournalDiverged | undefined;

  constructor(journal: Journal) {
    this.journal = journal;
    this.#from = new JournalCursor(journal.bytes, journal.entriesAt);
    this.#answers = new AnswerReader(this.#from);
  }

  /** Set once the call went another way, whoever caught what was thrown then. */
  get diverged(): JournalDiverged | undefined {
    return this.#diverged;
  }

  /** The number of the next handle. */
  nextHandle(): number {
    this.#handles += 1;
    return this.#handles - 1;
  }

  /** Where the answer to this question stands. @throws JournalDiverged if it is not the next question of the journal */
  ask(question: (to: JournalWriter) => void): AnswerReader {
    if (this.#diverged !== undefined) throw this.#diverged;
    this.#asked.clear();
    question(this.#asked);
    if (!this.#from.skipIf(this.#asked.bytes)) this.#diverge();
    this.#position += 1;
    return this.#answers;
  }

  /** To be called when the call is over: the journal must be, too. @throws JournalDiverged */
  finish(): void {
    this.ask((to) => askPlain(to, 'end'));
  }

  #diverge(): never {
    const start = this.#from.at;
    const { op } = skipQuestion(this.#from);
    const recorded = operation(op, this.journal.bytes.subarray(start, this.#from.at));
    const { bytes } = this.#asked;
    this.#diverged = new JournalDiverged(this.#position, recorded, operation(OPS[bytes[0] ?? 0] ?? 'end', bytes));
    throw this.#diverged;
  }
}

function operation(op: Operation['op'], question: Uint8Array): Operation {
  return { op, digest: encodeHex(sha256(question)) };
}
