// skills/lyrik/skill.wasm: tree-sitter, eight grammars and the engine, compiled object by object in parallel and kept by digest.
import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { fetchSource } from '../fetch-sources.mjs';
import { C_FLAGS } from './toolchain.ts';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const skills = join(root, 'skills', '_src');
const cache = join(root, 'node_modules', '.cache', 'wirken-objects');
const COMPILE = C_FLAGS.filter((flag) => !flag.startsWith('-Wl,'));
const LINK = C_FLAGS.filter((flag) => flag.startsWith('-Wl,') && !flag.includes('stack-size'));
// Tree-sitter's generated lexers and our walk over syntax trees use more of it than the other skills.
const STACK = '-Wl,-z,stack-size=4194304';
// What comes from elsewhere is compiled as it is.
const FOREIGN = ['-w', '-DNDEBUG', '-D_BSD_SOURCE'];

/**
 * @typedef {object} Unit
 * @property {string} dir     directory that must not show in the object
 * @property {string} source  relative to it
 * @property {string[]} flags
 * @property {string} key     digest of all that goes in
 */

/** @returns {Unit[]} in the order in which they are linked */
function units() {
  const core = join(fetchSource('tree-sitter'), 'vendor', 'tree-sitter', 'lib');
  const grammars = ['c', 'go', 'java', 'javascript', 'python', 'rust'].map((name) =>
    fetchSource(`tree-sitter-${name}`),
  );
  const typescript = fetchSource('tree-sitter-typescript');
  const coreKey = digest(core, ['include', 'src']);
  const foreign = [
    { dir: core, source: 'src/lib.c', flags: [...FOREIGN, '-Iinclude', '-Isrc'], key: coreKey },
    ...grammars.flatMap((dir) => grammar(dir, 'src', digest(dir, ['src']))),
    ...['typescript', 'tsx'].flatMap((name) =>
      grammar(typescript, `${name}/src`, digest(typescript, ['common', `${name}/src`])),
    ),
  ];
  const ownKey = digest(skills, [
    'common',
    'lyrik',
    'hash/digest.h',
    'hash/digest.c',
    'text-tools/pattern.h',
    'text-tools/pattern.c',
  ]);
  const own = ['common', 'lyrik'].flatMap((folder) => cFiles(folder)).concat('hash/digest.c', 'text-tools/pattern.c');
  return [
    ...own.map((source) => ({ dir: skills, source, flags: [`-I${join(core, 'include')}`], key: ownKey + coreKey })),
    ...foreign,
  ];
}

/** @param {string} dir @param {string} src @param {string} key @returns {Unit[]} */
function grammar(dir, src, key) {
  const sources = ['parser.c', 'scanner.c'].filter((name) => existsSync(join(dir, src, name)));
  return sources.map((name) => ({ dir, source: `${src}/${name}`, flags: [...FOREIGN, `-I${src}`], key }));
}

/** @param {string} folder */
function cFiles(folder) {
  const names = readdirSync(join(skills, folder)).filter((name) => name.endsWith('.c'));
  return names.sort().map((name) => `${folder}/${name}`);
}

/** @param {string} dir @param {string[]} parts */
function digest(dir, parts) {
  const hash = createHash('sha256');
  for (const part of parts) {
    const path = join(dir, part);
    const files = statSync(path).isFile()
      ? [path]
      : readdirSync(path, { recursive: true, encoding: 'utf8' }).map((name) => join(path, name));
    for (const file of files.filter((name) => /\.[ch]$/u.test(name)).sort()) {
      hash.update(file.slice(dir.length)).update('\0').update(readFileSync(file)).update('\0');
    }
  }
  return hash.digest('hex');
}

/**
 * The module's bytes.
 * @param {import('./toolchain.ts').Toolchain} toolchain
 * @returns {Promise<Uint8Array>}
 */
export async function buildLyrik(toolchain) {
  mkdirSync(cache, { recursive: true });
  const version = spawnSync(toolchain.clang, ['--version'], { encoding: 'utf8' }).stdout;
  const waiting = units().map((unit, at) => ({ unit, at }));
  /** @type {string[]} */
  const objects = waiting.map(() => '');
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      objects[next.at] = await compile(toolchain, version, next.unit);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  const dir = mkdtempSync(join(tmpdir(), 'wirken-lyrik-'));
  try {
    const output = join(dir, 'skill.wasm');
    const args = [
      '--target=wasm32-wasi',
      '-O2',
      ...LINK,
      STACK,
      `-fuse-ld=${toolchain.linker}`,
      ...objects,
      '-o',
      output,
    ];
    await clang(toolchain, dir, args);
    return new Uint8Array(readFileSync(output));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** @param {import('./toolchain.ts').Toolchain} toolchain @param {string} version @param {Unit} unit */
async function compile(toolchain, version, { dir, source, flags, key }) {
  const told = [...COMPILE, ...flags];
  const shown = told.map((flag) => flag.replace(root, ''));
  const name = createHash('sha256')
    .update(JSON.stringify([version, shown, source, key]))
    .digest('hex');
  const object = join(cache, `${name}.o`);
  if (existsSync(object)) return object;
  const fresh = join(cache, `${name}.${process.pid}.new`);
  await clang(toolchain, dir, [...told, `-ffile-prefix-map=${dir}=.`, '-c', source, '-o', fresh]);
  renameSync(fresh, object);
  return object;
}

/** @param {import('./toolchain.ts').Toolchain} toolchain @param {string} cwd @param {string[]} args */
async function clang(toolchain, cwd, args) {
  await promisify(execFile)(toolchain.clang, args, {
    cwd,
    encoding: 'utf8',
    env: { LC_ALL: 'C', PATH: '/nonexistent' },
  });
}
