import { encodeUtf8 } from '../../base/bytes.ts';
import { HostError } from '../../base/error.ts';
import { Permit } from '../../policy/permit.ts';
import type { Arguments } from './arguments.ts';
import { counted } from './bytes.ts';
import { createFile, MAX_FILE_BYTES, replaceFile } from './change.ts';
import { failureOf } from './failure.ts';
import { PATH } from './schemas.ts';
import type { ToolOf } from './tool.ts';
import { toolName } from './tool-name.ts';
import { pathText, whereIs } from './where.ts';

/** `write_file`: a whole text file, new or in the place of another. */
export const writeFile: ToolOf<'WorkspaceWrite'> = {
  name: toolName('write_file'),
  description:
    'Writes a whole text file of the workspace, in one piece: a new one with the directories it needs, or in the place of the old one. To change a part of a file, use edit_file.',
  kind: 'WorkspaceWrite',
  parameters: {
    type: 'object',
    properties: { path: PATH, content: { type: 'string', description: 'All of the file.' } },
    required: ['path', 'content'],
    additionalProperties: false,
  },
  output: {
    type: 'object',
    properties: {
      path: { type: 'string', description: 'The file that was written; symbolic links are followed.' },
      created: { type: 'boolean' },
      bytes: { type: 'integer' },
    },
    required: ['path', 'created', 'bytes'],
    additionalProperties: false,
  },
  deterministic: false,
  access: 'read-write',
  actionOf: (args, { dir }) => {
    contentOf(args);
    const { path, stat } = whereIs(dir, args.text('path'), true);
    if (stat?.kind === 'directory') throw failureOf(path, 'isdir');
    if (stat !== undefined && stat.kind !== 'file') throw failureOf(path, 'notsup');
    return { kind: 'WorkspaceWrite', path, creates: stat === undefined, granted: false };
  },
  run: async (permit, args, { dir }) => {
    const { path, creates } = Permit.spend(permit, 'WorkspaceWrite');
    const bytes = contentOf(args);
    if (creates) createFile(dir, path, bytes);
    else replaceFile(dir, path, () => bytes);
    return {
      value: { path, created: creates, bytes: bytes.length },
      text: `${creates ? 'Created' : 'Replaced'} ${pathText(path)}: ${counted(bytes.length, 'byte')}.`,
    };
  },
};

function contentOf(args: Arguments): Uint8Array {
  const bytes = encodeUtf8(args.text('content'));
  if (bytes.length <= MAX_FILE_BYTES) return bytes;
  throw new HostError(
    'limit-exceeded',
    `the content has ${counted(bytes.length, 'byte')}; a file that is written has ${MAX_FILE_BYTES} at most`,
  );
}
