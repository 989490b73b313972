import { shown } from '../base/shown.ts';
import { HostError } from '../base/error.ts';
import { LockFile } from './lock-file.ts';
import type { LockEntry } from './lock.ts';
import { SkillStore } from './store.ts';
import type { SkillName } from './skill.ts';

/**
 * Removes an installed skill: from the lock first, which ends it, then from the store. Its pin stays, so that nobody else's skill
 * takes the name later on. Answers what was installed.
 * @throws HostError `not-installed`, `lock-invalid`, `lock-busy`, `io`.
 */
export async function remove(name: SkillName, dataDir: string, signal: AbortSignal): Promise<LockEntry> {
  const lockFile = new LockFile(dataDir);
  return await lockFile.exclusively(async () => {
    const { lock } = lockFile.read();
    const entry = lock.skills.get(name);
    if (entry === undefined) {
      throw new HostError('not-installed', `The skill ${shown(name)} is not installed`, {
        skill: name,
        remedy: 'See `wirken skill list`; what came with wirken cannot be removed.',
      });
    }
    const skills = new Map(lock.skills);
    skills.delete(name);
    lockFile.write({ skills });
    new SkillStore(dataDir).sweep({ skills });
    return entry;
  }, signal);
}
