import { HostError } from '../base/error.ts';
import { PERMISSION_KEYS, type Permissions } from '../policy/grants.ts';
import { shown } from '../base/shown.ts';
import { compareBytes } from '../base/bytes.ts';
import { parseDigest, parseSkillName } from './names.ts';
import type { Digest, SignatureForm, SkillName } from './skill.ts';

/** What is installed, and what a person said about it. `docs/skills.lock.schema.json` describes the file. */
export interface Lock {
  readonly skills: ReadonlyMap<SkillName, LockEntry>;
}

export interface LockEntry {
  readonly version?: string;
  readonly digest: Digest;
  readonly form: SignatureForm;
  /** The signer, hex. */
  readonly key: string;
  /** The publisher of a version 2 delegation, otherwise the signer's key. */
  readonly publisher: string;
  readonly trust: LockedTrust;
  readonly source: LockedSource;
  /** What was made from the bundle at install: which program made it, and SHA-256 of each file by path. */
  readonly derived?: { readonly by: string; readonly files: ReadonlyMap<string, Digest> };
  readonly grants: LockedGrants;
  /** `YYYY-MM-DDTHH:MM:SS.sssZ` */
  readonly installedAt: string;
}

export type LockedTrust = { readonly kind: 'root-delegated'; readonly root: string } | { readonly kind: 'self-signed' };

export interface LockedSource {
  readonly kind: 'directory' | 'archive';
  /** Absolute. */
  readonly path: string;
}

export interface LockedGrants {
  /** What the version asked for when a person decided. */
  readonly asked: Permissions;
  /** What was given of it. */
  readonly given: Permissions;
  readonly at: string;
  /** Who answered: `person` at a prompt, `--yes` or `--grant` on the command line, `nobody` where nothing was asked. */
  readonly by: GrantedBy;
}

export const GRANTED_BY = ['person', '--yes', '--grant', 'nobody'] as const;
export type GrantedBy = (typeof GRANTED_BY)[number];

export const EMPTY_LOCK: Lock = { skills: new Map() };
export const LOCK_VERSION = 1;
export const MAX_LOCK_BYTES = 16 * 1024 * 1024;
const MAX_TEXT = 4096;

const KEY = /^[0-9a-f]{64}$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** @throws HostError `lock-invalid`, which names the place in the file. */
export function parseLock(untrusted: string, file: string): Lock {
  const fail = (where: string, what: string): never => {
    throw new HostError('lock-invalid', `The lock file ${shown(file)} is damaged: ${where} ${what}`, {
      file,
      remedy: 'Put back a copy of it, or move it away and install the skills again; wirken does not overwrite it.',
    });
  };
  let json: unknown;
  try {
    json = JSON.parse(untrusted);
  } catch {
    return fail('the file', 'is no JSON');
  }
  const top = new Reader(json, 'the file', fail).object(['version', 'skills']);
  if (top.at('version').value !== LOCK_VERSION) return fail('version', `is not ${LOCK_VERSION}`);
  const skills = new Map<SkillName, LockEntry>();
  for (const [name, entry] of top.at('skills').members()) {
    skills.set(
      parseSkillName(name) ?? fail('skills', `has a name that no skill has, "${shown(name)}"`),
      parseEntry(entry),
    );
  }
  return { skills };
}

/** The text of a lock, the same for the same content: names sorted by bytes. */
export function encodeLock(lock: Lock): string {
  const names = [...lock.skills.keys()].sort(compareBytes);
  const skills = Object.fromEntries(names.map((name) => [name, encodeEntry(lock.skills.get(name))]));
  return `${JSON.stringify({ version: LOCK_VERSION, skills }, null, 2)}\n`;
}

function encodeEntry(entry: LockEntry | undefined): unknown {
  if (entry === undefined) throw new TypeError('a name without entry');
  const { version, digest, form, key, publisher, trust, source, derived, grants, installedAt } = entry;
  return {
    ...(version === undefined ? {} : { version }),
    digest,
    form,
    key,
    publisher,
    trust,
    source,
    ...(derived === undefined ? {} : { derived: { by: derived.by, files: Object.fromEntries(derived.files) } }),
    grants: {
      asked: encodePermissions(grants.asked),
      given: encodePermissions(grants.given),
      at: grants.at,
      by: grants.by,
    },
    installedAt,
  };
}

function encodePermissions(permissions: Permissions): Record<string, readonly string[]> {
  return Object.fromEntries(
    PERMISSION_ENTRIES.filter(([kind]) => permissions[kind].length > 0).map(([kind, key]) => [key, permissions[kind]]),
  );
}

const PERMISSION_ENTRIES = [
  ['filesystemRead', PERMISSION_KEYS.filesystemRead],
  ['filesystemWrite', PERMISSION_KEYS.filesystemWrite],
  ['networkHosts', PERMISSION_KEYS.networkHosts],
  ['secrets', PERMISSION_KEYS.secrets],
  ['tools', PERMISSION_KEYS.tools],
  ['inference', PERMISSION_KEYS.inference],
  ['env', PERMISSION_KEYS.env],
] as const satisfies readonly (readonly [keyof Permissions, string])[];

