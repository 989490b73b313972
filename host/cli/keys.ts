import { resolve } from 'node:path';
import { KeyDir, loadSeed, type Seed } from '../skill/keys.ts';
import { parseSkillName } from '../skill/names.ts';
import type { Context } from './context.ts';

/** The key that `--key` or `--root-key` names: one of one's own by name, otherwise a file. What is odd about it is said. */
export function openKey(context: Context, named: string): Seed {
  const seed =
    parseSkillName(named) === undefined
      ? loadSeed(resolve(context.cwd, named))
      : new KeyDir(context.config.dataDir).load(named);
  for (const warning of seed.warnings) context.out.warn(warning);
  return seed;
}
