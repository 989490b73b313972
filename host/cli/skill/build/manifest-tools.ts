import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { stringify } from 'yaml';
import { encodeUtf8 } from '../../../base/bytes.ts';
import { HostError } from '../../../base/error.ts';
import type { Json } from '../../../base/jcs.ts';
import { parseSkillMd } from '../../../skill/frontmatter.ts';
import { PATHS } from '../../../skill/names.ts';
import { jsonOf } from '../../../skill/yaml.ts';

/**
 * SKILL.md with the tools that the code declares, every other byte as it was; nothing if it has them already.
 * @throws HostError `manifest-invalid`, also for frontmatter that is laid out so that this cannot be done; `not-found`
 */
export function withTools(dir: string, tools: string): { readonly skillMd?: string } {
  const file = join(dir, PATHS.skillMd);
  const before = parseSkillMd(new Uint8Array(readFileSync(file)));
  const declared: Json = parse(tools);
  if (isDeepStrictEqual(statedTools(before.frontmatter.map), declared)) return {};
  const { text, frontmatter, yamlOffset, closeOffset } = before;
  const lines = stringify({ tools: declared }, { lineWidth: 0, aliasDuplicateObjects: false }).trimEnd();
  const span = frontmatter.spans.get('tools');
  if (frontmatter.indent !== 0) throw cannotWrite(file);
  // A block ends behind its last line feed, a value in one line before it.
  const tail = span !== undefined && text[yamlOffset + span.end - 1] === '\n' ? '\n' : '';
  const after =
    span === undefined
      ? `${text.slice(0, closeOffset)}${lines}\n${text.slice(closeOffset)}`
      : `${text.slice(0, yamlOffset + span.start)}${lines}${tail}${text.slice(yamlOffset + span.end)}`;
  const reread = parseSkillMd(encodeUtf8(after));
  // The text was edited by position: whatever else it now says, or no longer says, is a refusal.
  const rest = (from: typeof before): unknown => [...from.frontmatter.map].filter(([key]) => key !== 'tools');
  if (
    !isDeepStrictEqual(statedTools(reread.frontmatter.map), declared) ||
    !isDeepStrictEqual(rest(reread), rest(before))
  )
    throw cannotWrite(file);
  return { skillMd: after };
}

/** `tools` as they stand in the frontmatter. */
export function statedTools(map: ReturnType<typeof parseSkillMd>['frontmatter']['map']): Json | undefined {
  const tools = map.get('tools');
  return tools === undefined ? undefined : jsonOf(tools);
}

function parse(text: string): Json {
  const value: unknown = JSON.parse(text);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- JSON.parse makes nothing else
  return value as Json;
}

function cannotWrite(file: string): HostError {
  return new HostError('manifest-invalid', 'SKILL.md: `tools` cannot be written into frontmatter of this layout', {
    file,
    remedy: 'Write one `key: value` a line at the left margin, without braces around the whole.',
  });
}
