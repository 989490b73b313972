import { HostError } from '../base/error.ts';
import { installFrom, type Installed, type InstallOptions, type Unchanged } from './install.ts';
import type { InstallPorts } from './install-ports.ts';
import { LockFile } from './lock-file.ts';
import type { SkillName } from './skill.ts';
import type { Refusal } from './verify.ts';

/** How the update of one skill went; an error of one does not keep the others from being updated. */
export interface Updated {
  readonly name: SkillName;
  readonly outcome: Installed | Unchanged | Refusal | { readonly kind: 'failed'; readonly error: HostError };
}

/**
 * Reads again where each skill (or the one named) was installed from, and installs what changed. Grants stay where the publisher is the
 * same and nothing wider is asked for.
 * @throws HostError `not-installed` for a name that is not; `lock-invalid`, `io`; `signal.reason` when cancelled.
 */
export async function update(
  name: SkillName | undefined,
  ports: InstallPorts,
  options: InstallOptions,
  signal: AbortSignal,
): Promise<readonly Updated[]> {
  const { skills } = new LockFile(ports.dataDir).read().lock;
  const updated: Updated[] = [];
  for (const [installed, { source }] of skills) {
    if (name !== undefined && installed !== name) continue;
    try {
      updated.push({ name: installed, outcome: await installFrom(source, ports, options, signal, installed) });
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      updated.push({ name: installed, outcome: { kind: 'failed', error } });
    }
  }
  if (name !== undefined && updated.length === 0) {
    throw new HostError('not-installed', `The skill ${name} is not installed`, {
      skill: name,
      remedy: 'See `wirken skill list`; what came with wirken is updated with it.',
    });
  }
  return updated;
}
