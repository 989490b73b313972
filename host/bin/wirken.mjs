#!/usr/bin/env node
// Starts wirken under Node 26: in this process if it is one, else in the Node that the installation brought along.
// Any Node from 18 on must be able to read this file.
import * as nodeModule from 'node:module';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

// Not imported: that would load all that hangs on them.
const require = nodeModule.createRequire(import.meta.url);
const {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} = require('node:fs');

const MIN_MAJOR = 26;
/** Those that a verb follows. */
const NOUNS = ['skill', 'trust', 'key', 'wasm', 'permission', 'tool', 'session', 'audit'];
/** What a thread runs until it is known which script it is for. */
const WAIT = `const threads = require('node:worker_threads');
threads.parentPort.once('message', ({ script, workerData }) => {
  Object.assign(threads, { workerData });
  require(script);
});`;
const here = dirname(fileURLToPath(import.meta.url));
const source = join(here, '..', 'main.ts');

if (Number.parseInt(process.versions.node, 10) >= MIN_MAJOR) {
  quietExperiments();
  const cache = cacheDir();
  const compiled = cache && join(cache, 'compiled');
  const isFirst = compiled === undefined || !existsSync(compiled);
  if (compiled !== undefined) nodeModule.enableCompileCache(compiled);
  if (!existsSync(source)) await import('../dist/main.js');
  else await startSources(cache && join(cache, 'joined'), isFirst);
} else {
  const node = findNode();
  if (node === undefined) {
    console.error(
      `wirken: needs Node ${MIN_MAJOR} or later; this is ${process.version}, and no other was found beside it. Install Node ${MIN_MAJOR} and try again.`,
    );
    process.exit(1);
  }
  const { spawn } = await import('node:child_process');
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
  // Ctrl-C reaches the child from the terminal itself; this process only waits for what the child makes of it.
  for (const signal of ['SIGINT', 'SIGQUIT']) process.on(signal, () => {});
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    console.error(`wirken: ${node} does not start: ${error.message}`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => {
    if (signal !== null) {
      process.removeAllListeners(signal);
      process.kill(process.pid, signal);
    } else process.exit(code ?? 1);
  });
}

/**
 * The sources as they are, or what an earlier start joined from these very sources: two files instead of hundreds.
 * They are written by the second start, for the first is slow enough, and often the only one.
 */
async function startSources(dir, isFirst) {
  const joined = dir && joinedIndex(dir);
  const thread = joined && commandName() === 'skill-run' ? startThread() : undefined;
  if (joined !== undefined && areUnchanged(joined.head.files)) {
    const head = load(dir, joined.head.name, []);
    // It starts what takes longest, and needs nobody while the rest is looked at and loaded.
    const { headStart, abandonHeadStart } = head.answer['cli/head-start.ts']();
    headStart(process.argv, process.env, process.cwd(), thread);
    if (areUnchanged(joined.script.files)) {
      // Once nothing is left to be done or written: taking the heap apart in an orderly manner is for nobody.
      process.once('beforeExit', () => process.exit());
      const host = load(dir, joined.script.name, [head.answer]);
      if (head.isCompiled && host.isCompiled) process.once('exit', leaveAtOnce);
      return;
    }
    // With the thread.
    void abandonHeadStart();
  } else void thread?.terminate();
  await import('../main.ts');
  if (dir === undefined || isFirst) return;
  try {
    (await import('../cli/joined.ts')).writeJoined(dir);
    await (await import('../wasi/practice.ts')).practise(dirname(dir));
  } catch {
    // The next start is as slow as this one was.
  }
}

/** A thread for `startSpawner`, which takes longer to get up than what is made ready for it. Its options are those there. */
function startThread() {
  const { Worker } = require('node:worker_threads');
  const thread = new Worker(WAIT, {
    eval: true,
    env: {},
    execArgv: ['--disable-warning=ExperimentalWarning'],
    trackUnmanagedFds: false,
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 },
  });
  thread.on('error', () => {});
  thread.unref();
  return thread;
}

/**
 * Runs a script, compiled if possible: what its functions were compiled to when the same command ran before lies beside it. Node's own
 * cache knows them as they are before the first call, and to compile what a start calls takes longer than to load it.
 */
