import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { compareBytes } from '../base/bytes.ts';
import type { Clock } from '../base/ports.ts';
import { HostError, systemCode } from '../base/error.ts';
import { type Permissions, NOTHING } from '../policy/grants.ts';
import type { BundledPins } from './install-ports.ts';
import { type ManifestSource, parsesManifests } from './kept-manifests.ts';
import { asError } from './load.ts';
import { parseSkillName } from './names.ts';
import { pinOf } from './owner.ts';
import type { PublicKey, Skill, SkillName } from './skill.ts';
import { NO_TRUST } from './trust-file.ts';
import type { Verified } from './verified.ts';
import { type Pin, type Refusal, type Revoked, verifyDir } from './verify.ts';

export interface BundledPorts {
  /** Absolute: a directory of bundles, each named as its skill. */
  readonly dir: string;
  /** The built-in roots alone: what a person added does not vouch for the skills that come with wirken. */
  readonly roots: ReadonlyMap<PublicKey, string>;
  readonly revoked: () => Revoked;
  readonly clock: Clock;
}

/** The skills that come with wirken. */
export class BundledSkills implements BundledPins {
  readonly #ports: BundledPorts;

  constructor(ports: BundledPorts) {
    this.#ports = ports;
  }

  /** Sorted. None, if there is no such directory. */
  names(): readonly SkillName[] {
    try {
      const entries = readdirSync(this.#ports.dir, { withFileTypes: true }).filter((entry) => entry.isDirectory());
      return entries.flatMap((entry) => parseSkillName(entry.name) ?? []).sort(compareBytes);
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return [];
      throw error;
    }
  }

  /** Whether one of that name came with wirken. */
  has(name: SkillName): boolean {
    return this.names().includes(name);
  }

  /** Verified anew, and root-delegated by a built-in root. @throws HostError `not-installed`, or whatever is wrong with the bundle. */
  load(name: SkillName, manifests: ManifestSource = parsesManifests): Verified<Skill> {
    if (!this.has(name)) throw notInstalled(name);
    const verified = this.#verify(name, this.#ports.revoked(), manifests);
    if ('kind' in verified) throw asError(verified);
    return verified;
  }

  /**
   * Whose key may install something over a bundled name; nobody's, if that cannot be told from the bundled skill any more. A revocation
   * keeps it from loading, and its name from nobody else.
   */
  pin(name: SkillName): Pin | undefined {
    if (!this.has(name)) return undefined;
    const verified = this.#verify(name, NO_TRUST.revoked);
    if ('kind' in verified) return {};
    // An installed version need not be newer than the bundled one: only the owner is pinned.
    const { version: _, ...owner } = pinOf(verified.value);
    return owner;
  }

  #verify(name: SkillName, revoked: Revoked, manifests = parsesManifests): Verified<Skill> | Refusal {
    const { dir, roots, clock } = this.#ports;
    return verifyDir(join(dir, name), () => ({ roots, revoked, require: 'root', clock, manifests }), name);
  }
}

/** What a bundled skill gets without a question: to read what it asks to read. */
export function bundledGrants(skill: Skill): Permissions {
  return { ...NOTHING, filesystemRead: skill.manifest.permissions.filesystemRead };
}

export function notInstalled(name: SkillName): HostError {
  return new HostError('not-installed', `There is no skill ${name}`, {
    skill: name,
    remedy: 'See `wirken skill list`, or install it with `wirken skill install`.',
  });
}
