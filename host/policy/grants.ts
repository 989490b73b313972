/** What a skill asks for (`permissions` of its manifest), and what a person gave: the same shape. Absent = nothing. */
export interface Permissions {
  /** Globs of the workspace (`docs/skills.md`). */
  readonly filesystemRead: readonly string[];
  readonly filesystemWrite: readonly string[];
  readonly networkHosts: readonly string[];
  readonly secrets: readonly string[];
  /** Host tools by name. */
  readonly tools: readonly string[];
  readonly inference: readonly string[];
  readonly env: readonly string[];
}

export const NOTHING: Permissions = Object.freeze({
  filesystemRead: [],
  filesystemWrite: [],
  networkHosts: [],
  secrets: [],
  tools: [],
  inference: [],
  env: [],
});

/** Each list's key in the manifest. */
export const PERMISSION_KEYS = {
  filesystemRead: 'filesystem.read',
  filesystemWrite: 'filesystem.write',
  networkHosts: 'network.hosts',
  secrets: 'secrets',
  tools: 'tools',
  inference: 'inference',
  env: 'env',
} as const satisfies Record<keyof Permissions, string>;

const KINDS = [
  'filesystemRead',
  'filesystemWrite',
  'networkHosts',
  'secrets',
  'tools',
  'inference',
  'env',
] as const satisfies readonly (keyof Permissions)[];

/** What both sides contain, entry by entry: rights are intersected, never pooled. */
export function intersect(asked: Permissions, granted: Permissions): Permissions {
  return each((kind) => asked[kind].filter((entry) => granted[kind].includes(entry)));
}

/** What `next` contains and `before` does not; empty lists throughout mean that nothing got wider. */
export function widened(before: Permissions, next: Permissions): Permissions {
  return each((kind) => next[kind].filter((entry) => !before[kind].includes(entry)));
}

export function isNothing(permissions: Permissions): boolean {
  return KINDS.every((kind) => permissions[kind].length === 0);
}

/** One line an entry, `filesystem.read: src/**` for instance, in the manifest's own words. */
export function listed(permissions: Permissions): readonly string[] {
  return KINDS.flatMap((kind) => permissions[kind].map((entry) => `${PERMISSION_KEYS[kind]}: ${entry}`));
}

/** The lists that are not empty, under the manifest's own names. */
export function namedLists(permissions: Permissions): { readonly [name: string]: readonly string[] } {
  return Object.fromEntries(
    KINDS.filter((kind) => permissions[kind].length > 0).map((kind) => [PERMISSION_KEYS[kind], permissions[kind]]),
  );
}

function each(pick: (kind: keyof Permissions) => readonly string[]): Permissions {
  return {
    filesystemRead: pick('filesystemRead'),
    filesystemWrite: pick('filesystemWrite'),
    networkHosts: pick('networkHosts'),
    secrets: pick('secrets'),
    tools: pick('tools'),
    inference: pick('inference'),
    env: pick('env'),
  };
}
