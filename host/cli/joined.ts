import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { deliveredSources } from '../wasi/code.ts';
import { joinModules, type JoinOptions, joinTable, reachedFrom, readSources } from '../wasi/join.ts';
import { joinPackages } from '../wasi/join-packages.ts';
import { type Stamped, stampOf } from '../wasi/stamp.ts';

/** What `bin/wirken.mjs` reads before it starts from the script. */
export interface JoinedIndex {
  readonly node: string;
  /** Absolute: the entry that the script stands for. */
  readonly main: string;
  /** What runs first, because it starts what takes long, and the script that has all the rest. */
  readonly head: JoinedScript;
  readonly script: JoinedScript;
}

export interface JoinedScript {
  /** Beside the index. */
  readonly name: string;
  /** Every source that went into it, as it was. */
  readonly files: readonly Stamped[];
}

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const ENTRY = 'main.ts';
const HEAD = 'cli/head-start.ts';
const PACKAGES_SCRIPT = 'packages';
/** Those that read a manifest, and that consist of many files. */
const PACKAGES = ['gray-matter', 'yaml'];
/** One that every start needs, made of modules: Node's loader of those would take longer than all the rest of it. */
const INLINE = ['commander'];
/** What a start does without when it finds a manifest kept, and what it can do without until the runner is on its way. */
const LATE = ['skill/manifest.ts', 'node:crypto', 'node:child_process'];
/** gray-matter's own YAML engine, which is never used: the frontmatter is read by another. */
const LAZY = { 'js-yaml': ['safeLoad', 'safeDump'] };

/**
 * Writes the host as two scripts, for the next start to load those and not hundreds of files. They count only as long as no source has
 * changed. `dir` is made, for its owner alone.
 * @throws Error of the file system
 */
export function writeJoined(dir: string): void {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const inline = Object.fromEntries(
    INLINE.map((name) => [name, relative(ROOT, createRequire(import.meta.url).resolve(name))]),
  );
  const entries = [ENTRY, ...Object.values(inline)];
  // Stamps before texts: a source that changes in between has another stamp by the next start.
  const stamps = new Map([...readSources(ROOT, entries).keys()].map((path) => [path, stampOf(join(ROOT, path))]));
  // Not in the scripts; but where these are written a runner practises, and is to do so again.
  const delivered = deliveredSources()
    .filter((path) => !stamps.has(path))
    .map((path): Stamped => [join(ROOT, path), stampOf(join(ROOT, path))]);
  const sources = readSources(ROOT, entries);
  const packages = joinPackages(PACKAGES, join(ROOT, ENTRY), LAZY);
  const options: JoinOptions = {
    urlOf: (path) => pathToFileURL(join(ROOT, path)).href,
    inline,
    late: LATE,
  };
  const given = reachedFrom(HEAD, sources, inline);
  const texts = {
    head: asFunction(joinTable(HEAD, sources, { ...options, packages: packagesBeside('head') })),
    host: asFunction(joinModules(ENTRY, sources, { ...options, packages: packagesBeside('host'), given })),
    [PACKAGES_SCRIPT]: `${packages.text}module.exports = packages;\n`,
  };
  const digest = createHash('sha256').update(JSON.stringify(texts)).digest('hex');
  for (const [part, text] of Object.entries(texts)) put(join(dir, `${part}-${digest}.cjs`), text);
  const stamped = (paths: readonly string[]): Stamped[] =>
    paths.map((path) => [join(ROOT, path), stamps.get(path) ?? 'new']);
  const index: JoinedIndex = {
    node: process.version,
    main: join(ROOT, ENTRY),
    head: { name: `head-${digest}.cjs`, files: stamped([...given]) },
    script: {
      name: `host-${digest}.cjs`,
      files: [
        ...stamped([...sources.keys()].filter((path) => !given.has(path))),
        ...delivered,
        ...packages.files.map((path): Stamped => [path, stampOf(path)]),
      ],
    },
  };
  put(join(dir, 'index.json'), JSON.stringify(index));
  // With what others were compiled to.
  for (const name of readdirSync(dir))
    if (/^(?:head|host|packages)-/.test(name) && !name.includes(digest)) rmSync(join(dir, name), { force: true });
}

/** What is written is what is compiled: to put a megabyte into brackets takes a start longer than one would think. */
function asFunction(body: string): string {
  return `(function (require, __filename, given) {${body}\n})`;
}

/** Beside the script: a start that finds a manifest kept has no use for them. */
function packagesBeside(part: string): string {
  const path = `__filename.replace(/${part}-(?=[0-9a-f]+\\.cjs$)/, '${PACKAGES_SCRIPT}-')`;
  return `const packages = (name) => require(${path})(name);\n`;
}

function put(path: string, text: string): void {
  const fresh = `${path}.${process.pid}`;
  writeFileSync(fresh, text, { mode: 0o600 });
  renameSync(fresh, path);
}
