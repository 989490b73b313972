import { closeSync, existsSync, fsyncSync, linkSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { basename, dirname, join, resolve } from 'node:path';
import { HostError, systemCode } from '../../base/error.ts';
import { shown } from '../../base/shown.ts';
import { asIo, syncDir, TEMP_PREFIX } from '../../skill/durable.ts';

/** A file that is there whole or not at all. Disposed of before `done`, it leaves nothing. */
export interface OutFile extends Disposable {
  /** @throws HostError `io` */
  write(text: string): void;
  /** Puts it in its place, once the disk has it. @throws HostError `io`, also if something is there by now */
  done(): void;
}

/**
 * A new file of mode 0600.
 * @param force another file may stand there: it is replaced
 * @throws HostError `io`, also for a file that is there
 */
export function openOutFile(cwd: string, file: string, force: boolean): OutFile {
  const path = resolve(cwd, file);
  if (!force && existsSync(path)) throw taken(file);
  const temp = join(dirname(path), `${TEMP_PREFIX}${basename(path)}-${randomUUID()}`);
  const fd = asIo(path, () => openSync(temp, 'wx', 0o600));
  let isOpen = true;
  const close = (): void => {
    if (isOpen) closeSync(fd);
    isOpen = false;
  };
  return {
    write: (text) => asIo(path, () => writeWhole(fd, Buffer.from(text))),
    done: () => {
      asIo(path, () => {
        fsyncSync(fd);
        close();
        if (force) renameSync(temp, path);
        else linkNew(temp, path, file);
        syncDir(dirname(path));
      });
    },
    [Symbol.dispose]: () => {
      close();
      rmSync(temp, { force: true });
    },
  };
}

/** The same for a text that is there whole. */
export function writeOutFile(cwd: string, file: string, force: boolean, text: string): void {
  using out = openOutFile(cwd, file, force);
  out.write(text);
  out.done();
}

function writeWhole(fd: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
}

/** Unlike a rename, a link replaces nothing. */
function linkNew(temp: string, path: string, file: string): void {
  try {
    linkSync(temp, path);
  } catch (error) {
    if (systemCode(error) === 'EEXIST') throw taken(file);
    throw error;
  }
}

function taken(file: string): HostError {
  return new HostError('io', `${shown(file, 4096)} is there already`, {
    file,
    remedy: 'Name another file, or replace it with --force.',
  });
}
