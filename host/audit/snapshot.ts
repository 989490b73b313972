import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { HostError } from '../base/error.ts';
import { shown } from '../base/shown.ts';

const MAX_SNAPSHOT_BYTES = 1024 * 1024 * 1024;
/** The two bytes of a database header that say whether it is in WAL mode: 2, otherwise 1. Source: sqlite.org/fileformat.html §1.3. */
const MODE_AT = 18;

/**
 * A log that lies where nothing can be written, on a read-only disk for instance: its bytes, for a database in memory. SQLite reads a database in
 * WAL mode only where it can write. `undefined` if the directory can be written, or if a WAL lies beside the file.
 * @throws HostError `io` for a log that is too large for that
 */
export function readUnchanging(file: string): Buffer | undefined {
  if (isWritable(dirname(file)) || (statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0)
    return undefined;
  if (statSync(file).size > MAX_SNAPSHOT_BYTES) {
    throw new HostError('io', `${shown(file)} is too large to be read where nothing can be written`, {
      file,
      remedy: 'Copy it to a directory that can be written.',
    });
  }
  const bytes = readFileSync(file);
  bytes.fill(1, MODE_AT, MODE_AT + 2);
  return bytes;
}

function isWritable(dir: string): boolean {
  try {
    accessSync(dir, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
