// Runs a script of this repository from a bare clone: installs what the lockfile pins if that is not there yet, then hands over to
// the Node of the lockfile. It is itself started by whatever Node the machine has, hence plain JavaScript and nothing newer than 18.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [task = 'start', ...rest] = process.argv.slice(2);

const bin = (name) => [join(root, 'node_modules', name)];
const main = [join(root, 'host', 'bin', 'wirken.mjs')];
const check = [
  ['types', [...bin('typescript/bin/tsc'), '--noEmit']],
  ['lint', [...bin('oxlint/bin/oxlint'), '--type-aware', '--deny-warnings']],
  ['format', [...bin('oxfmt/bin/oxfmt'), '--check', '.']],
  ['imports', ['tools/check-imports.mjs']],
  ['dead code', [...bin('knip/bin/knip.js')]],
];

/** Every task: the commands it runs, each with its name and the arguments of Node. */
const tasks = {
  start: () => [['wirken', [...main, ...(rest.length > 0 ? rest : process.stdin.isTTY ? ['chat'] : ['welcome'])]]],
  check: () => check,
  test: () => [...check, ['tests', [...bin('vitest/vitest.mjs'), 'run', ...rest]]],
  bench: () => [['bench', ['--expose-gc', 'tools/bench/main.ts', ...rest]]],
  fuzz: () => [['fuzz', ['tools/fuzz/main.ts', ...rest]]],
  format: () => [['format', [...bin('oxfmt/bin/oxfmt'), '--write', '.']]],
  'build:skills': () => [['skills', ['tools/build-skills.mjs', ...rest]]],
  'build:docs': () => [['docs', ['tools/build-docs.ts', ...rest]]],
};

if (!Object.hasOwn(tasks, task)) fail(`no task ${JSON.stringify(task)}; there are: ${Object.keys(tasks).join(', ')}`);
install();
const node = findNode();
const env = { ...process.env, PATH: `${join(root, 'node_modules', '.bin')}${delimiter}${process.env.PATH ?? ''}` };
for (const [name, args] of tasks[task]()) {
  const { status, signal, error } = spawnSync(node, args, { cwd: root, env, stdio: 'inherit' });
  if (error) fail(`${name}: ${error.message}`);
  if (signal) fail(`${name}: ended by ${signal}`);
  if (status !== 0) {
    if (task !== 'start') console.error(`${task}: ${name} failed`);
    process.exit(status ?? 1);
  }
}

/** Installs unless the marker says that exactly this lockfile is installed. */
function install() {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  const marker = join(root, 'node_modules', '.wirken-lock');
  if (existsSync(marker) && readFileSync(marker, 'utf8') === lock) return;
  console.error('Setting up: installing the packages that package-lock.json pins (about a minute, once) …');
  const npm = process.env.npm_execpath;
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  const result = npm?.endsWith('.js')
    ? spawnSync(process.execPath, [npm, ...args], { cwd: root, stdio: ['ignore', 2, 2] })
    : spawnSync('npm', args, { cwd: root, stdio: ['ignore', 2, 2], shell: process.platform === 'win32' });
  if (result.status !== 0)
    fail('npm ci failed; its message stands above. Mend that (network? disk?) and run this again.');
  writeFileSync(marker, lock);
}

/** The Node that package-lock.json pins for this platform, or this one if it is new enough. */
function findNode() {
  for (const name of [
    `node-${process.platform}-${process.arch}`,
    `node-bin-${process.platform}-${process.arch}`,
    `node-win-${process.arch}`,
  ]) {
    const path = join(root, 'node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
    if (existsSync(path)) return path;
  }
  if (Number.parseInt(process.versions.node, 10) >= 26) return process.execPath;
  return fail(
    `no Node 26 for ${process.platform} ${process.arch} among the optional dependencies; install Node 26 or later yourself, and run this again with it.`,
  );
}

function fail(message) {
  console.error(`wirken: ${message}`);
  return process.exit(1);
}
