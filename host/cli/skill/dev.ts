import { watch } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { HostError } from '../../base/error.ts';
import { shown } from '../../base/shown.ts';
import { PATHS } from '../../skill/names.ts';
import type { Context } from '../context.ts';
import { EXIT, faultOf, faultText } from '../output.ts';
import { buildProject } from './build/build.ts';
import { runTests } from './test.ts';
import { summaryText } from './test/report.ts';

/** An editor writes a file in several steps, and several files at once. */
const SETTLE_MS = 120;

/** `skill dev DIR`: builds and tests, and again after each change, until it is ended. */
export async function skillDev(context: Context, dir: string): Promise<number> {
  const path = resolve(context.cwd, dir);
  const changes = new Changes(path);
  try {
    while (!context.signal.aborted) {
      await round(context, dir, path);
      context.out.note(`Waiting for a change in ${shown(dir, 400)}. Ctrl-C ends.`);
      await changes.next(context.signal);
      // What was written meanwhile belongs to the same change; what the build itself writes is none.
      await sleep(SETTLE_MS, undefined, { signal: context.signal });
      changes.forget();
    }
  } catch (error) {
    if (!context.signal.aborted) throw error;
  } finally {
    changes.close();
  }
  return EXIT.done;
}

async function round(context: Context, dir: string, path: string): Promise<void> {
  try {
    const { env, signal } = context;
    const { bytes, language } = await buildProject({ dir: path, env, signal, note: (text) => context.out.note(text) });
    context.out.note(`Built skill.wasm from ${language}: ${bytes} bytes`);
    const report = await runTests(context, dir, {});
    context.out.result(summaryText(report, shown(dir, 400), context.style), null);
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    context.out.note(faultText(faultOf(error)));
  }
}

/** Changes of the files below a directory, other than of what a build writes. */
class Changes {
  readonly #watcher: ReturnType<typeof watch>;
  #changed = false;
  #wake: (() => void) | undefined;

  constructor(dir: string) {
    this.#watcher = watch(dir, { recursive: true }, (_kind, file) => {
      if (file === PATHS.wasm || file?.startsWith('.tmp-') === true) return;
      this.#changed = true;
      this.#wake?.();
    });
  }

  /** Waits for one; one that came since `forget` counts. @throws `signal.reason` */
  async next(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#changed) return;
    const { promise, resolve: wake, reject } = Promise.withResolvers<void>();
    const abort = (): void => reject(signal.reason);
    this.#wake = wake;
    signal.addEventListener('abort', abort, { once: true });
    try {
      await promise;
    } finally {
      signal.removeEventListener('abort', abort);
      this.#wake = undefined;
    }
  }

  forget(): void {
    this.#changed = false;
  }

  close(): void {
    this.#watcher.close();
  }
}
