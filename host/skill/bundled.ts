import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { compareBytes } from '../base/bytes.ts';
import type { Clock } from '../base/ports.ts';
import { HostError, systemCode } from '../base/error.ts';
import { type Permissions, NOTHING } from '../policy/grants.ts';
import type { BundledPins } from './install-ports.ts';
import { asError } from './load.ts';
import { parseSkillName } from './names.ts';
import { pinOf } from './owner.ts';
import { readBundleDir } from './read-bundle.ts';
import type { PublicKey, Skill, SkillName } from './skill.ts';
import type { Verified } from './verified.ts';
import { type Pin, type Revoked, verify } from './verify.ts';

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
  load(name: SkillName): Verified<Skill> {
    if (!this.has(name)) throw notInstalled(name);
    const { dir, roots, revoked, clock } = this.#ports;
    const raw = readBundleDir(join(dir, name), name);
    const verified = verify(raw, { roots, revoked: revoked(), require: 'root', clock });
    if ('kind' in verified) throw asError(verified);
    return verified;
  }

  /** Whose key may install something over a bundled name. */
  pin(name: SkillName): Pin | undefined {
    if (!this.has(name)) return undefined;
    // An installed version need not be newer than the bundled one: only the owner is pinned.
    const { version: _, ...owner } = pinOf(this.load(name).value);
    return owner;
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
