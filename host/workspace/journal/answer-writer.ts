import type { DirEntry, Errno, FileHandle, FileKind, FileStat } from '../layer.ts';
import { ERRNOS, FILE_KINDS, PART_BYTES } from './format.ts';
import type { JournalWriter } from './writer.ts';

interface Part {
  readonly number: number;
  readonly from: number;
  readonly to: number;
}

const ERRNO_NUMBERS: ReadonlyMap<Errno, number> = new Map(ERRNOS.map((errno, at) => [errno, at + 1]));
const KIND_NUMBERS: ReadonlyMap<FileKind, number> = new Map(FILE_KINDS.map((kind, at) => [kind, at]));

/** Writes what the world answered. Times and inodes are kept as the distance to the last one, contents once. */
export class AnswerWriter {
  readonly #to: JournalWriter;
  readonly #parts = new Map<number, Part>();
  #count = 0;
  #realtime = 0n;
  #monotonic = 0n;
  #time = 0n;
  #ino = 0n;

  constructor(to: JournalWriter) {
    this.#to = to;
  }

  realtime(ns: bigint): void {
    this.#to.signed(ns - this.#realtime);
    this.#realtime = ns;
  }

  monotonic(ns: bigint): void {
    this.#to.signed(ns - this.#monotonic);
    this.#monotonic = ns;
  }

  seed(seed: Uint8Array): void {
    this.#to.raw(seed);
  }

  reply(answer: Errno | undefined): void {
    this.#to.byte(answer === undefined ? 0 : (ERRNO_NUMBERS.get(answer) ?? 0));
  }

  count(answer: number | Errno): void {
    if (typeof answer === 'string') return this.reply(answer);
    this.reply(undefined);
    this.#to.number(answer);
  }

  opened(answer: { readonly kind: FileHandle['kind'] | 'directory' } | Errno): void {
    if (typeof answer === 'string') return this.reply(answer);
    this.reply(undefined);
    this.#to.byte(answer.kind === 'directory' ? 1 : 0);
  }

  stat(answer: FileStat | Errno): void {
    if (typeof answer === 'string') return this.reply(answer);
    this.reply(undefined);
    this.#to.byte(KIND_NUMBERS.get(answer.kind) ?? 0);
    this.#to.big(answer.dev);
    this.#giveIno(answer.ino);
    this.#to.big(answer.nlink);
    this.#to.big(answer.size);
    this.#giveTime(answer.mtimNs);
    this.#giveTime(answer.ctimNs);
    this.#giveTime(answer.atimNs);
  }

  list(answer: readonly DirEntry[] | Errno): void {
    if (typeof answer === 'string') return this.reply(answer);
    this.reply(undefined);
    this.#to.number(answer.length);
    for (const { name, kind, ino } of answer) {
      if (this.#to.isFull) return;
      this.#to.text(name);
      this.#to.byte(KIND_NUMBERS.get(kind) ?? 0);
      this.#giveIno(ino);
    }
  }

  /** @param answer the bytes that were read; they are copied */
  content(answer: Uint8Array | Errno): void {
    if (typeof answer === 'string') return this.reply(answer);
    this.reply(undefined);
    this.#to.number(answer.length);
    if (answer.length < PART_BYTES) return this.#to.raw(answer);
    // The same fingerprint promises nothing: the bytes decide.
    let slot = SLOTS * fingerprint(answer);
    for (let tries = 1; ; tries++) {
      const known = this.#parts.get(slot);
      if (known === undefined) break;
      if (this.#to.holds(known.from, known.to, answer)) return this.#to.number(known.number);
      if (tries === SLOTS) break;
      slot += 1;
    }
    this.#to.number(0);
    this.#to.raw(answer);
    const { length } = this.#to;
    this.#count += 1;
    this.#parts.set(slot, { number: this.#count, from: length - answer.length, to: length });
  }

  target(answer: { readonly target: string } | Errno): void {
    if (typeof answer === 'string') return this.reply(answer);
    this.reply(undefined);
    this.#to.text(answer.target);
  }

  #giveIno(ino: bigint): void {
    this.#to.signed(ino - this.#ino);
    this.#ino = ino;
  }

  #giveTime(ns: bigint): void {
    this.#to.signed(ns - this.#time);
    this.#time = ns;
  }
}

/** Bytes of a content that its fingerprint is made of. */
const SAMPLES = 64;
/** Contents of one fingerprint that are known at a time. */
const SLOTS = 4;

/** Bytes that have it in common are likely the same; a content is looked at far more often than it is kept. */
function fingerprint(bytes: Uint8Array): number {
  const { length } = bytes;
  const stride = length / SAMPLES;
  let mixed = length | 0;
  for (let at = 0; at < length; at += stride) mixed = Math.imul(mixed ^ (bytes[at | 0] ?? 0), 0x0100_0193);
  return mixed;
}
