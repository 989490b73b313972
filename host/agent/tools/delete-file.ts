import { Permit } from '../../policy/permit.ts';
import { demand, failureOf } from './failure.ts';
import { PATH } from './schemas.ts';
import type { ToolOf } from './tool.ts';
import { toolName } from './tool-name.ts';
import { openParent, pathText, whereIs } from './where.ts';

/** `delete_file`: one file, or one empty directory. */
export const deleteFile: ToolOf<'WorkspaceDelete'> = {
  name: toolName('delete_file'),
  description:
    'Deletes one file, or one empty directory, of the workspace. Of a symbolic link the link itself goes, not what it points to.',
  kind: 'WorkspaceDelete',
  parameters: {
    type: 'object',
    properties: { path: PATH },
    required: ['path'],
    additionalProperties: false,
  },
  output: {
    type: 'object',
    properties: { path: { type: 'string' }, kind: { enum: ['file', 'directory', 'symlink', 'other'] } },
    required: ['path', 'kind'],
    additionalProperties: false,
  },
  deterministic: false,
  access: 'read-write',
  actionOf: (args, { dir }) => {
    const { path, stat } = whereIs(dir, args.text('path'), false);
    if (stat === undefined) throw failureOf(path, 'noent');
    if (path === '.') throw failureOf(path, 'busy');
    return { kind: 'WorkspaceDelete', path };
  },
  run: async (permit, _args, { dir }) => {
    const { path } = Permit.spend(permit, 'WorkspaceDelete');
    const { parent, name } = openParent(dir, path);
    try {
      const { kind } = demand(path, parent.statAt(name, false));
      const failure = kind === 'directory' ? parent.rmdir(name) : parent.unlink(name);
      if (failure !== undefined) throw failureOf(path, failure);
      return { value: { path, kind }, text: `Deleted ${pathText(path)} (${kind}).` };
    } finally {
      parent.close();
    }
  },
};
