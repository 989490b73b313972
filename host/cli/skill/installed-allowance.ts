import type { Allowance } from '../../policy/gate-ports.ts';
import type { LoadedSkill } from '../../skill/installed.ts';

/**
 * Whoever installed a skill and granted what it asks for has agreed that it runs: the install grant answers for `SkillRun`, as long as
 * it stands in the lock. What came with wirken was agreed to by nobody.
 */
export function installedAllowance(loaded: LoadedSkill): readonly Allowance[] {
  if (loaded.origin === 'bundled') return [];
  const { by, at } = loaded.entry.grants;
  if (by === 'nobody') return [];
  const who = by === 'person' ? 'by a person' : `by ${by}`;
  return [
    {
      variant: 'SkillRun',
      pattern: loaded.granted.skill.name,
      option: `granted at install ${who}, ${at.slice(0, 10)}`,
    },
  ];
}
