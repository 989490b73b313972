import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { dataDirOf, ensureDataDir } from '../config.ts';
import { startPool, type Pool } from '../wasi/pool/pool.ts';
import { parseGlob } from '../policy/glob.ts';
import { WorkspaceDir } from '../workspace/dir.ts';

/** A pool whose first runner is on its way, over the current directory. */
export interface HeadStart {
  readonly dataDir: string;
  readonly pool: Pool;
  readonly workspace: WorkspaceDir;
}

/** What may stand before the skill's name without changing where it runs. */
const HARMLESS: ReadonlySet<string> = new Set(['--json', '--yes', '--dev']);

let ahead: HeadStart | undefined;

/**
 * For `skill run` on the current directory: starts the runner before the rest of wirken is loaded, for the two take equally long.
 * `thread` is one that waits for the script that it is to run, and the spawner's from then on.
 * A guess that turns out wrong costs an idle process, and what is wrong with the directories is told by whoever opens them in earnest.
 */
export function headStart(argv: readonly string[], env: NodeJS.ProcessEnv, cwd: string, thread?: Worker): void {
  const [, , noun, verb, ...rest] = argv;
  const name = rest.find((word) => !HARMLESS.has(word));
  // Once: the script that a start from a clone begins with has done it before the entry is loaded.
  if (ahead !== undefined) return;
  if (noun !== 'skill' || verb !== 'run' || name === undefined || name.startsWith('-')) return;
  try {
    const dataDir = dataDirOf(env);
    ensureDataDir(dataDir);
    const workspace = WorkspaceDir.openAmbient(cwd, { dataDir, allowBroad: false });
    const pool = startPool({ cacheDir: join(dataDir, 'cache'), spare: 0, ...(thread === undefined ? {} : { thread }) });
    ahead = { dataDir, pool, workspace };
    warmFor(pool, workspace);
  } catch {
    // The command itself will say it.
  }
}

/** Ends what nobody will take. */
export async function abandonHeadStart(): Promise<void> {
  const abandoned = ahead;
  ahead = undefined;
  await abandoned?.pool[Symbol.asyncDispose]();
  abandoned?.workspace.close();
}

/** The head start, once, if it was made over this data directory; it is the taker's. */
export function takeHeadStart(dataDir: string): HeadStart | undefined {
  if (ahead?.dataDir !== dataDir) return undefined;
  const taken = ahead;
  ahead = undefined;
  return taken;
}

/** Starts a runner before it is known what runs: nearly every skill with tools is granted files to read. */
export function warmFor(pool: Pool, { fd }: WorkspaceDir): void {
  const mounts = [{ guestPath: '/workspace', fd, access: { read: [parseGlob('**')], write: [] } }];
  pool.warm({ mounts, tmp: true }).catch(() => undefined);
}
