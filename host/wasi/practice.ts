import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, constants, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Duplex } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { encodeHex, encodeUtf8 } from '../base/bytes.ts';
import type { CallSpec } from './call.ts';
import { deliverCode, forgetKnown } from './code.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { prepareModule } from './module/prepare.ts';
import { callFrames } from './pool/call-frames.ts';
import { FrameReader } from './pool/frames.ts';
import { planRunner, runnerArguments } from './pool/plan.ts';
import { FROM_RUNNER, LINK_FD, MAX_CHUNK_BYTES } from './pool/protocol.ts';
import type { Where } from './pool/where.ts';
import { practiceModule } from './practice-module.ts';

const MOST_MS = 30_000;

/**
 * Keeps what the runner's functions are compiled to, for the next runners to start with. A process like a runner is started for it, with
 * the same options of the engine, which refuses code that others left. It makes one call, to a guest of ours, and no runner of a skill
 * ever writes there: whatever a guest might have done to its engine ends with it.
 * From a package nothing is kept.
 * @throws Error if the process does not do what a runner does, or of the file system
 */
export async function practise(cacheDir: string): Promise<void> {
  const code = deliverCode(cacheDir);
  if (code.compiled === undefined || process.platform !== 'linux') return;
  const directory = openSync(dirname(code.runner), constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    const where: Where = {
      mounts: [{ guestPath: '/workspace', fd: directory, access: 'read-only' }],
      bundle: { digest: 'practice', files: new Map([['SKILL.md', new Uint8Array(1)]]) },
      tmp: true,
    };
    const plan = planRunner(where, false, DEFAULT_LIMITS.memoryBytes, true);
    const child = spawn(process.execPath, runnerArguments(plan, code, ['practise']), {
      env: {},
      cwd: '/',
      stdio: ['ignore', 'pipe', 'ignore', 'pipe', directory],
      timeout: MOST_MS,
      killSignal: 'SIGKILL',
    });
    const [compiled] = await Promise.all([compiledBy(child), makeCall(child, where)]);
    put(code.compiled, compiled);
    forgetKnown(cacheDir);
  } finally {
    closeSync(directory);
  }
}

async function compiledBy({ stdout }: ChildProcess): Promise<Uint8Array> {
  if (stdout === null) throw new TypeError('it was started with a pipe');
  const compiled = await buffer(stdout);
  if (compiled.length === 0) throw new Error('the practising runner left nothing');
  return compiled;
}

async function makeCall({ stdio }: ChildProcess, where: Where): Promise<void> {
  const link: unknown = stdio[LINK_FD];
  if (!(link instanceof Duplex)) throw new TypeError('it was started with a link');
  const guest = { digest: 'practice', module: prepareModule(practiceModule(), DEFAULT_LIMITS).bytes };
  const spec: CallSpec = {
    args: ['practice'],
    env: [['A', 'b']],
    stdin: encodeUtf8('{"text":"abc"}'),
    limits: DEFAULT_LIMITS,
    journal: {},
  };
  const reader = new FrameReader(
    () => MAX_CHUNK_BYTES,
    (kind) => {
      if (kind === FROM_RUNNER.end) link.end();
    },
  );
  for (const frame of callFrames({ held: new Map(), bundle: undefined }, guest, spec, where, { live: false })) {
    link.write(frame);
  }
  for await (const bytes of link) {
    if (!(bytes instanceof Uint8Array) || !reader.push(bytes))
      throw new Error('the practising runner broke the protocol');
  }
}

/** Whole or not at all: the engine does not look closely at what it takes for its own. */
function put(path: string, bytes: Uint8Array): void {
  const fresh = `${path}.${encodeHex(randomBytes(6))}`;
  try {
    const fd = openSync(fresh, 'wx', 0o400);
    try {
      writeFileSync(fd, bytes);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(fresh, path);
  } catch (error) {
    rmSync(fresh, { force: true });
    throw error;
  }
}
