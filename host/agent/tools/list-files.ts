import type { Json } from '../../base/jcs.ts';
import { shown } from '../../base/shown.ts';
import type { DirHandle } from '../../workspace/layer.ts';
import type { Arguments } from './arguments.ts';
import { Breath } from './breath.ts';
import { counted } from './bytes.ts';
import { nameFilter } from './name-filter.ts';
import { readingTool } from './reading-tool.ts';
import { GLOB, PATH } from './schemas.ts';
import type { ToolResult } from './tool.ts';
import { MAX_DEPTH, segmentsBeneath, walk, type Visit } from './walk.ts';
import { openDirectory, pathText, segmentsOf } from './where.ts';

/** Names in one answer. */
const MAX_ENTRIES = 1_000;

/** `list_files`: names beneath a directory. */
export const listFiles = readingTool({
  name: 'list_files',
  description:
    'Lists what is in a directory of the workspace, with kinds and sizes, sorted. With depth or glob also what is in the directories below; those whose name begins with a dot, and node_modules, are named but only entered when path or glob names them. Symbolic links are named and not followed.',
  parameters: {
    type: 'object',
    properties: {
      path: { ...PATH, description: 'The directory; default: the whole workspace.' },
      depth: {
        type: 'integer',
        minimum: 1,
        maximum: MAX_DEPTH,
        description: `How many levels; default 1, with glob ${MAX_DEPTH}.`,
      },
      glob: GLOB,
      after_path: {
        type: 'string',
        minLength: 1,
        description: 'Goes on behind this path: `next` of the answer before.',
      },
    },
    additionalProperties: false,
  },
  output: {
    type: 'object',
    properties: {
      path: { type: 'string' },
      entries: {
        type: 'array',
        items: {
          type: 'object',
          properties: {
            path: { type: 'string', description: 'From the workspace on.' },
            kind: { enum: ['file', 'directory', 'symlink', 'other'] },
            bytes: { type: 'integer', description: 'Of a file.' },
            target: { type: 'string', description: 'Of a symbolic link that stays inside.' },
            not_entered: { type: 'boolean', description: 'A directory that could have been entered and was not.' },
          },
          required: ['path', 'kind'],
          additionalProperties: false,
        },
      },
      next: {
        type: 'object',
        description: 'Present if there may be more: the argument that goes on.',
        properties: { after_path: { type: 'string' } },
        required: ['after_path'],
        additionalProperties: false,
      },
    },
    required: ['path', 'entries'],
    additionalProperties: false,
  },
  pathOf: (args) => args.textOr('path', '.'),
  answer,
});

async function answer(path: string, args: Arguments, root: DirHandle, signal: AbortSignal): Promise<ToolResult> {
  const glob = args.textOr('glob', undefined);
  const after = args.textOr('after_path', undefined);
  const from = after === undefined ? [] : segmentsBeneath(path, after);
  const dir = openDirectory(root, segmentsOf(path));
  try {
    const walked = walk({
      dir,
      path,
      depth: args.integerOr('depth', glob === undefined ? 1 : MAX_DEPTH),
      filter: nameFilter(glob),
      from,
    });
    const breath = new Breath(signal);
    const entries: Entry[] = [];
    let last: string | undefined;
    let more = false;
    for (let step = walked.next(); ; step = walked.next()) {
      if (step.done === true) {
        more = step.value === 'visited';
        break;
      }
      const visit = step.value;
      if (visit.shown && visit.path !== after) {
        more = entries.length === MAX_ENTRIES;
        if (more) break;
        entries.push(entryOf(visit));
      }
      last = visit.path;
      const pause = breath.spend(1);
      if (pause !== undefined) await pause;
    }
    walked.return('end');
    return result(path, entries, more ? last : undefined);
  } finally {
    dir.close();
  }
}

interface Entry {
  readonly [member: string]: Json;
  readonly path: string;
  readonly kind: string;
}

function entryOf({ path, entry, parent, passedBy }: Visit): Entry {
  const stat = entry.kind === 'file' ? parent.statAt(entry.name, false) : undefined;
  const link = entry.kind === 'symlink' ? parent.readlink(entry.name) : undefined;
  return {
    path,
    kind: entry.kind,
    ...(stat === undefined || typeof stat === 'string' ? {} : { bytes: Number(stat.size) }),
    ...(link === undefined || typeof link === 'string' ? {} : { target: link.target }),
    ...(passedBy ? { not_entered: true } : {}),
  };
}

function result(path: string, entries: readonly Entry[], last: string | undefined): ToolResult {
  const lines = entries.map((entry) => {
    const name = shown(entry.path, 4_096);
    if (entry.kind === 'directory') return `${name}/${entry['not_entered'] === true ? ' (not entered)' : ''}`;
    if (typeof entry['target'] === 'string') return `${name} -> ${shown(entry['target'], 4_096)}`;
    if (typeof entry['bytes'] === 'number') return `${name} (${counted(entry['bytes'], 'byte')})`;
    return `${name} (${entry.kind})`;
  });
  if (lines.length === 0) lines.push(`(nothing in ${pathText(path)})`);
  if (last !== undefined) lines.push(`… there may be more: the same with after_path=${JSON.stringify(last)} goes on`);
  return {
    value: { path, entries, ...(last === undefined ? {} : { next: { after_path: last } }) },
    text: lines.join('\n'),
  };
}
