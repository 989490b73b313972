import type { DirEntry, Errno, FileKind, FileStat } from '../layer.ts';
import type { JournalCursor } from './cursor.ts';
import { type AnswerKind, ERRNOS, FILE_KINDS, PART_BYTES } from './format.ts';

export const SEED_BYTES = 32;

/** Reads what an `AnswerWriter` wrote, answer after answer. Each method @throws HostError `audit-invalid`. */
export class AnswerReader {
  readonly #from: JournalCursor;
  readonly #parts: Uint8Array[] = [];
  #realtime = 0n;
  #monotonic = 0n;
  #time = 0n;
  #ino = 0n;

  constructor(from: JournalCursor) {
    this.#from = from;
  }

  realtime(): bigint {
    this.#realtime += this.#from.signed();
    return this.#realtime;
  }

  monotonic(): bigint {
    this.#monotonic += this.#from.signed();
    return this.#monotonic;
  }

  /** A view. */
  seed(): Uint8Array {
    return this.#from.raw(SEED_BYTES);
  }

  reply(): Errno | undefined {
    const number = this.#from.byte();
    if (number === 0) return undefined;
    const errno = ERRNOS[number - 1];
    if (errno === undefined) throw this.#from.bad('a refusal is unknown');
    return errno;
  }

  count(): number | Errno {
    return this.reply() ?? this.#from.number();
  }

  opened(): 'file' | 'directory' | { readonly refusal: Errno } {
    const refusal = this.reply();
    if (refusal !== undefined) return { refusal };
    const kind = this.#from.byte();
    if (kind > 1) throw this.#from.bad('what was opened is neither file nor directory');
    return kind === 1 ? 'directory' : 'file';
  }

  stat(): FileStat | Errno {
    const refusal = this.reply();
    if (refusal !== undefined) return refusal;
    const kind = this.#kind();
    const dev = this.#from.big();
    const ino = this.#takeIno();
    const nlink = this.#from.big();
    const size = this.#from.big();
    const mtimNs = this.#takeTime();
    const ctimNs = this.#takeTime();
    return { kind, dev, ino, nlink, size, mtimNs, ctimNs, atimNs: this.#takeTime() };
  }

  list(): readonly DirEntry[] | Errno {
    const refusal = this.reply();
    if (refusal !== undefined) return refusal;
    const entries: DirEntry[] = [];
    for (let left = this.#from.number(); left > 0; left--) {
      const name = this.#from.text();
      const kind = this.#kind();
      entries.push({ name, kind, ino: this.#takeIno() });
    }
    return entries;
  }

  /** A view. */
  content(): Uint8Array | Errno {
    const refusal = this.reply();
    if (refusal !== undefined) return refusal;
    const length = this.#from.number();
    if (length < PART_BYTES) return this.#from.raw(length);
    const number = this.#from.number();
    const part = number === 0 ? this.#from.raw(length) : this.#parts[number - 1];
    if (part?.length !== length) throw this.#from.bad('a content is not there');
    if (number === 0) this.#parts.push(part);
    return part;
  }

  target(): { readonly target: string } | Errno {
    return this.reply() ?? { target: this.#from.text() };
  }

  /** Passes over one; answers how many bytes it moved. */
  skip(kind: AnswerKind): number {
    if (kind === 'nothing') return 0;
    const answer = this[kind]();
    if (kind === 'count' && typeof answer === 'number') return answer;
    return kind === 'content' && answer instanceof Uint8Array ? answer.length : 0;
  }

  #kind(): FileKind {
    const kind = FILE_KINDS[this.#from.byte()];
    if (kind === undefined) throw this.#from.bad('a kind of file is unknown');
    return kind;
  }

  #takeIno(): bigint {
    this.#ino += this.#from.signed();
    return this.#ino;
  }

  #takeTime(): bigint {
    this.#time += this.#from.signed();
    return this.#time;
  }
}
