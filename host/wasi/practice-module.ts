import { encodeUtf8 } from '../base/bytes.ts';
import { encodeU32 } from './module/encode.ts';

/** A function of preview 1 and what it is called with: numbers of 32 bits, bigints of 64. */
type PracticeCall = readonly [name: string, ...args: readonly (number | bigint)[]];

const MAGIC_AND_VERSION = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const I32 = 0x7f;
const I64 = 0x7e;
const FUNCTION = 0x60;
const I32_CONST = 0x41;
const I64_CONST = 0x42;
const CALL = 0x10;
const DROP = 0x1a;
const END = 0x0b;

const ANSWER_AT = 0;
const LIST_AT = 256;
const BUFFER_AT = 1024;
const VECTOR_AT = 128;
const PATH_AT = 192;
const FIRST_DIRECTORY = 3;
const ALL_RIGHTS = 0x1fff_ffffn;

/** What programs ask for when they start, look at files, read, write and end. */
const CALLS: readonly PracticeCall[] = [
  ['args_sizes_get', ANSWER_AT, ANSWER_AT + 4],
  ['args_get', LIST_AT, BUFFER_AT],
  ['environ_sizes_get', ANSWER_AT, ANSWER_AT + 4],
  ['environ_get', LIST_AT, BUFFER_AT],
  ['fd_prestat_get', FIRST_DIRECTORY, ANSWER_AT],
  ['fd_prestat_dir_name', FIRST_DIRECTORY, BUFFER_AT, 10],
  ['clock_time_get', 0, 1n, ANSWER_AT],
  ['random_get', BUFFER_AT, 8],
  ['fd_fdstat_get', 0, BUFFER_AT],
  ['fd_fdstat_get', FIRST_DIRECTORY, BUFFER_AT],
  ['fd_readdir', FIRST_DIRECTORY, BUFFER_AT, 1024, 0n, ANSWER_AT],
  ['path_open', FIRST_DIRECTORY, 0, PATH_AT, 1, 0, ALL_RIGHTS, ALL_RIGHTS, 0, ANSWER_AT],
  ['path_filestat_get', FIRST_DIRECTORY, 0, PATH_AT, 1, BUFFER_AT],
  ['fd_filestat_get', 0, BUFFER_AT],
  ['fd_read', 0, VECTOR_AT, 1, ANSWER_AT],
  ['fd_seek', 1, 0n, 0, ANSWER_AT],
  ['fd_write', 1, VECTOR_AT, 1, ANSWER_AT],
  ['fd_write', 2, VECTOR_AT, 1, ANSWER_AT],
  ['fd_close', FIRST_DIRECTORY + 3],
  ['proc_exit', 0],
];

/** A WASI command that makes calls as programs do, and nothing of their answers. */
export function practiceModule(): Uint8Array {
  const types = CALLS.map(([name, ...args]) => [
    FUNCTION,
    ...vector(args.map((arg) => [typeof arg === 'bigint' ? I64 : I32])),
    ...vector(answers(name) ? [[I32]] : []),
  ]);
  const imports = CALLS.map(([name], index) => [
    ...text('wasi_snapshot_preview1'),
    ...text(name),
    0,
    ...encodeU32(index),
  ]);
  const code = CALLS.flatMap(([name, ...args], index) => [
    ...args.flatMap((arg) => [typeof arg === 'bigint' ? I64_CONST : I32_CONST, ...signed(BigInt(arg))]),
    CALL,
    ...encodeU32(index),
    ...(answers(name) ? [DROP] : []),
  ]);
  const start = encodeU32(CALLS.length);
  return Uint8Array.from([
    ...MAGIC_AND_VERSION,
    ...section(1, vector([...types, [FUNCTION, 0, 0]])),
    ...section(2, vector(imports)),
    ...section(3, vector([[...start]])),
    ...section(5, vector([[0, 2]])),
    ...section(
      7,
      vector([
        [...text('memory'), 2, 0],
        [...text('_start'), 0, ...start],
      ]),
    ),
    ...section(10, vector([sized([0, ...code, END])])),
    ...section(11, vector([data(VECTOR_AT, [0, 4, 0, 0, 8, 0, 0, 0]), data(PATH_AT, encodeUtf8('.'))])),
  ]);
}

function answers(name: string): boolean {
  return name !== 'proc_exit';
}

function section(id: number, content: readonly number[]): readonly number[] {
  return [id, ...sized(content)];
}

function data(at: number, bytes: Iterable<number>): readonly number[] {
  return [0, I32_CONST, ...signed(BigInt(at)), END, ...sized([...bytes])];
}

function vector(items: readonly (readonly number[])[]): readonly number[] {
  return [...encodeU32(items.length), ...items.flat()];
}

function text(value: string): readonly number[] {
  return sized([...encodeUtf8(value)]);
}

function sized(content: readonly number[]): readonly number[] {
  return [...encodeU32(content.length), ...content];
}

/** A signed LEB128 of what is not negative. */
function signed(value: bigint): readonly number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x40n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return [...bytes, Number(rest)];
}
