import { join } from 'node:path';
import { HostError } from '../base/error.ts';
import { shown } from '../base/shown.ts';
import { PROJECT_ROOT_NAME, projectRoot } from './builtin.ts';
import { isPublisher } from './delegation.ts';
import { asIo, ensureDir, readIdentified, replaceFile } from './durable.ts';
import { isBusy } from './lock-file.ts';
import { parsePublicKey } from './ed25519.ts';
import type { PublicKey, SkillName } from './skill.ts';
import { encodeTrust, MAX_TRUST_BYTES, NO_TRUST, parseTrust, type TrustState } from './trust-file.ts';
import type { Pin, Revoked } from './verify/context.ts';

const WAIT_MS = 10_000;
const HEX = /^[0-9a-f]{64}$/;

interface Snapshot {
  readonly identity: string;
  readonly state: TrustState;
  readonly roots: ReadonlyMap<PublicKey, string>;
}

/**
 * `<data>/trust.json`: roots, revocations, and to whom each name belongs. Every answer is of now: the file is looked at each time and read
 * again when it changed, so that a revocation in another process stops a running host's skills. As long as nothing changed, the same
 * objects come back.
 */
export class TrustStore {
  readonly path: string;
  readonly #dataDir: string;
  #snapshot: Snapshot | undefined;

  constructor(dataDir: string) {
    this.#dataDir = dataDir;
    this.path = join(dataDir, 'trust.json');
  }

  /** Root keys and their names, the built-in one first. @throws HostError `trust-invalid`, `io`, as everything here. */
  roots(): ReadonlyMap<PublicKey, string> {
    return this.#read().roots;
  }

  revoked(): Revoked {
    return this.#read().state.revoked;
  }

  /** The names that belong to someone. */
  pins(): ReadonlyMap<SkillName, Pin> {
    return this.#read().state.pins;
  }

  pin(name: SkillName): Pin | undefined {
    return this.pins().get(name);
  }

  /** Durable when it returns. */
  setPin(name: SkillName, pin: Pin): void {
    this.#change((state) => ({ ...state, pins: new Map(state.pins).set(name, pin) }));
  }

  /** @throws HostError `key-invalid`, `key-weak`, `usage` for a name that is none or taken. */
  addRoot(untrusted: string, name = untrusted.slice(0, 16)): PublicKey {
    const key = parsePublicKey(untrusted);
    if (!isPublisher(name)) {
      throw new HostError('usage', 'That is no name for a root', {
        remedy: 'Use a short name without control characters.',
      });
    }
    this.#change((state) => {
      const taken = [...withBuiltin(state.roots)].some(([other, known]) => known === name && other !== key);
      if (taken) throw new HostError('usage', `Another root is called ${name}`, { remedy: 'Choose another --name.' });
      return key === projectRoot() ? state : { ...state, roots: new Map(state.roots).set(key, name) };
    });
    return key;
  }

  /** Takes a root away, by key or name. @throws HostError `not-found`; `usage` for the built-in one. */
  removeRoot(keyOrName: string): PublicKey {
    if (keyOrName === projectRoot() || keyOrName === PROJECT_ROOT_NAME) {
      throw new HostError('usage', 'The built-in root cannot be removed', {
        remedy: 'Revoke it with `wirken trust revoke`.',
      });
    }
    const found = [...this.#read().state.roots].find(([key, name]) => key === keyOrName || name === keyOrName);
    if (found === undefined)
      throw new HostError('not-found', 'There is no such root', { remedy: 'See `wirken trust list`.' });
    const [gone] = found;
    this.#change((state) => ({ ...state, roots: new Map([...state.roots].filter(([key]) => key !== gone)) }));
    return gone;
  }

  /**
   * Revokes a key, a bundle digest or a publisher for good. Keys and digests look alike, so 64 hex digits are revoked as both.
   * @throws HostError `usage` for anything else.
   */
  revoke(target: string): 'key-or-digest' | 'publisher' {
    if (HEX.test(target)) {
      this.#change((state) => revoking(state, { keys: [target], digests: [target], publishers: [] }));
      return 'key-or-digest';
    }
    if (!isPublisher(target)) {
      throw new HostError('usage', 'That is neither a key nor a digest nor a publisher', {
        remedy: 'Give 64 lowercase hex digits, or the publisher as `wirken skill info` shows it.',
      });
    }
    this.#change((state) => revoking(state, { keys: [], digests: [], publishers: [target] }));
    return 'publisher';
  }

  #read(): Snapshot {
    const file = readIdentified(this.path, MAX_TRUST_BYTES);
    const identity = file?.identity ?? 'none';
    if (this.#snapshot?.identity !== identity) {
      const state = file === undefined ? NO_TRUST : parseTrust(file.bytes, this.path);
      this.#snapshot = { identity, state, roots: withBuiltin(state.roots) };
    }
    return this.#snapshot;
  }

  /** Reads, changes and writes while no other process does, for of two revocations at once none may be lost. */
  #change(change: (state: TrustState) => TrustState): void {
    ensureDir(this.#dataDir);
    const busy = join(this.#dataDir, 'trust.busy');
    // Loaded only here: reading is part of every start, changing is not. SQLite's file lock ends with the process that holds it.
    const { DatabaseSync } = process.getBuiltinModule('node:sqlite');
    using database = asIo(busy, () => new DatabaseSync(busy));
    database.exec(`PRAGMA busy_timeout = ${WAIT_MS}`);
    try {
      database.exec('BEGIN EXCLUSIVE');
    } catch (error) {
      if (isBusy(error)) {
        throw new HostError('lock-busy', 'Another wirken is changing the trust store', {
          file: busy,
          remedy: 'Try again.',
        });
      }
      throw new HostError('io', `${shown(busy)} cannot be locked`, {
        file: busy,
        remedy: 'Move the file away and try again.',
      });
    }
    this.#snapshot = undefined;
    const { state } = this.#read();
    const next = change(state);
    if (next !== state) replaceFile(this.path, encodeTrust(next));
    this.#snapshot = undefined;
  }
}

function withBuiltin(roots: ReadonlyMap<PublicKey, string>): ReadonlyMap<PublicKey, string> {
  return new Map([[projectRoot(), PROJECT_ROOT_NAME], ...roots]);
}

function revoking(state: TrustState, more: Record<keyof Revoked, readonly string[]>): TrustState {
  const { keys, digests, publishers } = state.revoked;
  return {
    ...state,
    revoked: {
      keys: new Set([...keys, ...more.keys]),
      digests: new Set([...digests, ...more.digests]),
      publishers: new Set([...publishers, ...more.publishers]),
    },
  };
}
