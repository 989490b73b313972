import { copyFileSync, lstatSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { HostError } from '../../../base/error.ts';
import { shown } from '../../../base/shown.ts';

const MAX_FILES = 20_000;
const MAX_BYTES = 512 * 1024 * 1024;
/** What is large, made by tools, and hardly what a skill is for. */
const LEFT_OUT = new Set(['node_modules', '.git']);

/**
 * Copies the files and directories of a workspace into an empty one; links and special files stay behind.
 * @throws HostError `limit-exceeded` for more than a scratch copy should hold
 */
export function copyWorkspace(from: string, to: string): void {
  let files = 0;
  let bytes = 0;
  const copy = (path: string): void => {
    for (const entry of readdirSync(join(from, path), { withFileTypes: true })) {
      const below = join(path, entry.name);
      if (entry.isDirectory() && !LEFT_OUT.has(entry.name)) {
        mkdirSync(join(to, below));
        copy(below);
      } else if (entry.isFile()) {
        files += 1;
        bytes += lstatSync(join(from, below)).size;
        if (files > MAX_FILES || bytes > MAX_BYTES) throw tooMuch(from);
        copyFileSync(join(from, below), join(to, below));
      }
    }
  };
  copy('');
}

function tooMuch(from: string): HostError {
  return new HostError('limit-exceeded', `${shown(from, 400)} holds too much for a scratch copy`, {
    remedy: `Name a smaller directory with --workspace: at most ${MAX_FILES} files and ${MAX_BYTES / 1024 ** 2} MiB.`,
  });
}
