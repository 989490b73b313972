import { AnswerReader } from './answer-reader.ts';
import { JournalCursor } from './cursor.ts';
import { MAGIC, MAX_MOUNTS, SHAPES } from './format.ts';
import { unpackJournal } from './pack.ts';
import { skipQuestion } from './question.ts';

/** A journal that is one: every entry can be read. What it says was never checked against anything. */
export interface Journal {
  /** Unpacked; a journal as well. */
  readonly bytes: Uint8Array;
  /** Where the entries begin in `bytes`. */
  readonly entriesAt: number;
  /** How many there are, without the end. */
  readonly entries: number;
  readonly resolutionNs: bigint;
  readonly guestPaths: readonly string[];
}

/**
 * Looks a whole journal through. It allocates nothing that the bytes themselves do not hold, packed ones up to MAX_DECODED_BYTES, and
 * keeps no entry.
 * @throws HostError `audit-invalid` for anything but what a `JournalRecorder` finishes with
 */
export function decodeJournal(untrusted: Uint8Array): Journal {
  const bytes = unpackJournal(untrusted);
  const from = new JournalCursor(bytes);
  if (!from.skipIf(MAGIC)) throw from.bad('it does not begin as one');
  const resolutionNs = from.big();
  const guestPaths: string[] = [];
  for (let left = from.below(MAX_MOUNTS + 1); left > 0; left--) guestPaths.push(from.text());
  const entriesAt = from.at;
  const entries = countEntries(from);
  if (from.left > 0) throw from.bad('something follows its end');
  return { bytes, entriesAt, entries, resolutionNs, guestPaths };
}

function countEntries(from: JournalCursor): number {
  const answers = new AnswerReader(from);
  for (let entries = 0; ; entries++) {
    const { op, number } = skipQuestion(from);
    if (op === 'end') return entries;
    const moved = answers.skip(SHAPES[op].answer);
    if (moved > number) throw from.bad('more was moved than was asked for');
  }
}
