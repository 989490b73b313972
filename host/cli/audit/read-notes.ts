import { resolve } from 'node:path';
import type { GivenCheckpoint } from '../../audit/verify.ts';
import { decodeUtf8 } from '../../base/bytes.ts';
import { HostError } from '../../base/error.ts';
import { shown } from '../../base/shown.ts';
import { readWhole } from '../../skill/durable.ts';

const MAX_FILE_BYTES = 64 * 1024 * 1024;

/**
 * The checkpoints in a file: one, or all that `audit.checkpoints` of the config had appended to it.
 * @throws HostError `not-found`, `io`
 */
export function readNotes(cwd: string, file: string): readonly GivenCheckpoint[] {
  const bytes = readWhole(resolve(cwd, file), MAX_FILE_BYTES);
  const remedy = 'Name a file that `wirken audit checkpoint` wrote.';
  if (bytes === undefined) {
    throw new HostError('not-found', `there is no file ${shown(file, 4096)}`, { file, remedy });
  }
  const text = decodeUtf8(bytes);
  if (text === undefined) throw new HostError('io', `${shown(file, 4096)} is no text`, { file, remedy });
  const notes = splitNotes(text);
  return notes.map((note, at) => ({
    name: notes.length === 1 ? shown(file, 400) : `checkpoint ${at + 1} of ${shown(file, 400)}`,
    note,
  }));
}

/** A note is a text, an empty line, and lines of signatures; none of them is empty. */
function splitNotes(text: string): readonly string[] {
  const blocks = text.split(/\n{2,}/).filter((block) => block !== '');
  // What is no series of notes is for the verifier to refuse, whole.
  if (blocks.length % 2 !== 0) return [text];
  const notes: string[] = [];
  for (let at = 0; at < blocks.length; at += 2) {
    notes.push(`${blocks[at] ?? ''}\n\n${(blocks[at + 1] ?? '').replace(/\n$/, '')}\n`);
  }
  return notes;
}
