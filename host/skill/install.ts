import { resolve } from 'node:path';
import { HostError } from '../base/error.ts';
import { shown } from '../base/shown.ts';
import { NOTHING } from '../policy/grants.ts';
import { Permit } from '../policy/permit.ts';
import type { RawBundle } from './bundle.ts';
import { diffPermissions, type PermissionDiff } from './diff.ts';
import { digestFiles } from './digest.ts';
import { refused } from './refused.ts';
import { type Decided, decideGrants, type GrantOptions } from './consent.ts';
import type { InstallPorts } from './install-ports.ts';
import { LockFile } from './lock-file.ts';
import { encodeLock, type Lock, type LockedGrants, type LockedSource, type LockEntry } from './lock.ts';
import { keyOf, pinOf, publisherOf } from './owner.ts';
import { parseSource, readSource } from './source.ts';
import { parseSkillName } from './names.ts';
import type { Skill, SkillName } from './skill.ts';
import { type DerivedFiles, SkillStore } from './store.ts';
import type { Verified } from './verified.ts';
import { type Pin, type Refusal, verify } from './verify.ts';

export interface InstallOptions extends GrantOptions {
  readonly acceptNewKey?: boolean;
  readonly allowDowngrade?: boolean;
}

export interface Installed {
  readonly kind: 'installed';
  readonly skill: Skill;
  readonly entry: LockEntry;
  /** What was there before. */
  readonly previous?: LockEntry;
  /** Of the asks: against the version before, or against nothing. */
  readonly diff: PermissionDiff;
}

/** The very bundle that is installed already; its files were checked and put right. */
export interface Unchanged {
  readonly kind: 'unchanged';
  readonly skill: Skill;
  readonly entry: LockEntry;
}

/** How often a change by another install is taken up before giving up. */
const MAX_ROUNDS = 5;

/**
 * Installs the bundle at `source` (as a person typed it, relative to `cwd`), or says why not. Until the lock switches, the version before
 * stays in force; whatever ends the install before that leaves nothing but what the next one clears away.
 * @throws HostError `not-found`, `archive-*`, `component-invalid`, `lock-invalid`, `lock-busy`, `io`, `usage` (a grant that is no ask);
 *   `signal.reason` when cancelled.
 */
export async function install(
  source: string,
  cwd: string,
  ports: InstallPorts,
  options: InstallOptions,
  signal: AbortSignal,
): Promise<Installed | Unchanged | Refusal> {
  return await installFrom(parseSource(source, resolve(cwd)), ports, options, signal);
}

/** The same from a source that was parsed before; with `expected`, only a bundle of that name. */
export async function installFrom(
  source: LockedSource,
  ports: InstallPorts,
  options: InstallOptions,
  signal: AbortSignal,
  expected?: SkillName,
): Promise<Installed | Unchanged | Refusal> {
  const raw = readOrRefuse(source);
  if ('kind' in raw) return raw;
  if (expected !== undefined && raw.name !== expected) {
    return refused('manifest-invalid', `${shown(source.path)} now holds the skill "${shown(raw.name)}"`, {
      file: source.path,
      remedy: `Install it by \`wirken skill install\`, or install ${expected} from where it is now.`,
    });
  }
  const installing = new Installing(source, raw, ports, options);
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const outcome = await installing.round(signal);
    if (outcome !== 'overtaken') return outcome;
  }
  throw new HostError('lock-busy', 'Other installs of the same skill kept changing what is installed', {
    remedy: 'Wait until they are done, then try again.',
  });
}

/** What is known of a name before an install decides anything. */
interface Standing {
  readonly lock: Lock;
  readonly previous: LockEntry | undefined;
  readonly pin: Pin | undefined;
}

class Installing {
  readonly #source: LockedSource;
  readonly #raw: RawBundle;
  readonly #ports: InstallPorts;
  readonly #options: InstallOptions;
  readonly #lockFile: LockFile;
  readonly #store: SkillStore;

  constructor(source: LockedSource, raw: RawBundle, ports: InstallPorts, options: InstallOptions) {
    this.#source = source;
    this.#raw = raw;
    this.#ports = ports;
    this.#options = options;
    this.#lockFile = new LockFile(ports.dataDir);
    this.#store = new SkillStore(ports.dataDir);
  }

