import { decodeUtf8, encodeHex } from '../../base/bytes.ts';
import { HostError } from '../../base/error.ts';
import type { DirHandle, FileHandle } from '../../workspace/layer.ts';
import type { Arguments } from './arguments.ts';
import { characterFrom, chunksOf, counted, SNIFFED_BYTES, wholeCharacters } from './bytes.ts';
import { demand, failureOf } from './failure.ts';
import { numbered } from './numbered.ts';
import { readingTool } from './reading-tool.ts';
import { PATH } from './schemas.ts';
import type { ToolResult } from './tool.ts';
import { openFile, pathText } from './where.ts';

/** Bytes of text in one answer. */
export const MAX_TEXT_BYTES = 64 * 1024;
const MAX_LINES = 5_000;
const DEFAULT_LINES = 2_000;
/** How far into a file its lines are counted. */
const MAX_SCANNED_BYTES = 256 * 1024 * 1024;
const HEAD_BYTES = 32;
const LINE_FEED = 0x0a;

/** `read_file`: lines of a text, with their numbers. */
export const readFile = readingTool({
  name: 'read_file',
  description:
    'Reads a text file of the workspace, with line numbers. Long files come in pages: the answer says how to get the next one. A binary file is recognised and not shown.',
  parameters: {
    type: 'object',
    properties: {
      path: PATH,
      offset_line: { type: 'integer', minimum: 1, description: 'The first line to read, from 1; default 1.' },
      lines: {
        type: 'integer',
        minimum: 1,
        maximum: MAX_LINES,
        description: `How many lines at most; default ${DEFAULT_LINES}. An answer also ends after ${MAX_TEXT_BYTES} bytes.`,
      },
      offset_byte: {
        type: 'integer',
        minimum: 0,
        description: 'How many bytes of the first line to skip: for going on in a line that was cut.',
      },
    },
    required: ['path'],
    additionalProperties: false,
  },
  output: {
    type: 'object',
    properties: {
      path: { type: 'string' },
      size: { type: 'integer', description: 'Bytes of the whole file.' },
      binary: { type: 'boolean' },
      head_hex: { type: 'string', description: 'Of a binary file: its first bytes.' },
      first_line: { type: 'integer' },
      last_line: { type: 'integer' },
      text: { type: 'string', description: 'The lines as they stand in the file.' },
      end: { type: 'boolean', description: 'Whether the text reaches the end of the file.' },
      next: {
        type: 'object',
        description: 'Present if there is more: the arguments that go on.',
        properties: { offset_line: { type: 'integer' }, offset_byte: { type: 'integer' } },
        required: ['offset_line'],
        additionalProperties: false,
      },
    },
    required: ['path', 'size', 'binary'],
    additionalProperties: false,
  },
  pathOf: (args) => args.text('path'),
  answer: async (path, args, dir) => answer(path, args, dir),
});

interface Slice {
  readonly bytes: Uint8Array;
  /** Whether the end of the file was reached. */
  readonly end: boolean;
}

function answer(path: string, args: Arguments, dir: DirHandle): ToolResult {
  const file = openFile(dir, path);
  try {
    const size = Number(demand(path, file.stat()).size);
    const head = headOf(file, path);
    if (head.includes(0)) return binary(path, size, head);
    const first = args.integerOr('offset_line', 1);
    const skipped = args.integerOr('offset_byte', 0);
    const start = lineStart(file, path, first);
    if (skipped > 0) checkWithinLine(file, path, { first, start, skipped });
    const slice = sliceFrom(file, path, start + skipped, args.integerOr('lines', DEFAULT_LINES));
    const from = skipped === 0 ? 0 : characterFrom(slice.bytes, 0);
    const text = decodeUtf8(slice.bytes.subarray(from));
    if (text === undefined || text.includes('\0')) return binary(path, size, head);
    return page(path, size, text, { first, skipped: skipped + from, bytes: slice.bytes.length - from, end: slice.end });
  } finally {
    file.close();
  }
}

interface Page {
  readonly first: number;
  /** Bytes of the first line that stand before the text. */
  readonly skipped: number;
  readonly bytes: number;
  readonly end: boolean;
}

function page(path: string, size: number, text: string, { first, skipped, bytes, end }: Page): ToolResult {
  const lines = text === '' ? 0 : text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
  const last = first + lines - 1;
  // Only a line that is too long for one answer is cut, and then it is the only one.
  const next = end
    ? undefined
    : text.endsWith('\n')
      ? { offset_line: last + 1 }
      : { offset_line: first, offset_byte: skipped + bytes };
  const value = {
    path,
    size,
    binary: false,
    first_line: first,
    last_line: last,
    text,
    end,
    ...(next === undefined ? {} : { next }),
  };
  const rest =
    next === undefined
      ? ''
      : `\n… there is more: read_file ${JSON.stringify({ path, ...next })} goes on (${counted(size, 'byte')} in all)`;
  return { value, text: size === 0 ? '(the file is empty)' : numbered(text, first) + rest };
}

