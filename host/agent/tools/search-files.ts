import type { DirHandle } from '../../workspace/layer.ts';
import type { Arguments } from './arguments.ts';
import { Breath } from './breath.ts';
import { readBytes, SNIFFED_BYTES } from './bytes.ts';
import { lineMatcher } from './line-matcher.ts';
import type { LineMatcher } from './line-matcher.ts';
import { nameFilter } from './name-filter.ts';
import { readingTool } from './reading-tool.ts';
import { GLOB, PATH } from './schemas.ts';
import { Found, PageFull } from './found.ts';
import { SEARCH_OUTPUT } from './search-output.ts';
import type { ToolResult } from './tool.ts';
import { MAX_DEPTH, segmentsBeneath, walk } from './walk.ts';
import { fileIn, openDirectory, openParent, READ, segmentsOf } from './where.ts';

/** Larger files are counted, not searched. */
const MAX_FILE_BYTES = 8 * 1024 * 1024;
/** Bytes that one call reads. */
const MAX_READ_BYTES = 256 * 1024 * 1024;
/** Steps of matching in one call, a few seconds at most, and in one line. */
const MAX_STEPS = 100_000_000;
const MAX_LINE_STEPS = 5_000_000;
const WHOLE_FILE = Number.MAX_SAFE_INTEGER;
const MAX_CONTEXT = 20;
const MAX_PATTERN_CHARS = 1_000;
const BYTES_A_UNIT = 8_192;
const STEPS_A_UNIT = 2_000;

/** `search_files`: lines that hold a text or match a pattern. */
export const searchFiles = readingTool({
  name: 'search_files',
  description:
    'Searches text files of the workspace line by line for a text, or with regex for a regular expression (ECMAScript without lookaround and backreferences), and answers file, line number and line. Binary files, files over 8 MiB, directories whose name begins with a dot and node_modules are passed by unless path or glob names the directory.',
  parameters: {
    type: 'object',
    properties: {
      pattern: {
        type: 'string',
        minLength: 1,
        maxLength: MAX_PATTERN_CHARS,
        description: 'Plain text, unless regex is set.',
      },
      regex: { type: 'boolean', description: 'The pattern is a regular expression.' },
      path: { ...PATH, description: 'A file, or the directory to search in; default: the whole workspace.' },
      glob: GLOB,
      ignore_case: { type: 'boolean' },
      context: {
        type: 'integer',
        minimum: 0,
        maximum: MAX_CONTEXT,
        description: 'Lines to show before and behind each; default 0.',
      },
      after_path: {
        type: 'string',
        minLength: 1,
        description: 'Goes on in or behind this file: `next` of the answer before.',
      },
      after_line: { type: 'integer', minimum: 0, description: 'Goes on in the file after_path, behind this line.' },
    },
    required: ['pattern'],
    additionalProperties: false,
  },
  output: SEARCH_OUTPUT,
  pathOf: (args) => args.textOr('path', '.'),
  answer,
});

async function answer(path: string, args: Arguments, root: DirHandle, signal: AbortSignal): Promise<ToolResult> {
  const search: Search = {
    matcher: lineMatcher({
      pattern: args.text('pattern'),
      regex: args.flag('regex'),
      ignoreCase: args.flag('ignore_case'),
    }),
    found: new Found(path, args.integerOr('context', 0)),
    after: { path: args.textOr('after_path', undefined), line: args.integerOr('after_line', WHOLE_FILE) },
    read: 0,
    steps: 0,
    breath: new Breath(signal),
  };
  try {
    if (path !== '.' && isFile(root, path)) await searchOne(search, root, path);
    else await searchBeneath(search, path, args, root);
  } catch (error) {
    if (!(error instanceof PageFull)) throw error;
  }
  return search.found.result();
}

interface Search {
  readonly matcher: LineMatcher;
  readonly found: Found;
  readonly after: { readonly path: string | undefined; readonly line: number };
  /** Bytes. */
  read: number;
  /** Of matching. */
  steps: number;
  readonly breath: Breath;
}

