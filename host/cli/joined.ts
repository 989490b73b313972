import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { joinModules, readSources } from '../wasi/join.ts';
import { joinPackages } from '../wasi/join-packages.ts';
import { type Stamped, stampOf } from '../wasi/stamp.ts';

/** What `bin/wirken.mjs` reads before it starts from the script. */
export interface JoinedIndex {
  readonly node: string;
  /** Absolute: the entry that the script stands for. */
  readonly main: string;
  /** Beside the index. */
  readonly script: string;
  /** Every source as it was. */
  readonly files: readonly Stamped[];
}

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const ENTRY = 'main.ts';
/** What the packages' own script is called after, instead of `.cjs`. */
const BESIDE = '-packages.cjs';
/** Those that read a manifest, and that consist of many files. */
const PACKAGES = ['gray-matter', 'yaml'];
/** One that every start needs, made of modules: Node's loader of those would take longer than all the rest of it. */
const INLINE = ['commander'];
/** What a start does without when it finds a manifest kept, and what it can do without until the runner is on its way. */
const LATE = ['skill/manifest.ts', 'node:crypto', 'node:child_process'];
/** gray-matter's own YAML engine, which is never used: the frontmatter is read by another. */
const LAZY = { 'js-yaml': ['safeLoad', 'safeDump'] };

/**
 * Writes the host as one script, for the next start to load that and not a hundred files. It counts only as long as no source has
 * changed. `dir` is made, for its owner alone.
 * @throws Error of the file system
 */
export function writeJoined(dir: string): void {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  // Stamps before texts: a source that changes in between has another stamp by the next start.
  const inline = Object.fromEntries(
    INLINE.map((name) => [name, relative(ROOT, createRequire(import.meta.url).resolve(name))]),
  );
  const entries = [ENTRY, ...Object.values(inline)];
  const stamps = new Map([...readSources(ROOT, entries).keys()].map((path) => [path, stampOf(join(ROOT, path))]));
  const sources = readSources(ROOT, entries);
  const packages = joinPackages(PACKAGES, join(ROOT, ENTRY), LAZY);
  const text = joinModules(ENTRY, sources, {
    urlOf: (path) => pathToFileURL(join(ROOT, path)).href,
    // Beside the script: a start that finds a manifest kept has no use for them.
    packages: `const packages = (name) => require(__filename.replace(/\\.cjs$/, '${BESIDE}'))(name);\n`,
    inline,
    late: LATE,
  });
  const script = `host-${createHash('sha256').update(text).update(packages.text).digest('hex')}.cjs`;
  const index: JoinedIndex = {
    node: process.version,
    main: join(ROOT, ENTRY),
    script,
    files: [
      ...[...sources.keys()].map((path): Stamped => [join(ROOT, path), stamps.get(path) ?? 'new']),
      ...packages.files.map((path): Stamped => [path, stampOf(path)]),
    ],
  };
  put(join(dir, script.replace(/\.cjs$/, BESIDE)), `${packages.text}module.exports = packages;\n`);
  put(join(dir, script), text);
  put(join(dir, 'index.json'), JSON.stringify(index));
  // With what others were compiled to.
  const base = basename(script, '.cjs');
  for (const name of readdirSync(dir))
    if (name.startsWith('host-') && !name.startsWith(base)) rmSync(join(dir, name), { force: true });
}

function put(path: string, text: string): void {
  const fresh = `${path}.${process.pid}`;
  writeFileSync(fresh, text, { mode: 0o600 });
  renameSync(fresh, path);
}