function binary(path: string, size: number, head: Uint8Array): ToolResult {
  const hex = encodeHex(head.subarray(0, HEAD_BYTES));
  return {
    value: { path, size, binary: true, head_hex: hex },
    text: `${pathText(path)} is no UTF-8 text but a binary file of ${counted(size, 'byte')}; it begins with ${hex}`,
  };
}

function headOf(file: FileHandle, path: string): Uint8Array {
  const head = new Uint8Array(SNIFFED_BYTES);
  const count = file.read(head, 0n);
  if (typeof count === 'string') throw failureOf(path, count);
  return head.subarray(0, count);
}

/** The byte at which a line begins. @throws HostError `not-found` if there are fewer lines */
function lineStart(file: FileHandle, path: string, line: number): number {
  let start = 0;
  let seen = 1;
  let at = 0;
  if (line === 1) return 0;
  for (const chunk of chunksOf(file, path)) {
    for (let feed = chunk.indexOf(LINE_FEED); feed !== -1; feed = chunk.indexOf(LINE_FEED, feed + 1)) {
      seen += 1;
      start = at + feed + 1;
      // A line feed ends its line; another begins only if something follows.
      if (seen === line && (feed + 1 < chunk.length || hasByte(file, path, start))) return start;
      if (seen === line) throw pastTheEnd(path, line, line - 1);
    }
    at += chunk.length;
    if (at > MAX_SCANNED_BYTES) {
      throw new HostError(
        'limit-exceeded',
        `line ${line} of ${pathText(path)} lies further than ${MAX_SCANNED_BYTES} bytes into it`,
        {
          remedy: 'search_files finds a place in files of up to 8 MiB; exec can cut a larger one into parts.',
        },
      );
    }
  }
  throw pastTheEnd(path, line, at === 0 ? 0 : seen);
}

/** What is skipped belongs to the line; otherwise the numbers of all lines behind it would be wrong. */
function checkWithinLine(
  file: FileHandle,
  path: string,
  { first, start, skipped }: { readonly first: number; readonly start: number; readonly skipped: number },
): void {
  let left = skipped;
  for (const chunk of chunksOf(file, path, start)) {
    const part = chunk.subarray(0, left);
    const feed = part.indexOf(LINE_FEED);
    if (feed !== -1) throw shorterLine(path, first, skipped - left + feed);
    left -= part.length;
    if (left === 0) return;
  }
  throw shorterLine(path, first, skipped - left);
}

function shorterLine(path: string, line: number, bytes: number): HostError {
  return new HostError(
    'arguments-invalid',
    `line ${line} of ${pathText(path)} has ${counted(bytes, 'byte')}: offset_byte lies past its end`,
  );
}

function hasByte(file: FileHandle, path: string, at: number): boolean {
  const count = file.read(new Uint8Array(1), BigInt(at));
  if (typeof count === 'string') throw failureOf(path, count);
  return count > 0;
}

function pastTheEnd(path: string, line: number, lines: number): HostError {
  return new HostError('not-found', `${pathText(path)} has ${counted(lines, 'line')}: there is no line ${line}`);
}

/** Up to `lines` lines from a byte on: whole ones if they fit, otherwise the first as far as it fits. */
function sliceFrom(file: FileHandle, path: string, from: number, lines: number): Slice {
  const parts: Uint8Array[] = [];
  let length = 0;
  let left = lines;
  for (const chunk of chunksOf(file, path, from)) {
    const feed = nthFeed(chunk, left);
    parts.push(chunk.slice(0, feed.end));
    length += feed.end;
    left -= feed.found;
    if (left === 0) return cut(parts, hasByte(file, path, from + length));
    if (length > MAX_TEXT_BYTES) return cut(parts, true);
  }
  return cut(parts, false);
}

function cut(parts: readonly Uint8Array[], more: boolean): Slice {
  const bytes = new Uint8Array(Buffer.concat(parts));
  if (bytes.length <= MAX_TEXT_BYTES) return { bytes, end: !more };
  const feed = bytes.lastIndexOf(LINE_FEED, MAX_TEXT_BYTES - 1);
  const end = feed === -1 ? wholeCharacters(bytes, MAX_TEXT_BYTES) : feed + 1;
  return { bytes: bytes.subarray(0, end), end: false };
}

function nthFeed(chunk: Uint8Array, n: number): { readonly end: number; readonly found: number } {
  let found = 0;
  for (let feed = chunk.indexOf(LINE_FEED); feed !== -1; feed = chunk.indexOf(LINE_FEED, feed + 1)) {
    found += 1;
    if (found === n) return { end: feed + 1, found };
  }
  return { end: chunk.length, found };
}
