import { HostError } from '../../base/error.ts';
import { shown } from '../../base/shown.ts';
import type { InstalledSkills } from '../../skill/installed.ts';
import { parseSkillName } from '../../skill/names.ts';
import type { ReplayPorts } from './ports.ts';

/** Finds the skills of a log among those of this machine: only one with the very same bytes makes the same call. */
export function skillsOf(installed: Pick<InstalledSkills, 'load'>): ReplayPorts['skill'] {
  return async (untrustedName, digest, signal) => {
    const name = parseSkillName(untrustedName);
    if (name === undefined) return { unavailable: `"${shown(untrustedName, 64)}" is no name of a skill` };
    try {
      const { granted } = await installed.load(name, signal);
      if (granted.skill.digest === digest) return { granted };
      return { unavailable: `another version of ${name} is installed, ${granted.skill.digest.slice(0, 16)}…` };
    } catch (error) {
      if (error instanceof HostError)
        return { unavailable: `${name} is not to be had: ${error.code}, ${error.message}` };
      throw error;
    }
  };
}
