import { mkdtempSync, rmSync } from 'node:fs';
import { randomFillSync } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, type Random, systemClock } from '../../base/ports.ts';
import type { AuditAction } from '../../policy/event.ts';
import { openAuditLog } from '../log.ts';
import type { Pace } from './pace.ts';
import { parseForwardConfig } from './parse-config.ts';
import type { ForwardSpec } from './spec.ts';
import type { ForwardOptions } from './start.ts';

export const testRandom: Random = { fill: (bytes) => void randomFillSync(bytes) };

/** As fast as a test wants it. */
export const QUICK: Pace = { idleMs: 5, firstRetryMs: 2, lastRetryMs: 10, refusedMs: 20, lockMs: 5 };

/** A data directory of its own, removed with all that is in it. */
export function testData(): Disposable & { readonly dataDir: string } {
  const dataDir = mkdtempSync(join(tmpdir(), 'wirken-forward-'));
  return { dataDir, [Symbol.dispose]: () => rmSync(dataDir, { recursive: true, force: true }) };
}

/** Appends rows to the real log, `bytes` of text in each one's detail. */
export async function appendRows(
  dataDir: string,
  count: number,
  { bytes = 0, action = 'tool.call' }: { readonly bytes?: number; readonly action?: AuditAction } = {},
): Promise<void> {
  await using log = openAuditLog({ dataDir, clock: systemClock, random: testRandom, onNotice: () => {} });
  const detail = { tool: 'read_file', text: 'x'.repeat(bytes) };
  await Promise.all(
    Array.from({ length: count }, () => log.append({ session: 'cli-test', actor: 'agent', action, detail })),
  );
}

/** The spec that the config file gives. */
export function spec(written: Readonly<Record<string, unknown>>): ForwardSpec {
  const [parsed] = parseForwardConfig([{ 'token-env': 'TOKEN', name: 'test', ...written }]);
  if (parsed === undefined) throw new TypeError('no spec');
  return parsed;
}

/** Everything that forwarding needs, with short waits. Lines of the log go to `lines`. */
export function options(
  dataDir: string,
  specs: readonly ForwardSpec[],
  more: Partial<ForwardOptions> & { readonly token?: string; readonly lines?: string[]; readonly clock?: Clock } = {},
): ForwardOptions {
  const { token = 'test-token', lines, ...rest } = more;
  return {
    dataDir,
    specs,
    env: { TOKEN: token },
    clock: systemClock,
    random: testRandom,
    log: (name, line) => lines?.push(`${name}: ${line}`),
    signal: new AbortController().signal,
    host: 'test-host',
    pace: QUICK,
    ...rest,
  };
}

const MAX_WAIT_MS = 25_000;

/** Waits until it is so. */
export async function until(isSo: () => boolean): Promise<void> {
  const giveUpAt = performance.now() + MAX_WAIT_MS;
  while (!isSo()) {
    if (performance.now() > giveUpAt) throw new Error(`in vain: ${String(isSo)}`);
    await new Promise((resolve) => void setTimeout(resolve, 5));
  }
}

/** The ids in the order of their first arrival. */
export function firstArrivals(rows: readonly { readonly id: number }[]): readonly number[] {
  return [...new Set(rows.map(({ id }) => id))];
}

export function range(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}
