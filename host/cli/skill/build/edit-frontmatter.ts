import { isDeepStrictEqual } from 'node:util';
import { stringify } from 'yaml';
import { encodeUtf8 } from '../../../base/bytes.ts';
import { HostError } from '../../../base/error.ts';
import type { Json } from '../../../base/jcs.ts';
import { parseSkillMd } from '../../../skill/frontmatter.ts';
import { PATHS } from '../../../skill/names.ts';
import { jsonOf } from '../../../skill/yaml.ts';

/** What a key of the frontmatter says; `undefined` if it is not there. @throws HostError `manifest-invalid` */
export function statedKey(skillMd: Uint8Array, key: string): Json | undefined {
  const value = parseSkillMd(skillMd).frontmatter.map.get(key);
  return value === undefined ? undefined : jsonOf(value);
}

/**
 * SKILL.md in which a key says this, every other byte as it was: in its place if there is one, otherwise behind the last key.
 * @throws HostError `manifest-invalid`, also for frontmatter that is laid out so that this cannot be done
 */
export function withKey(skillMd: Uint8Array, key: string, value: Json): string {
  const before = parseSkillMd(skillMd);
  const { text, frontmatter, yamlOffset, closeOffset } = before;
  if (frontmatter.indent !== 0) throw cannotWrite(key);
  const lines = stringify({ [key]: value }, { lineWidth: 0, aliasDuplicateObjects: false }).trimEnd();
  const span = frontmatter.spans.get(key);
  // A block ends behind its last line feed, a value in one line before it.
  const tail = span !== undefined && text[yamlOffset + span.end - 1] === '\n' ? '\n' : '';
  const after =
    span === undefined
      ? `${text.slice(0, closeOffset)}${lines}\n${text.slice(closeOffset)}`
      : `${text.slice(0, yamlOffset + span.start)}${lines}${tail}${text.slice(yamlOffset + span.end)}`;
  // The text was edited by position: whatever else it now says, or no longer says, is a refusal.
  const bytes = encodeUtf8(after);
  const reread = parseSkillMd(bytes);
  const others = (map: typeof frontmatter.map): unknown => new Map([...map].filter(([name]) => name !== key));
  const same = isDeepStrictEqual(others(reread.frontmatter.map), others(frontmatter.map));
  if (!same || reread.body !== before.body || !isDeepStrictEqual(statedKey(bytes, key), value)) throw cannotWrite(key);
  return after;
}

function cannotWrite(key: string): HostError {
  return new HostError('manifest-invalid', `SKILL.md: \`${key}\` cannot be written into frontmatter of this layout`, {
    file: PATHS.skillMd,
    remedy: 'Write one `key: value` a line at the left margin, without braces around the whole.',
  });
}
