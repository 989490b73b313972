import { posix } from 'node:path';
import { AnswerReader } from '../../../workspace/journal/answer-reader.ts';
import { JournalCursor } from '../../../workspace/journal/cursor.ts';
import { decodeJournal, type Journal } from '../../../workspace/journal/decode.ts';
import { type JournalOp, OPS, SHAPES } from '../../../workspace/journal/format.ts';

/** What a call did with one path of one of its directories. */
export interface Access {
  /** Where the guest sees the directory: `/workspace`. */
  readonly mount: string;
  /** Relative to it, `.` for itself. As the guest spelled it: symlinks are not followed. */
  readonly path: string;
  readonly kind: 'read' | 'write' | 'list' | 'look';
  /** The refusal that it met, if it met one. */
  readonly refused?: string;
}

interface Handle {
  readonly mount: string;
  readonly path: string;
}

const WRITES = 0b0001_0110;
const DIRECTORY = 0b0010_0000;

const KINDS: Partial<Record<JournalOp, Access['kind']>> = {
  'stat-at': 'look',
  readlink: 'look',
  mkdir: 'write',
  unlink: 'write',
  rmdir: 'write',
  rename: 'write',
  link: 'write',
  symlink: 'write',
  'set-times-at': 'write',
};

/**
 * What a recorded call did with files, in order.
 * @throws HostError `audit-invalid` for anything but a journal
 */
export function accessesOf(journal: Uint8Array): readonly Access[] {
  return new Accesses(decodeJournal(journal)).read();
}

class Accesses {
  readonly #from: JournalCursor;
  readonly #answers: AnswerReader;
  readonly #entries: number;
  readonly #handles: Handle[];
  readonly #found: Access[] = [];

  constructor({ bytes, entriesAt, entries, guestPaths }: Journal) {
    this.#from = new JournalCursor(bytes, entriesAt);
    this.#answers = new AnswerReader(this.#from);
    this.#entries = entries;
    this.#handles = guestPaths.map((mount) => ({ mount, path: '.' }));
  }

  read(): readonly Access[] {
    for (let left = this.#entries; left > 0; left--) {
      const op = OPS[this.#from.byte()];
      if (op === undefined) throw this.#from.bad('an operation is unknown');
      this.#entry(op);
    }
    return this.#found;
  }

  #entry(op: JournalOp): void {
    const { numbers, texts, bytes } = this.#asked(op);
    const [handle = 0, other = 0] = numbers;
    const [first, second] = texts;
    if (op === 'open') return this.#open(handle, first ?? '.', bytes[0] ?? 0);
    if (op === 'list') {
      const answer = this.#answers.list();
      return this.#add('list', handle, '.', typeof answer === 'string' ? answer : undefined);
    }
    const kind = KINDS[op];
    if (kind === undefined || first === undefined) {
      this.#answers.skip(SHAPES[op].answer);
      return;
    }
    const refused = this.#refusal(SHAPES[op].answer);
    // The target of a symlink is a text, not a path of this directory.
    this.#add(kind, handle, op === 'symlink' ? (second ?? '.') : first, refused);
    // Handles of the other end are counted from 1; 0 is one of another file system.
    if ((op === 'rename' || op === 'link') && other > 0) this.#add(kind, other - 1, second ?? '.', refused);
  }

  #open(handle: number, path: string, how: number): void {
    const answer = this.#answers.opened();
    const refused = typeof answer === 'object' ? answer.refusal : undefined;
    if (answer === 'directory' || (how & DIRECTORY) !== 0) this.#add('look', handle, path, refused);
    else this.#add((how & WRITES) === 0 ? 'read' : 'write', handle, path, refused);
    // A file that is opened to be read and written is both.
    if ((how & WRITES) !== 0 && (how & 1) !== 0) this.#add('read', handle, path, refused);
    if (refused === undefined) this.#handles.push(this.#at(handle, path));
  }

  #refusal(kind: (typeof SHAPES)[JournalOp]['answer']): string | undefined {
    if (kind === 'stat') {
      const answer = this.#answers.stat();
      return typeof answer === 'string' ? answer : undefined;
    }
    if (kind === 'target') {
      const answer = this.#answers.target();
      return typeof answer === 'string' ? answer : undefined;
    }
    return this.#answers.reply();
  }

  #asked(op: JournalOp): {
    readonly numbers: readonly number[];
    readonly texts: readonly string[];
    readonly bytes: readonly number[];
  } {
    const asked = { numbers: [] as number[], texts: [] as string[], bytes: [] as number[] };
    for (const part of SHAPES[op].asked) {
      if (part === 'number') asked.numbers.push(Number(this.#from.big()));
      else if (part === 'text') asked.texts.push(this.#from.text());
      else if (part === 'byte') asked.bytes.push(this.#from.byte());
      else if (part === 'digest') this.#from.raw(DIGEST_BYTES);
      else if (this.#from.byte() === TIME_GIVEN) this.#from.signed();
    }
    return asked;
  }

  #add(kind: Access['kind'], handle: number, path: string, refused: string | undefined): void {
    this.#found.push({ ...this.#at(handle, path), kind, ...(refused === undefined ? {} : { refused }) });
  }

  #at(handle: number, path: string): Handle {
    const from = this.#handles[handle];
    if (from === undefined) throw this.#from.bad('a handle was never opened');
    return { mount: from.mount, path: posix.join(from.path, path).replace(/(?<=.)\/$/, '') };
  }
}

const DIGEST_BYTES = 32;
const TIME_GIVEN = 2;
