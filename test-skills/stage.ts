import { execFileSync } from 'node:child_process';
import {
  cpSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fixedClock } from '../host/base/ports.ts';
import type { Permissions } from '../host/policy/grants.ts';
import { NOTHING } from '../host/policy/grants.ts';
import { grant, type Granted } from '../host/skill/grants.ts';
import { Seed } from '../host/skill/keys.ts';
import { signBundle } from '../host/skill/sign.ts';
import { asError } from '../host/skill/load.ts';
import { verifyDir } from '../host/skill/verify.ts';
import { componentDeriver } from '../host/wasi/derive.ts';
import type { Case, CaseFiles } from './case.ts';
import { buildCase } from './build.ts';

/** Stands in every file outside of the workspace, and must stand in nothing that a guest answers. */
export const SECRET = 'SECRET-of-the-host';

/** A workspace with something beside it that no guest may touch. */
export class Stage implements Disposable {
  readonly workspace: string;
  readonly outside: string;
  readonly #base: string;

  constructor(files: CaseFiles = {}) {
    this.#base = mkdtempSync(join(tmpdir(), 'wirken-case-'));
    this.workspace = join(this.#base, 'ws');
    this.outside = join(this.#base, 'outside');
    mkdirSync(this.workspace);
    mkdirSync(join(this.outside, 'race'), { recursive: true });
    for (const name of ['secret.txt', 'race/file.txt']) writeFileSync(join(this.outside, name), SECRET);
    // What has a name in the workspace as well is readable there.
    writeFileSync(join(this.outside, 'linked.txt'), 'shared');
    this.#fill(files);
  }

  #fill({ files = {}, dirs = [], symlinks = {}, fifos = [], hardLinks = {}, rawNames = [] }: CaseFiles): void {
    const at = (path: string): string => {
      const full = join(this.workspace, path);
      mkdirSync(dirname(full), { recursive: true });
      return full;
    };
    for (const path of dirs) mkdirSync(at(path), { recursive: true });
    for (const [path, content] of Object.entries(files)) writeFileSync(at(path), content);
    for (const [path, target] of Object.entries(symlinks))
      symlinkSync(target.replace('{outside}', this.outside), at(path));
    for (const path of fifos) execFileSync('mkfifo', [at(path)]);
    for (const [path, other] of Object.entries(hardLinks)) linkSync(join(this.outside, other), at(path));
    for (const hex of rawNames)
      writeFileSync(Buffer.concat([Buffer.from(`${this.workspace}/`), Buffer.from(hex, 'hex')]), '');
  }

  [Symbol.dispose](): void {
    rmSync(this.#base, { recursive: true, force: true });
  }
}

/** Every path beneath a directory with what it is: a file's content, a symlink's target, or its kind. */
export function snapshot(dir: string, prefix = ''): Record<string, string> {
  const all: Record<string, string> = {};
  for (const entry of readdirSync(join(dir, prefix), { withFileTypes: true })) {
    const path = prefix === '' ? entry.name : `${prefix}/${entry.name}`;
    if (entry.isDirectory()) Object.assign(all, { [path]: 'directory' }, snapshot(dir, path));
    else if (entry.isSymbolicLink()) all[path] = `-> ${readlinkSync(join(dir, path))}`;
    else if (entry.isFile()) all[path] = readIfThere(join(dir, path));
    else all[path] = 'special';
  }
  return all;
}

/** A listing hands out names that are not UTF-8 changed, and those lead to no file. */
function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return 'unreadable';
  }
}

/**
 * The case as an installed skill: built, put into a bundle of its own, signed with a key made for this, verified, granted.
 * @throws HostError what verification and the preparation of a component refuse
 */
export async function grantCase(spec: Case, signal: AbortSignal): Promise<Granted> {
  const base = mkdtempSync(join(tmpdir(), 'wirken-bundle-'));
  try {
    const dir = join(base, spec.name);
    mkdirSync(dir);
    cpSync(join(spec.dir, 'SKILL.md'), join(dir, 'SKILL.md'));
    writeFileSync(join(dir, 'skill.wasm'), await buildCase(spec));
    using seed = new Seed(crypto.getRandomValues(new Uint8Array(32)));
    signBundle(dir, seed);
    const verified = verifyDir(dir, () => ({
      roots: new Map(),
      revoked: { keys: new Set(), digests: new Set(), publishers: new Set() },
      require: 'self-signed',
      clock: fixedClock('2027-01-01T00:00:00Z'),
    }));
    if ('kind' in verified) throw asError(verified);
    const given: Permissions = spec.grants ? { ...NOTHING, ...spec.grants } : verified.value.manifest.permissions;
    // A core module needs no preparation, and what is wrong with one is to show when it runs.
    const derived = spec.component ? await componentDeriver.derive(verified.value, signal) : undefined;
    return grant(verified, given, derived);
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
}
