import type { PublicKey, Skill, Trust } from './skill.ts';
import type { LockEntry } from './lock.ts';
import type { Pin } from './verify.ts';

/** The signer. @throws TypeError for a skill under `--dev`, which nobody signed and nobody installs. */
export function keyOf(skill: Skill): PublicKey {
  if (skill.key === undefined) throw new TypeError('a skill without signer');
  return skill.key;
}

/** The publisher of a version 2 delegation, otherwise the signer's key. */
export function publisherOf(skill: Skill): string {
  return skill.trust.kind === 'root-delegated' ? skill.trust.publisher : keyOf(skill);
}

/** To whom the skill's name belongs once it is installed; `before` is the pin until then. */
export function pinOf(skill: Skill, before?: Pin): Pin {
  const key = keyOf(skill);
  const { version } = skill.manifest;
  const { trust } = skill;
  const publisher = isVersion2(trust)
    ? { publisher: trust.publisher, root: trust.root }
    : before?.key === key && before.publisher !== undefined && before.root !== undefined
      ? { publisher: before.publisher, root: before.root }
      : {};
  return { key, ...publisher, ...(version === undefined ? {} : { version }) };
}

/** Whether a name that belongs to `pin` may go to this skill without a person accepting a new key. */
export function ownsPin(pin: Pin, skill: Skill): boolean {
  if (pin.key === keyOf(skill)) return true;
  const { trust } = skill;
  return isVersion2(trust) && pin.publisher === trust.publisher && pin.root === trust.root;
}

/** Whether an update comes from whom the installed version came from, and is vouched for no less, so that its grants may stay. */
export function sameOwner(entry: LockEntry, skill: Skill): boolean {
  const { trust } = skill;
  if (trust.kind !== 'root-delegated') return entry.trust.kind === 'self-signed' && entry.key === keyOf(skill);
  if (entry.key === keyOf(skill)) return true;
  return (
    isVersion2(trust) &&
    entry.trust.kind === 'root-delegated' &&
    entry.publisher !== entry.key &&
    entry.publisher === trust.publisher &&
    entry.trust.root === trust.root
  );
}

/** Only version 2 carries a publisher across keys; a bare delegation's publisher is the key itself. */
function isVersion2(trust: Trust): trust is Extract<Trust, { kind: 'root-delegated' }> {
  return trust.kind === 'root-delegated' && trust.serial !== undefined;
}