  /** Decides with nobody kept waiting, then takes the lock and goes through with it if nothing changed meanwhile. */
  async round(signal: AbortSignal): Promise<Installed | Unchanged | Refusal | 'overtaken'> {
    const seen = this.#standing();
    const verified = this.#verify(seen);
    if ('kind' in verified) return verified;
    const decided = await decideGrants(
      { skill: verified.value, source: this.#source, previous: seen.previous, pin: seen.pin },
      this.#ports,
      this.#options,
      signal,
    );
    if ('kind' in decided) return decided;
    const derived = await this.#ports.deriver.derive(verified.value, signal);
    return await this.#lockFile.exclusively(async () => {
      const now = this.#standing();
      if (fingerprint(now) !== fingerprint(seen)) return 'overtaken';
      // Again, for a revocation may have come while a person thought about it.
      const still = this.#verify(now);
      return 'kind' in still ? still : this.#commit(still, decided, derived, now);
    }, signal);
  }

  #standing(): Standing {
    const { lock } = this.#lockFile.read();
    const name = parseSkillName(this.#raw.name);
    if (name === undefined) return { lock, previous: undefined, pin: undefined };
    const pin = this.#ports.trust.pin(name) ?? this.#ports.bundled.pin(name);
    return { lock, previous: lock.skills.get(name), pin };
  }

  #verify({ previous, pin }: Standing): Verified<Skill> | Refusal {
    const { trust, require, clock } = this.#ports;
    return verify(this.#raw, {
      roots: trust.roots(),
      revoked: trust.revoked(),
      require,
      clock,
      ...(pin === undefined ? {} : { pin }),
      ...(previous === undefined ? {} : { installed: previous }),
      acceptNewKey: this.#options.acceptNewKey === true,
      allowDowngrade: this.#options.allowDowngrade === true,
    });
  }

  #commit(
    verified: Verified<Skill>,
    { grants, permit }: Decided,
    derived: DerivedFiles,
    { lock, previous, pin }: Standing,
  ): Installed | Unchanged {
    const skill = verified.value;
    const leave = Permit.spend(permit, 'SkillInstall');
    if (leave.digest !== skill.digest || leave.name !== skill.name) throw new TypeError('a permit for another bundle');
    const entry = this.#entry(skill, grants, derived);
    this.#store.sweep(lock);
    this.#store.put(this.#raw, verified, derived);
    if (previous !== undefined && sameBut(skill.name, previous, entry))
      return { kind: 'unchanged', skill, entry: previous };
    // Before the lock: a name may be pinned without being installed, never the other way round.
    this.#ports.trust.setPin(skill.name, pinOf(skill, pin));
    const next: Lock = { skills: new Map([...lock.skills, [skill.name, entry]]) };
    this.#lockFile.write(next);
    this.#sweepAfter(next);
    return {
      kind: 'installed',
      skill,
      entry,
      ...(previous === undefined ? {} : { previous }),
      diff: diffPermissions(previous?.grants.asked ?? NOTHING, skill.manifest.permissions),
    };
  }

  #entry(skill: Skill, grants: LockedGrants, derived: DerivedFiles): LockEntry {
    const { manifest, trust } = skill;
    return {
      ...(manifest.version === undefined ? {} : { version: manifest.version }),
      digest: skill.digest,
      form: skill.form,
      key: keyOf(skill),
      publisher: publisherOf(skill),
      trust: trust.kind === 'root-delegated' ? { kind: trust.kind, root: trust.root } : { kind: 'self-signed' },
      source: this.#source,
      ...(derived.size === 0 ? {} : { derived: { by: this.#ports.deriver.id, files: digestFiles(derived) } }),
      grants,
      installedAt: new Date(this.#ports.clock.now()).toISOString(),
    };
  }

  #sweepAfter(lock: Lock): void {
    try {
      this.#store.sweep(lock);
    } catch {
      // The install is done; what could not be removed is removed by the next one, or named by it.
    }
  }
}

function readOrRefuse(source: LockedSource): RawBundle | Refusal {
  try {
    return readSource(source);
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    if (error.code !== 'bundle-unsafe-entry' && error.code !== 'bundle-too-large') throw error;
    const { file, remedy } = error.details;
    return refused(error.code, error.message, {
      file: file ?? source.path,
      remedy: remedy ?? 'Ask its author for a bundle without it.',
    });
  }
}

/** Whether a decision made on one standing still holds on another. */
function fingerprint({ previous, pin }: Standing): string {
  return JSON.stringify([previous?.digest, previous?.installedAt, previous?.grants, pin]);
}

/** Whether two entries differ in their times, and in who answered, alone. */
function sameBut(name: SkillName, a: LockEntry, b: LockEntry): boolean {
  const timeless = (entry: LockEntry): string => {
    const grants: LockedGrants = { ...entry.grants, at: '', by: 'nobody' };
    return encodeLock({ skills: new Map([[name, { ...entry, grants, installedAt: '' }]]) });
  };
  return timeless(a) === timeless(b);
}
