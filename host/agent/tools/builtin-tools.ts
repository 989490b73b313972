import type { ActionKind } from '../../policy/action.ts';
import { deleteFile } from './delete-file.ts';
import { editFile } from './edit-file.ts';
import { exec } from './exec.ts';
import { listFiles } from './list-files.ts';
import { readFile } from './read-file.ts';
import { searchFiles } from './search-files.ts';
import type { BuiltinTool, ReadingTool, ToolOf } from './tool.ts';
import { writeFile } from './write-file.ts';

export type BuiltinToolName =
  | 'read_file'
  | 'write_file'
  | 'edit_file'
  | 'list_files'
  | 'search_files'
  | 'delete_file'
  | 'exec';

/** Those whose calls a journal replays. */
const READING_TOOLS: { readonly [name: string]: ReadingTool } = {
  read_file: readFile,
  list_files: listFiles,
  search_files: searchFiles,
};

/** Every tool of wirken's own, by name. */
export const BUILTIN_TOOLS = {
  read_file: sealed(readFile),
  list_files: sealed(listFiles),
  search_files: sealed(searchFiles),
  write_file: sealed(writeFile),
  edit_file: sealed(editFile),
  delete_file: sealed(deleteFile),
  exec: sealed(exec),
} as const satisfies Record<BuiltinToolName, BuiltinTool>;

const BY_NAME: ReadonlyMap<string, BuiltinTool> = new Map(Object.entries(BUILTIN_TOOLS));

export function builtinTool(untrustedName: string): BuiltinTool | undefined {
  return BY_NAME.get(untrustedName);
}

export function readingTool(untrustedName: string): ReadingTool | undefined {
  return Object.hasOwn(READING_TOOLS, untrustedName) ? READING_TOOLS[untrustedName] : undefined;
}

function sealed<K extends ActionKind>(tool: ToolOf<K>): BuiltinTool {
  return { ...tool, open: (use) => use(tool) };
}