const ENTRY_KEYS = ['digest', 'form', 'key', 'publisher', 'trust', 'source', 'grants', 'installedAt'];

function parseEntry(untrusted: Reader): LockEntry {
  const entry = untrusted.object(ENTRY_KEYS, ['version', 'derived']);
  const version = entry.optional('version')?.text();
  const derived = entry.optional('derived')?.object(['by', 'files']);
  const trust = entry.at('trust');
  const source = entry.at('source').object(['kind', 'path']);
  return {
    ...(version === undefined ? {} : { version }),
    digest: entry.at('digest').digest(),
    form: entry.at('form').oneOf(['A', 'B']),
    key: entry.at('key').matching(KEY),
    publisher: entry.at('publisher').text(),
    trust: parseTrust(trust),
    source: { kind: source.at('kind').oneOf(['directory', 'archive']), path: source.at('path').text() },
    ...(derived === undefined
      ? {}
      : {
          derived: {
            by: derived.at('by').text(),
            files: new Map(
              derived
                .at('files')
                .members()
                .map(([path, digest]) => [path, digest.digest()]),
            ),
          },
        }),
    grants: parseGrants(entry.at('grants').object(['asked', 'given', 'at', 'by'])),
    installedAt: entry.at('installedAt').matching(TIME),
  };
}

function parseTrust(untrusted: Reader): LockedTrust {
  const kind = untrusted.at('kind').oneOf(['root-delegated', 'self-signed']);
  if (kind === 'self-signed') return untrusted.object(['kind']) && { kind };
  return { kind, root: untrusted.object(['kind', 'root']).at('root').matching(KEY) };
}

function parseGrants(grants: Reader): LockedGrants {
  return {
    asked: parsePermissions(grants.at('asked')),
    given: parsePermissions(grants.at('given')),
    at: grants.at('at').matching(TIME),
    by: grants.at('by').oneOf(GRANTED_BY),
  };
}

function parsePermissions(untrusted: Reader): Permissions {
  const object = untrusted.object(
    [],
    PERMISSION_ENTRIES.map(([, key]) => key),
  );
  const list = (kind: keyof Permissions): readonly string[] => object.optional(PERMISSION_KEYS[kind])?.texts() ?? [];
  return {
    filesystemRead: list('filesystemRead'),
    filesystemWrite: list('filesystemWrite'),
    networkHosts: list('networkHosts'),
    secrets: list('secrets'),
    tools: list('tools'),
    inference: list('inference'),
    env: list('env'),
  };
}

/** One place in the file: reads what stands there or fails with where it is. Each start of the program reads the lock, hence no zod. */
class Reader {
  readonly value: unknown;
  readonly #where: string;
  readonly #fail: (where: string, what: string) => never;

  constructor(value: unknown, where: string, fail: (where: string, what: string) => never) {
    this.value = value;
    this.#where = where;
    this.#fail = fail;
  }

  members(): readonly (readonly [string, Reader])[] {
    if (typeof this.value !== 'object' || this.value === null || Array.isArray(this.value))
      return this.#wrong('is no object');
    return Object.entries(this.value).map(([key, value]) => [key, this.#inner(value, key)]);
  }

  /** Itself, when it has all of `keys` and none but these and `optional`. */
  object(keys: readonly string[], optional: readonly string[] = []): this {
    const there = this.members().map(([key]) => key);
    const missing = keys.find((key) => !there.includes(key));
    if (missing !== undefined) return this.#wrong(`lacks "${missing}"`);
    const unknown = there.find((key) => !keys.includes(key) && !optional.includes(key));
    return unknown === undefined ? this : this.#wrong(`has an unknown "${shown(unknown, 64)}"`);
  }

  at(key: string): Reader {
    return this.optional(key) ?? this.#wrong(`lacks "${key}"`);
  }

  optional(key: string): Reader | undefined {
    return this.members().find(([other]) => other === key)?.[1];
  }

  text(): string {
    const { value } = this;
    return typeof value === 'string' && value !== '' && value.length <= MAX_TEXT && value.isWellFormed()
      ? value
      : this.#wrong('is no text');
  }

  texts(): readonly string[] {
    if (!Array.isArray(this.value)) return this.#wrong('is no list');
    return this.value.map((item: unknown, i) => this.#inner(item, String(i)).text());
  }

  matching(pattern: RegExp): string {
    const text = this.text();
    return pattern.test(text) ? text : this.#wrong('is malformed');
  }

  digest(): Digest {
    return parseDigest(this.text()) ?? this.#wrong('is no digest');
  }

  oneOf<const T extends string>(choices: readonly T[]): T {
    return choices.find((choice) => choice === this.value) ?? this.#wrong(`is none of ${choices.join(', ')}`);
  }

  #inner(value: unknown, key: string): Reader {
    const name = shown(key, 80);
    return new Reader(value, this.#where === 'the file' ? name : `${this.#where}.${name}`, this.#fail);
  }

  #wrong(what: string): never {
    return this.#fail(this.#where, what);
  }
}
