import { encodeUtf8 } from '../../base/bytes.ts';
import { HostError } from '../../base/error.ts';
import { Permit } from '../../policy/permit.ts';
import type { FileHandle } from '../../workspace/layer.ts';
import type { Arguments } from './arguments.ts';
import { counted, readBytes, textOfBytes } from './bytes.ts';
import { MAX_FILE_BYTES, replaceFile } from './change.ts';
import { unifiedDiff } from './diff.ts';
import { failureOf } from './failure.ts';
import { PATH } from './schemas.ts';
import type { ToolOf } from './tool.ts';
import { toolName } from './tool-name.ts';
import { pathText, whereIs } from './where.ts';

/** Places that are named when the text stands in several. */
const MAX_NAMED_LINES = 8;

/** `edit_file`: exact text against other text. */
export const editFile: ToolOf<'WorkspaceWrite'> = {
  name: toolName('edit_file'),
  description:
    'Replaces exact text in a text file of the workspace and answers the difference. The old text, with its blanks and line ends, must stand there exactly once, unless all is set.',
  kind: 'WorkspaceWrite',
  parameters: {
    type: 'object',
    properties: {
      path: PATH,
      old: { type: 'string', minLength: 1, description: 'The text to be replaced, exactly as it stands in the file.' },
      new: { type: 'string', description: 'The text in its place.' },
      all: { type: 'boolean', description: 'Replace it wherever it stands; default: it must stand there once.' },
    },
    required: ['path', 'old', 'new'],
    additionalProperties: false,
  },
  output: {
    type: 'object',
    properties: {
      path: { type: 'string' },
      replaced: { type: 'integer', description: 'How many places.' },
      bytes: { type: 'integer', description: 'Of the whole file, now.' },
      diff: { type: 'string', description: 'What changed, as a unified diff; a long one is cut.' },
    },
    required: ['path', 'replaced', 'bytes', 'diff'],
    additionalProperties: false,
  },
  deterministic: false,
  tellsContent: true,
  access: 'read-write',
  actionOf: (args, { dir }) => {
    if (args.text('old') === args.text('new')) {
      throw new HostError('arguments-invalid', 'old and new are the same text: there is nothing to do');
    }
    const { path, stat } = whereIs(dir, args.text('path'), true);
    if (stat === undefined) throw failureOf(path, 'noent');
    if (stat.kind !== 'file') throw failureOf(path, stat.kind === 'directory' ? 'isdir' : 'notsup');
    return { kind: 'WorkspaceWrite', path, creates: false, granted: false };
  },
  run: async (permit, args, { dir }) => {
    const { path } = Permit.spend(permit, 'WorkspaceWrite');
    let edited: Edited | undefined;
    replaceFile(dir, path, (original) => {
      edited = edit(path, args, textOf(original, path));
      return edited.bytes;
    });
    if (edited === undefined) throw new TypeError('the file was replaced by nothing');
    const { places, bytes, diff } = edited;
    return {
      value: { path, replaced: places, bytes: bytes.length, diff },
      text: `Replaced ${counted(places, 'place')} in ${pathText(path)}.\n${diff}`,
    };
  },
};

interface Edited {
  readonly places: number;
  readonly bytes: Uint8Array;
  readonly diff: string;
}

function edit(path: string, args: Arguments, before: string): Edited {
  const [old, fresh] = [args.text('old'), args.text('new')];
  const places = args.flag('all') ? placesOf(before, old, old.length) : [onlyPlace(path, before, old)];
  if (places.length === 0) throw notThere(path, before, old);
  const bytes = encodeUtf8(replaced(before, places, old.length, fresh));
  if (bytes.length > MAX_FILE_BYTES) throw tooLarge(path);
  return { places: places.length, bytes, diff: unifiedDiff(path, before, { places, length: old.length, fresh }) };
}

function replaced(before: string, places: readonly number[], length: number, fresh: string): string {
  const parts: string[] = [];
  let at = 0;
  for (const place of places) {
    parts.push(before.slice(at, place), fresh);
    at = place + length;
  }
  return parts.join('') + before.slice(at);
}

function placesOf(text: string, wanted: string, step: number, most = Infinity): readonly number[] {
  const places: number[] = [];
  for (let at = text.indexOf(wanted); at !== -1 && places.length < most; at = text.indexOf(wanted, at + step)) {
    places.push(at);
  }
  return places;
}

function onlyPlace(path: string, text: string, old: string): number {
  // One step at a time: where two places overlap it is open which is meant.
  const places = placesOf(text, old, 1, MAX_NAMED_LINES + 1);
  const [only] = places;
  if (only === undefined) throw notThere(path, text, old);
  if (places.length === 1) return only;
  const lines = places.slice(0, MAX_NAMED_LINES).map((place) => lineAt(text, place));
  const more = places.length > MAX_NAMED_LINES ? ' …' : '';
  throw new HostError(
    'arguments-invalid',
    `old stands in ${pathText(path)} ${more === '' ? `${places.length} times` : `more than ${MAX_NAMED_LINES} times`}: in lines ${lines.join(', ')}${more}`,
    { remedy: 'Give more of the text around the one place, or set all.' },
  );
}

function lineAt(text: string, place: number): number {
  let line = 1;
  for (let feed = text.indexOf('\n'); feed !== -1 && feed < place; feed = text.indexOf('\n', feed + 1)) line += 1;
  return line;
}

function notThere(path: string, text: string, old: string): HostError {
  const unix = (some: string): string => some.replaceAll('\r\n', '\n');
  const loose = (some: string): string => some.replace(/\s+/g, ' ').trim();
  const hint = unix(text).includes(unix(old))
    ? 'The lines of the file end in CRLF (\\r\\n) or those of old do; make them the same.'
    : loose(old) !== '' && loose(text).includes(loose(old))
      ? 'It stands there with other blanks or line ends: read the lines again and copy them exactly.'
      : 'Read the file again and copy the text exactly as it stands there, without line numbers.';
  return new HostError('not-found', `old does not stand in ${pathText(path)}`, { remedy: hint });
}

function textOf(file: FileHandle, path: string): string {
  const bytes = readBytes(file, path, MAX_FILE_BYTES);
  if (bytes === undefined) throw tooLarge(path);
  const text = textOfBytes(bytes);
  if (text === undefined) {
    throw new HostError('unsupported', `${pathText(path)} is no UTF-8 text: it cannot be edited as one`);
  }
  return text;
}

function tooLarge(path: string): HostError {
  return new HostError('limit-exceeded', `${pathText(path)} has more than ${MAX_FILE_BYTES} bytes`, {
    remedy: 'A file of this size is changed by a program, with exec.',
  });
}
