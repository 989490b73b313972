import { join } from 'node:path';
import { ensureDir } from '../../skill/durable.ts';
import { auditDir } from '../place.ts';

/** The files of one forwarder, all in `<data>/audit/forward/`. */
export interface ForwardFiles {
  /** Cursor, counts, the last error. */
  readonly state: string;
  /** Rows that their receiver never takes, one JSON object a line. */
  readonly dead: string;
  /** Locked by the process that forwards. */
  readonly busy: string;
}

export function forwardFiles(dataDir: string, name: string): ForwardFiles {
  const dir = join(auditDir(dataDir), 'forward');
  return {
    state: join(dir, `${name}.json`),
    dead: join(dir, `${name}.dead.jsonl`),
    busy: join(dir, `${name}.busy`),
  };
}

/** Makes the directory with mode 0700 if it is missing. @throws HostError `io` */
export function ensureForwardDir(dataDir: string): void {
  ensureDir(auditDir(dataDir));
  ensureDir(join(auditDir(dataDir), 'forward'));
}
