import type { OpenHow, TimeToSet } from '../layer.ts';
import type { JournalCursor } from './cursor.ts';
import { type JournalOp, OPS, SHAPES } from './format.ts';
import type { JournalWriter } from './writer.ts';

// Each function writes what an operation asks: equal questions, equal bytes.

const CODES: ReadonlyMap<string, number> = new Map(OPS.map((op, code) => [op, code]));

function begin(to: JournalWriter, op: JournalOp): void {
  to.byte(CODES.get(op) ?? 0);
}

/** An operation that asks for nothing but itself. */
export function askPlain(to: JournalWriter, op: 'end' | 'seed' | 'realtime' | 'monotonic'): void {
  begin(to, op);
}

export function askSleep(to: JournalWriter, ns: bigint): void {
  begin(to, 'sleep');
  to.big(ns);
}

export function askHandle(to: JournalWriter, op: 'stat' | 'list' | 'sync', handle: number): void {
  begin(to, op);
  to.number(handle);
}

export function askOpen(to: JournalWriter, handle: number, path: string, how: OpenHow): void {
  begin(to, 'open');
  to.number(handle);
  to.text(path);
  to.byte(
    bit(how.read, 0) |
      bit(how.write, 1) |
      bit(how.create, 2) |
      bit(how.exclusive, 3) |
      bit(how.truncate, 4) |
      bit(how.directory, 5) |
      bit(how.followLast, 6),
  );
}

export function askStatAt(to: JournalWriter, handle: number, path: string, followLast: boolean): void {
  begin(to, 'stat-at');
  to.number(handle);
  to.text(path);
  to.byte(bit(followLast, 0));
}

/** @param bytes that are wanted */
export function askRead(to: JournalWriter, handle: number, at: bigint, bytes: number): void {
  begin(to, 'read');
  to.number(handle);
  to.big(at);
  to.number(bytes);
}

/** @param digest SHA-256 of what is written */
export function askWrite(to: JournalWriter, handle: number, at: bigint, bytes: number, digest: Uint8Array): void {
  begin(to, 'write');
  to.number(handle);
  to.big(at);
  to.number(bytes);
  to.raw(digest);
}

export function askResize(to: JournalWriter, handle: number, bytes: bigint): void {
  begin(to, 'resize');
  to.number(handle);
  to.big(bytes);
}

export function askSetTimes(to: JournalWriter, handle: number, atim: TimeToSet, mtim: TimeToSet): void {
  begin(to, 'set-times');
  to.number(handle);
  giveTime(to, atim);
  giveTime(to, mtim);
}

export function askSetTimesAt(
  to: JournalWriter,
  handle: number,
  path: string,
  followLast: boolean,
  atim: TimeToSet,
  mtim: TimeToSet,
): void {
  begin(to, 'set-times-at');
  to.number(handle);
  to.text(path);
  to.byte(bit(followLast, 0));
  giveTime(to, atim);
  giveTime(to, mtim);
}

export function askPath(
  to: JournalWriter,
  op: 'mkdir' | 'unlink' | 'rmdir' | 'readlink',
  handle: number,
  path: string,
): void {
  begin(to, op);
  to.number(handle);
  to.text(path);
}

/** @param target number of the handle plus one; 0 for one of another file system */
export function askRename(to: JournalWriter, handle: number, from: string, target: number, path: string): void {
  begin(to, 'rename');
  to.number(handle);
  to.text(from);
  to.number(target);
  to.text(path);
}

/** @param target as for `askRename` */
export function askLink(
  to: JournalWriter,
  handle: number,
  from: string,
  followLast: boolean,
  target: number,
  path: string,
): void {
  begin(to, 'link');
  to.number(handle);
  to.text(from);
  to.byte(bit(followLast, 0));
  to.number(target);
  to.text(path);
}

export function askSymlink(to: JournalWriter, handle: number, target: string, path: string): void {
  begin(to, 'symlink');
  to.number(handle);
  to.text(target);
  to.text(path);
}

/** A question that was passed over. */
export interface Skipped {
  readonly op: JournalOp;
  /** The last number in it: for `read` and `write` the bytes that it is about. */
  readonly number: bigint;
}

/** The operation that comes next. @throws HostError `audit-invalid` */
export function skipQuestion(from: JournalCursor): Skipped {
  const op = OPS[from.byte()];
  if (op === undefined) throw from.bad('an operation is unknown');
  let number = 0n;
  for (const part of SHAPES[op].asked) number = SKIP[part](from) ?? number;
  return { op, number };
}

const SHA256_BYTES = 32;

const SKIP = {
  number: (from) => from.big(),
  text: (from) => void from.text(),
  byte: (from) => void from.byte(),
  digest: (from) => void from.raw(SHA256_BYTES),
  time: (from) => {
    const tag = from.byte();
    if (tag > TIME_GIVEN) throw from.bad('a time is unknown');
    if (tag === TIME_GIVEN) from.signed();
  },
} satisfies Record<(typeof SHAPES)[JournalOp]['asked'][number], (from: JournalCursor) => bigint | void>;

const TIME_LEFT = 0;
const TIME_NOW = 1;
const TIME_GIVEN = 2;

function giveTime(to: JournalWriter, time: TimeToSet): void {
  if (time === undefined) to.byte(TIME_LEFT);
  else if (time === 'now') to.byte(TIME_NOW);
  else {
    to.byte(TIME_GIVEN);
    to.signed(time);
  }
}

function bit(is: boolean, place: number): number {
  return is ? 1 << place : 0;
}