function load(dir, name, given) {
  const { constants, Script } = require('node:vm');
  const script = join(dir, name);
  const code = `${script.slice(0, -'.cjs'.length)}-${commandName()}.code`;
  const found = existsSync(code) ? readFileSync(code) : undefined;
  const cachedData = found?.length > 0 ? found : undefined;
  const compiled = new Script(readFileSync(script, 'latin1'), {
    filename: script,
    cachedData,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  const answer = compiled.runInThisContext()(nodeModule.createRequire(script), script, ...given);
  const isCompiled = cachedData !== undefined && !compiled.cachedDataRejected;
  if (!isCompiled) {
    process.once('exit', (status) => {
      // What is no command ends otherwise, so that there are no more files than commands. The first start does what no other has to do
      // (it keeps what it reads, for instance), and leaves a mark alone.
      if (status === 0) keep(code, found === undefined ? '' : compiled.createCachedData());
    });
  }
  return { answer, isCompiled };
}

/**
 * By the system's own call: to take heap and threads apart takes longer than many a command, and is for nobody. Everything has been
 * written by then, for on Linux Node writes files, pipes and terminals before it goes on.
 */
function leaveAtOnce(status) {
  if (process.platform !== 'linux' || !nodeModule.isBuiltin('node:ffi')) return;
  try {
    const { DynamicLibrary } = require('node:ffi');
    new DynamicLibrary(null).getFunction('_exit', { arguments: ['i32'], return: 'void' })(status);
  } catch {
    // Then as everybody else.
  }
}

/** `skill-run`, `chat`: the words of the command line that choose what runs. */
function commandName() {
  const [, , noun = '', verb = ''] = process.argv;
  const words = NOUNS.includes(noun) ? [noun, verb] : [noun];
  return words
    .join('-')
    .replaceAll(/[^a-z-]/g, '_')
    .slice(0, 32);
}

/** Whole or not at all: V8 does not look closely at what it takes for its own. */
function keep(path, bytes) {
  const fresh = `${path}.${process.pid}`;
  try {
    const fd = openSync(fresh, 'wx', 0o600);
    try {
      writeFileSync(fd, bytes);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(fresh, path);
  } catch {
    // The next start compiles them again.
  }
}

/** `undefined` unless it is there and ours alone. */
function joinedIndex(dir) {
  try {
    const { uid, mode } = statSync(dir);
    if (process.getuid !== undefined && (uid !== process.getuid() || (mode & 0o077) !== 0)) return undefined;
    const index = JSON.parse(readFileSync(join(dir, 'index.json'), 'utf8'));
    return index.node === process.version && index.main === source && index.head && index.script ? index : undefined;
  } catch {
    return undefined;
  }
}

/** Whether no source has changed since it was stamped. */
function areUnchanged(files) {
  try {
    return files.every(([path, stamp]) => {
      const { ino, size, mtimeMs, ctimeMs } = statSync(path);
      return `${ino} ${size} ${mtimeMs} ${ctimeMs}` === stamp;
    });
  } catch {
    return false;
  }
}

/** Whoever runs wirken has no use for being told that Node calls an API experimental; every other warning is shown. */
function quietExperiments() {
  const [print] = process.listeners('warning');
  if (print === undefined) return;
  process.removeAllListeners('warning');
  process.on('warning', (warning) => {
    if (warning.name !== 'ExperimentalWarning') print(warning);
  });
}

/** In the data directory, if it is nobody else's: what another user could write must not become code. */
function cacheDir() {
  const data = process.env.WIRKEN_DATA_DIR || join(homedir(), '.wirken');
  try {
    mkdirSync(data, { recursive: true, mode: 0o700 });
    const { uid, mode } = statSync(data);
    const others = process.platform !== 'win32' && (uid !== process.getuid() || (mode & 0o022) !== 0);
    return others ? undefined : join(data, 'cache');
  } catch {
    return undefined;
  }
}

function findNode() {
  const names = [
    `node-${process.platform}-${process.arch}`,
    `node-bin-${process.platform}-${process.arch}`,
    `node-win-${process.arch}`,
  ];
  const file = process.platform === 'win32' ? 'node.exe' : 'node';
  for (let folder = here; ; folder = dirname(folder)) {
    for (const name of names) {
      const path = join(folder, 'node_modules', name, 'bin', file);
      if (existsSync(path)) return path;
    }
    if (folder === dirname(folder)) return undefined;
  }
}
