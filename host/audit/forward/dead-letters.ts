import { closeSync, constants, fstatSync, fsyncSync, openSync, readSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { HostError } from '../../base/error.ts';
import { shown } from '../../base/shown.ts';
import type { AuditRow } from '../../policy/event.ts';
import { asIo, syncDir } from '../../skill/durable.ts';

/** So much that no receiver took means that something else is wrong than rows. */
const MAX_DEAD_BYTES = 256 * 1024 * 1024;

export interface DeadLetter {
  /** ISO 8601. */
  readonly at: string;
  readonly reason: string;
  readonly row: AuditRow;
}

/** The file of the rows that one receiver never takes. A row can stand there twice: after a crash between here and the cursor. */
export class DeadLetters {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** Durable when it returns. @throws HostError `io`, also when the file is full */
  append(letters: readonly DeadLetter[]): void {
    const text = letters.map((letter) => `${JSON.stringify(letter)}\n`).join('');
    asIo(this.path, () => {
      const fd = openSync(
        this.path,
        constants.O_RDWR | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW,
        0o600,
      );
      try {
        const { size } = fstatSync(fd);
        if (size > MAX_DEAD_BYTES) {
          throw new HostError('io', `${shown(this.path, 4096)} is larger than ${MAX_DEAD_BYTES} bytes`, {
            file: this.path,
            remedy: 'See why the receiver takes nothing, then move the file away.',
          });
        }
        writeFileSync(fd, endsOpen(fd, size) ? `\n${text}` : text);
        fsyncSync(fd);
      } finally {
        closeSync(fd);
      }
      syncDir(dirname(this.path));
    });
  }
}

/** Whether a crash cut the last line. */
function endsOpen(fd: number, size: number): boolean {
  if (size === 0) return false;
  const last = new Uint8Array(1);
  readSync(fd, last, 0, 1, size - 1);
  return last[0] !== 0x0a;
}
