import { accessSync, closeSync, constants, openSync } from 'node:fs';
import { shown } from '../../../base/shown.ts';
import { enclosedJob } from './bubblewrap.ts';
import type { Sandbox } from './ports.ts';
import { runProgram } from './program.ts';

type Bubblewrap = Extract<Sandbox, { kind: 'bubblewrap' }>;

const PROGRAMS = ['/usr/bin/bwrap', '/bin/bwrap', '/usr/local/bin/bwrap'];
const LIMITERS = ['/usr/bin/prlimit', '/bin/prlimit'];
/** An older bubblewrap knows it not, and still confines. */
const HARDENING = ['--disable-userns'];
const PROBE_MS = 10_000;
const MAX_WHY_CHARS = 200;
const NOWHERE = '/nowhere';

/** Finds out which sandbox works on this machine, by trying it; asks the machine once. */
export class SandboxProbe {
  readonly #programs: readonly string[];
  #found: Promise<Sandbox> | undefined;

  /** `programs`: where bubblewrap may lie, absolute. */
  constructor(programs: readonly string[] = PROGRAMS) {
    this.#programs = programs;
  }

  readonly sandbox = async (): Promise<Sandbox> => {
    this.#found ??= probe(this.#programs);
    return await this.#found;
  };
}

async function probe(programs: readonly string[]): Promise<Sandbox> {
  const program = programs.find(isProgram);
  if (program === undefined) return { kind: 'none', why: 'bubblewrap (bwrap) is not installed' };
  const limiter = LIMITERS.find(isProgram);
  let why = '';
  // The most first. A limit fails where this user has a lower one already.
  for (const limited of limiter === undefined ? [{}] : [{ limiter }, {}]) {
    for (const hardening of [HARDENING, []]) {
      const candidate: Bubblewrap = { kind: 'bubblewrap', program, hardening, ...limited };
      const failure = await tryIt(candidate);
      if (failure === undefined) return candidate;
      why = failure;
    }
  }
  return { kind: 'none', why: `bubblewrap does not work here: ${why}` };
}

/** Starts a program that does nothing, in just the sandbox that others will get. Answers why that failed. */
async function tryIt(sandbox: Bubblewrap): Promise<string | undefined> {
  const fd = openSync('/usr', constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    const ended = await runProgram(
      enclosedJob(
        { sandbox, argv: ['true'], cwd: '.', dataDir: NOWHERE },
        { workspaceFd: fd, stdin: '', timeoutMs: PROBE_MS },
      ),
      new AbortController().signal,
    );
    if (ended.kind === 'not-started') return ended.code;
    if (ended.why === 'exited' && ended.code === 0) return undefined;
    const said = shown(ended.stderr.text.trim().split('\n')[0] ?? '', MAX_WHY_CHARS);
    return said === '' ? `it ended with ${ended.code}` : said;
  } finally {
    closeSync(fd);
  }
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
