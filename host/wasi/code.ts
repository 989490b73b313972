import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encodeHex } from '../base/bytes.ts';
import { HostError } from '../base/error.ts';
import { bootScript, scriptBody } from './boot.ts';
import { joinModules, readSources } from './join.ts';
import { areUnchanged, type Stamped, stampOf } from './stamp.ts';

/** Code that another process or thread of ours starts with, as plain JavaScript on disk. */
export interface DeliveredCode {
  /** Runs inside the fenced process. */
  readonly runner: string;
  /** Runs in a worker of the host and starts runners. */
  readonly spawner: string;
  /** Where it is kept what the runner's functions are compiled to, if that is done. */
  readonly compiled?: string;
  /** Everything that the runner may read, and nothing else. */
  readonly readable: readonly { readonly path: string; readonly isDirectory: boolean }[];
}

/** Beneath the host's root, what the code that is delivered is made of and by. */
export function deliveredSources(): readonly string[] {
  const entries = Object.values(ENTRIES).map((entry) => `${entry}.ts`);
  return [...readSources(HOST_ROOT, entries).keys(), ...MAKERS];
}

const HOST_ROOT = realpathSync(fileURLToPath(new URL('..', import.meta.url)));
const ENTRIES = { runner: 'wasi/runner/main', spawner: 'wasi/pool/spawner' } as const;
/** Beside the runner, which starts it. */
const BODY = 'wasi/runner/body.cjs';
const COMPILED = 'wasi/runner/body.code';
/** What is made of the sources depends on these, too. */
const MAKERS = ['wasi/join.ts', 'wasi/boot.ts'];
const DIGESTS = 'digests.json';
const KNOWN = 'runner.json';
const NAME = /^runner-[0-9a-f]{64}$/;

/**
 * The runner's code. From a clone: its modules joined without their types, kept in `cacheDir` under the digest of the sources,
 * for a process under `--permission` has no compile cache and would pay for the stripping at every start. From a package: where it is.
 * @throws HostError `io` if the cache cannot be written or is not ours alone.
 */
export function deliverCode(cacheDir: string): DeliveredCode {
  return import.meta.url.endsWith('.ts') ? fromSources(cacheDir) : inPlace();
}

function inPlace(): DeliveredCode {
  const readable = [{ path: HOST_ROOT, isDirectory: true }];
  // Node asks the nearest package.json whether a `.js` file is a module.
  for (let dir = dirname(HOST_ROOT); ; dir = dirname(dir)) {
    const path = join(dir, 'package.json');
    if (existsSync(path))
      return { ...entriesIn(HOST_ROOT, 'js'), readable: [...readable, { path, isDirectory: false }] };
    if (dir === dirname(dir)) return { ...entriesIn(HOST_ROOT, 'js'), readable };
  }
}

function fromSources(cacheDir: string): DeliveredCode {
  const dir = knownDirectory(cacheDir) ?? joinedDirectory(cacheDir);
  return {
    ...entriesIn(dir, 'cjs'),
    compiled: join(dir, COMPILED),
    readable: [{ path: dir, isDirectory: true }],
  };
}

/** After a change to what was made: the next `deliverCode` looks at everything. @throws Error of the file system */
export function forgetKnown(cacheDir: string): void {
  rmSync(join(cacheDir, KNOWN), { force: true });
}

/** What `joinedDirectory` answered the last time, if no source has changed since: a start does not read them all again. */
function knownDirectory(cacheDir: string): string | undefined {
  try {
    const known: unknown = JSON.parse(readFileSync(join(cacheDir, KNOWN), 'utf8'));
    if (typeof known !== 'object' || known === null) return undefined;
    if (!('node' in known) || known.node !== process.version || !('root' in known) || known.root !== HOST_ROOT)
      return undefined;
    if (!('name' in known) || typeof known.name !== 'string' || !NAME.test(known.name)) return undefined;
    if (!('files' in known) || !areUnchanged(known.files)) return undefined;
    const dir = join(cacheDir, known.name);
    // Stamps say as much as digests here, and take no loading of what computes those.
    return isOwn(dir) && 'made' in known && known.made === madeIn(dir) ? dir : undefined;
  } catch {
    return undefined;
  }
}

