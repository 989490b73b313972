import { type ErrorCode, HostError } from '../base/error.ts';
import type { LoadPorts } from './install-ports.ts';
import { type ManifestSource, parsesManifests } from './kept-manifests.ts';
import type { LockEntry } from './lock.ts';
import type { Skill, SkillName } from './skill.ts';
import { type SkillStore, storeMismatch } from './store.ts';
import type { Verified } from './verified.ts';
import { type Refusal, verify } from './verify.ts';

/** What verification can only say of an installed bundle when somebody changed its files: the lock has the digest that they had. */
const CHANGED_ON_DISK: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'bundle-unsafe-entry',
  'bundle-too-large',
  'signature-missing',
  'signature-malformed',
  'signature-invalid',
  'manifest-invalid',
  'integrity-missing-file',
  'integrity-extra-file',
  'integrity-mismatch',
]);

/**
 * The installed skill from the store: every byte read once, held against the lock, verified anew under today's roots and revocations.
 * @throws HostError `store-mismatch`; `revoked`, `delegation-required` and whatever else `verify` says today; `io`.
 */
export function loadInstalled(
  name: SkillName,
  entry: LockEntry,
  store: SkillStore,
  ports: LoadPorts,
  manifests: ManifestSource = parsesManifests,
): Verified<Skill> {
  const raw = store.read(name, entry);
  const { trust, require, clock } = ports;
  const verified = verify(raw, { roots: trust.roots(), revoked: trust.revoked(), require, clock, manifests });
  if ('kind' in verified) {
    if (CHANGED_ON_DISK.has(verified.code)) throw storeMismatch(name, verified.message);
    throw asError(verified);
  }
  const skill = verified.value;
  if (skill.digest !== entry.digest || skill.form !== entry.form || skill.key !== entry.key) {
    throw storeMismatch(name, 'it is signed otherwise than the lock says');
  }
  if (entry.trust.kind === 'root-delegated' && skill.trust.kind !== 'root-delegated') {
    throw new HostError(
      'delegation-required',
      `${name} was installed on the word of root ${entry.trust.root}, which does not hold any more`,
      {
        skill: name,
        remedy: `Trust the root again with \`wirken trust add\`, or install ${name} again and decide about its own key.`,
      },
    );
  }
  return verified;
}

/** A refusal for where only an error can go. */
export function asError({ code, message, file, remedy }: Refusal): HostError {
  return new HostError(code, message, { ...(file === undefined ? {} : { file }), remedy });
}
