import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Json } from '../../../base/jcs.ts';
import { PATHS } from '../../../skill/names.ts';
import { statedKey, withKey } from './edit-frontmatter.ts';

/**
 * SKILL.md with the tools that the code declares; nothing if it has them already.
 * @throws HostError what `withKey` throws; a system error if there is no SKILL.md
 */
export function withTools(dir: string, tools: string): { readonly skillMd?: string } {
  const before = new Uint8Array(readFileSync(join(dir, PATHS.skillMd)));
  return agree(before, tools) ? {} : { skillMd: withKey(before, 'tools', parse(tools)) };
}

/** Whether SKILL.md states the tools that the code declares. */
export function agree(skillMd: Uint8Array, tools: string): boolean {
  return isDeepStrictEqual(statedKey(skillMd, 'tools'), parse(tools));
}

function parse(text: string): Json {
  const value: unknown = JSON.parse(text);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- JSON.parse makes nothing else
  return value as Json;
}