function joinedDirectory(cacheDir: string): string {
  const entries = Object.values(ENTRIES).map((entry) => `${entry}.ts`);
  // Stamps before texts: what changes in between has another by then.
  const files = deliveredSources().map((path): Stamped => {
    const at = join(HOST_ROOT, path);
    return [at, stampOf(at)];
  });
  const sources = readSources(HOST_ROOT, entries);
  const hash = createHash('sha256')
    .update(process.version)
    .update(joinModules.toString())
    .update(bootScript.toString())
    .update(scriptBody.toString());
  for (const [path, source] of sources) hash.update(`\0${path}\0${source.length}\0`).update(source);
  const name = `runner-${hash.digest('hex')}`;
  const dir = join(cacheDir, name);
  if (!isIntact(dir)) write(dir, sources);
  try {
    // Stamps before the digests: what changes in between has another stamp by the next start.
    const made = madeIn(dir);
    if (!isIntact(dir)) return dir;
    const fresh = join(cacheDir, `${KNOWN}.${encodeHex(randomBytes(6))}`);
    writeFileSync(fresh, JSON.stringify({ node: process.version, root: HOST_ROOT, name, files, made }), {
      mode: 0o600,
    });
    renameSync(fresh, join(cacheDir, KNOWN));
  } catch {
    // The next start reads the sources again.
  }
  return dir;
}

/** The stamps of what was made. @throws Error of the file system */
function madeIn(dir: string): string {
  const scripts = [...Object.values(ENTRIES).map((entry) => `${entry}.cjs`), BODY];
  const compiled = join(dir, COMPILED);
  return [
    ...scripts.map((script) => stampOf(join(dir, script))),
    existsSync(compiled) ? stampOf(compiled) : 'not compiled',
  ].join('\n');
}

function entriesIn(dir: string, extension: string): { readonly runner: string; readonly spawner: string } {
  const real = realpathSync(dir);
  return {
    runner: join(real, `${ENTRIES.runner}.${extension}`),
    spawner: join(real, `${ENTRIES.spawner}.${extension}`),
  };
}

/** Whether the directory is ours alone and every file in it is what was written. */
function isIntact(dir: string): boolean {
  try {
    if (!isOwn(dir)) return false;
    const digests: unknown = JSON.parse(readFileSync(join(dir, DIGESTS), 'utf8'));
    if (typeof digests !== 'object' || digests === null) return false;
    return Object.entries(digests).every(([path, digest]) => digestOf(readFileSync(join(dir, path))) === digest);
  } catch {
    return false;
  }
}

/** @throws Error of the file system */
function isOwn(dir: string): boolean {
  const { mode, uid } = lstatSync(dir);
  const own = process.getuid?.();
  return own === undefined || (uid === own && (mode & 0o077) === 0);
}

function write(dir: string, sources: ReadonlyMap<string, string>): void {
  const fresh = `${dir}.${encodeHex(randomBytes(6))}`;
  try {
    const digests: Record<string, string> = {};
    const texts = {
      [`${ENTRIES.runner}.cjs`]: bootScript(basename(BODY), basename(COMPILED)),
      [BODY]: scriptBody(joinModules(`${ENTRIES.runner}.ts`, sources)),
      [`${ENTRIES.spawner}.cjs`]: joinModules(`${ENTRIES.spawner}.ts`, sources),
    };
    for (const [target, text] of Object.entries(texts)) {
      mkdirSync(dirname(join(fresh, target)), { recursive: true, mode: 0o700 });
      writeFileSync(join(fresh, target), text, { mode: 0o400 });
      digests[target] = digestOf(Buffer.from(text));
    }
    writeFileSync(join(fresh, DIGESTS), JSON.stringify(digests), { mode: 0o400 });
    chmodSync(fresh, 0o700);
    putInPlace(fresh, dir);
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true });
    if (error instanceof TypeError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new HostError('io', `the sandbox's code cannot be written: ${why}`, {
      file: dir,
      remedy: 'make the directory writable, or name another data directory',
    });
  }
}

/** Another process may be doing the same: whoever comes second finds the first one's files, and they are equal. */
function putInPlace(fresh: string, dir: string): void {
  try {
    renameSync(fresh, dir);
  } catch {
    if (isIntact(dir)) {
      rmSync(fresh, { recursive: true, force: true });
      return;
    }
    rmSync(dir, { recursive: true, force: true });
    renameSync(fresh, dir);
  }
}

function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
