import { readPinnedKey } from '../../audit/key.ts';
import { HostError } from '../../base/error.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../output.ts';

/** `audit key` */
export async function auditKey({ config, out }: Context): Promise<number> {
  const key = readPinnedKey(config.dataDir);
  if (key === undefined) {
    throw new HostError('not-found', 'the audit log has no key yet', {
      remedy: 'It is made with the first session, for instance by `wirken skill run`.',
    });
  }
  out.note(
    'Keep it elsewhere: `wirken audit verify --key` tells with it whether somebody exchanged the log and its key.',
  );
  out.result(key, { ok: true, key });
  return EXIT.done;
}
