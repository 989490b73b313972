import { remove } from '../../skill/remove.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../output.ts';
import { quietSession } from '../session.ts';
import { requireSkillName } from './info.ts';

export async function skillRemove(context: Context, untrusted: string): Promise<number> {
  const name = requireSkillName(untrusted);
  await using session = quietSession(context, 'skill remove');
  const entry = await session.during({ actor: 'cli', action: 'skill.removed', detail: { skill: name } }, () =>
    remove(name, context.config.dataDir, context.signal),
  );
  const version = entry.version === undefined ? '' : ` ${entry.version}`;
  context.out.result(`Removed ${name}${version}. Its name stays bound to its key.`, {
    ok: true,
    name,
    digest: entry.digest,
  });
  return EXIT.done;
}
