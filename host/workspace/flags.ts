import { constants } from 'node:fs';

// Node's table lacks these two; they are the same on x64 and arm64.
const O_CLOEXEC = 0o2000000;
const O_PATH = 0o10000000;

/** Never follows, never waits, never makes a terminal ours, never passes to a child. */
const ALWAYS = O_CLOEXEC | constants.O_NOCTTY | constants.O_NONBLOCK;

/** A directory as an anchor: good for looking beneath it, not for reading it. */
export const ANCHOR = O_PATH | constants.O_DIRECTORY | O_CLOEXEC;
/** The thing itself, a symlink included: good for stat only. */
export const ITSELF = O_PATH | constants.O_NOFOLLOW | O_CLOEXEC;
/** What a name means; a symlink is `loop`. */
export const MEANT = O_PATH | O_CLOEXEC;
/** A directory to be listed or synced. */
export const LISTED = constants.O_RDONLY | constants.O_DIRECTORY | ALWAYS;

/** A file to be used. Without O_TRUNC: what was opened is looked at before it loses anything. */
export function fileFlags(read: boolean, write: boolean, create: boolean, exclusive: boolean): number {
  const way = write ? (read ? constants.O_RDWR : constants.O_WRONLY) : constants.O_RDONLY;
  return way | ALWAYS | (create ? constants.O_CREAT | (exclusive ? constants.O_EXCL : 0) : 0);
}
