import { join } from 'node:path';
import { compareBytes } from '../base/bytes.ts';
import { type BundledSkills, bundledGrants, notInstalled } from './bundled.ts';
import { grant, type Granted } from './grants.ts';
import type { Deriver, LoadPorts } from './install-ports.ts';
import { keptIn, type ManifestSource } from './kept-manifests.ts';
import { loadInstalled } from './load.ts';
import { LockFile, type LockSnapshot } from './lock-file.ts';
import type { LockEntry } from './lock.ts';
import type { SkillName } from './skill.ts';
import { type DerivedFiles, SkillStore } from './store.ts';

/** A skill that can be run, and where it came from. */
export type LoadedSkill =
  | { readonly origin: 'installed'; readonly granted: Granted; readonly entry: LockEntry }
  | { readonly origin: 'bundled'; readonly granted: Granted };

export interface SkillListing {
  readonly name: SkillName;
  /** Absent for one that came with wirken and was not installed over. */
  readonly entry?: LockEntry;
}

interface Cached {
  readonly loaded: LoadedSkill;
  /** All that the verdict rests on; when one of these is another object or text, it is reached anew. */
  readonly basis: readonly unknown[];
  readonly loadedAt: number;
}

/** A verdict is reached anew after this, for a delegation may have run out. */
const MAX_CACHE_AGE_MS = 5 * 60_000;
const MAX_READS = 3;

/**
 * The skills of this machine as a running host sees them: what is installed, updated, removed or revoked meanwhile counts at the next
 * call, without restart. An installed skill hides a bundled one of the same name.
 */
export class InstalledSkills {
  readonly #ports: LoadPorts;
  readonly #deriver: Deriver;
  readonly #bundled: BundledSkills;
  readonly #lockFile: LockFile;
  readonly #store: SkillStore;
  readonly #manifests: ManifestSource;
  readonly #cache = new Map<SkillName, Cached>();

  constructor(
    ports: LoadPorts,
    deriver: Deriver,
    bundled: BundledSkills,
    manifests: ManifestSource = keptIn(join(ports.dataDir, 'cache')),
  ) {
    this.#ports = ports;
    this.#manifests = manifests;
    this.#deriver = deriver;
    this.#bundled = bundled;
    this.#lockFile = new LockFile(ports.dataDir);
    this.#store = new SkillStore(ports.dataDir);
  }

  /** Every name with what the lock says of it, sorted; nothing is verified for it. @throws HostError `lock-invalid`, `io`. */
  list(): readonly SkillListing[] {
    const { skills } = this.#snapshot().lock;
    const names = new Set([...skills.keys(), ...this.#bundled.names()]);
    return [...names].sort(compareBytes).map((name) => {
      const entry = skills.get(name);
      return entry === undefined ? { name } : { name, entry };
    });
  }

  /**
   * The skill, verified now or since nothing changed, with what it was granted.
   * @throws HostError `not-installed`, `store-mismatch`, `revoked` and what else verification says, `lock-invalid`, `io`;
   *   `signal.reason` when cancelled.
   */
  async load(name: SkillName, signal: AbortSignal): Promise<LoadedSkill> {
    for (let reads = 1; ; reads++) {
      const { lock, identity } = this.#snapshot();
      try {
        return await this.#loadAs(name, lock.skills.get(name), signal);
      } catch (error) {
        // An update may have swept away the version that the lock named a moment ago.
        if (reads === MAX_READS || this.#lockFile.identity() === identity) throw error;
      }
    }
  }

  async #loadAs(name: SkillName, entry: LockEntry | undefined, signal: AbortSignal): Promise<LoadedSkill> {
    const { trust, require, clock } = this.#ports;
    const basis = [
      entry && JSON.stringify([entry.digest, entry.installedAt, entry.grants]),
      trust.roots(),
      trust.revoked(),
      require,
    ];
    const cached = this.#cache.get(name);
    const now = clock.now();
    if (
      cached !== undefined &&
      now - cached.loadedAt < MAX_CACHE_AGE_MS &&
      cached.basis.every((part, i) => part === basis[i])
    ) {
      return cached.loaded;
    }
    this.#cache.delete(name);
    const loaded =
      entry === undefined ? await this.#loadBundled(name, signal) : await this.#loadEntry(name, entry, signal);
    this.#cache.set(name, { loaded, basis, loadedAt: now });
    return loaded;
  }

  async #loadEntry(name: SkillName, entry: LockEntry, signal: AbortSignal): Promise<LoadedSkill> {
    const verified = loadInstalled(name, entry, this.#store, this.#ports, this.#manifests);
    const made = entry.derived?.by === this.#deriver.id;
    const derived: DerivedFiles = made
      ? this.#store.readDerived(name, entry)
      : await this.#deriver.derive(verified.value, signal);
    return { origin: 'installed', granted: grant(verified, entry.grants.given, derived), entry };
  }

  async #loadBundled(name: SkillName, signal: AbortSignal): Promise<LoadedSkill> {
    if (!this.#bundled.has(name)) throw notInstalled(name);
    const verified = this.#bundled.load(name, this.#manifests);
    const derived = await this.#deriver.derive(verified.value, signal);
    return { origin: 'bundled', granted: grant(verified, bundledGrants(verified.value), derived) };
  }

  #last: LockSnapshot | undefined;

  #snapshot(): LockSnapshot {
    if (this.#last === undefined || this.#last.identity !== this.#lockFile.identity())
      this.#last = this.#lockFile.read();
    return this.#last;
  }
}