function isFile(root: DirHandle, path: string): boolean {
  const { parent, name } = openParent(root, path);
  try {
    const stat = parent.statAt(name, false);
    return typeof stat !== 'string' && stat.kind !== 'directory';
  } finally {
    parent.close();
  }
}

async function searchOne(search: Search, root: DirHandle, path: string): Promise<void> {
  const { parent, name } = openParent(root, path);
  try {
    // Asked for by name: why it cannot be read is the answer.
    fileIn(parent, name, READ, path).close();
    await searchFile(search, parent, name, path);
  } finally {
    parent.close();
  }
}

async function searchBeneath(search: Search, path: string, args: Arguments, root: DirHandle): Promise<void> {
  const { after, found } = search;
  const dir = openDirectory(root, segmentsOf(path));
  try {
    const walked = walk({
      dir,
      path,
      depth: MAX_DEPTH,
      filter: nameFilter(args.textOr('glob', undefined)),
      from: after.path === undefined ? [] : segmentsBeneath(path, after.path),
    });
    try {
      for (let step = walked.next(); ; step = walked.next()) {
        if (step.done === true) {
          if (step.value === 'visited') found.stop('files');
          return;
        }
        const { value: visit } = step;
        if (visit.passedBy) found.passBy(visit.path);
        // Without a line the file was searched to its end.
        const done = visit.path === after.path && after.line === WHOLE_FILE;
        if (visit.entry.kind === 'file' && visit.shown && !done) {
          if (search.read > MAX_READ_BYTES) found.stop('bytes');
          await searchFile(search, visit.parent, visit.entry.name, visit.path);
        }
        found.finish(visit.path);
        const pause = search.breath.spend(1);
        if (pause !== undefined) await pause;
      }
    } finally {
      walked.return('end');
    }
  } finally {
    dir.close();
  }
}

/** @throws PageFull */
async function searchFile(search: Search, parent: DirHandle, name: string, path: string): Promise<void> {
  const { matcher, found, after } = search;
  const text = textOf(search, parent, name, path);
  const read = search.breath.spend((text ?? '').length / BYTES_A_UNIT);
  if (read !== undefined) await read;
  if (text === undefined || !matcher.mayStandIn(text)) return;
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  for (let at = path === after.path ? after.line : 0; at < lines.length; at += 1) {
    if (search.steps > MAX_STEPS) found.stop('work', { path, line: at });
    const before = search.steps;
    const match = findIn(search, lines[at] ?? '');
    const pause = search.breath.spend((search.steps - before) / STEPS_A_UNIT);
    if (pause !== undefined) await pause;
    if (match !== undefined) found.add(path, lines, at, match);
  }
}

/** A line that costs too much is counted and passed by, so that each call gets further. */
function findIn(search: Search, line: string): number | undefined {
  let spent = 0;
  try {
    return search.matcher.find(line, (steps) => {
      spent += steps;
      if (spent > MAX_LINE_STEPS) throw new LineTooCostly();
    });
  } catch (error) {
    if (!(error instanceof LineTooCostly)) throw error;
    search.found.skip('lines');
    return undefined;
  } finally {
    search.steps += spent;
  }
}

class LineTooCostly extends Error {
  override readonly name = 'LineTooCostly';
}

function textOf(search: Search, parent: DirHandle, name: string, path: string): string | undefined {
  const { found } = search;
  const file = parent.open(name, READ);
  if (typeof file === 'string') return found.skip('unreadable');
  try {
    if (file.kind === 'directory') return found.skip('unreadable');
    const stat = file.stat();
    if (typeof stat === 'string') return found.skip('unreadable');
    const bytes = stat.size > MAX_FILE_BYTES ? undefined : readBytes(file, path, MAX_FILE_BYTES);
    if (bytes === undefined) return found.skip('too_large');
    search.read += bytes.length;
    if (bytes.subarray(0, SNIFFED_BYTES).includes(0)) return found.skip('binary');
    found.searched();
    // What is no UTF-8 shows as a replacement character; the rest of the text is found all the same.
    return new TextDecoder().decode(bytes);
  } finally {
    file.close();
  }
}
