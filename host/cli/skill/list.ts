import { HostError } from '../../base/error.ts';
import type { Json } from '../../base/jcs.ts';
import { shown } from '../../base/shown.ts';
import type { SkillListing } from '../../skill/installed.ts';
import type { Context } from '../context.ts';
import { openHost, type Host } from '../host.ts';
import { EXIT, widthOf } from '../output.ts';
import { tableLines } from '../terminal/table.ts';
import { skillJson } from './describe.ts';

/** Every skill, verified on the spot: one that does not load is listed with the reason. */
export async function skillList(context: Context): Promise<number> {
  const host = openHost(context);
  const rows = await Promise.all(host.skills.list().map((listing) => rowOf(host, listing, context.signal)));
  const text =
    rows.length === 0
      ? 'No skills yet. `wirken skill install DIR` installs one.'
      : tableLines(
          {
            header: ['name', 'version', 'trust', 'origin', 'description'],
            rows: rows.map(({ cells }) => cells),
            ...widthOf(context),
          },
          context.style,
        ).join('\n');
  context.out.result(text, { skills: rows.map(({ json }) => json) });
  return rows.every(({ loads }) => loads) ? EXIT.done : EXIT.refused;
}

interface Row {
  readonly cells: readonly string[];
  readonly json: { readonly [key: string]: Json };
  readonly loads: boolean;
}

async function rowOf(host: Host, { name, entry }: SkillListing, signal: AbortSignal): Promise<Row> {
  const origin = entry === undefined ? 'bundled' : 'installed';
  try {
    const { granted } = await host.skills.load(name, signal);
    const { skill } = granted;
    return {
      cells: [name, skill.manifest.version ?? '-', skill.trust.kind, origin, shown(skill.manifest.description, 200)],
      json: { ...skillJson(skill), origin },
      loads: true,
    };
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    return {
      cells: [name, entry?.version ?? '-', `refused: ${error.code}`, origin, shown(error.message, 200)],
      json: { name, origin, refused: { code: error.code, message: error.message } },
      loads: false,
    };
  }
}
