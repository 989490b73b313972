import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { systemCode } from '../../../base/error.ts';
import type { Coverage } from './coverage.ts';

const MAX_KEPT = 50;
const MAX_BYTES = 1024 * 1024;

const KeptSchema = z.strictObject({
  untestedTools: z.array(z.string()),
  unusedGrants: z.array(z.string()),
  grantsKnown: z.boolean(),
});

/** Keeps what the cases of a skill covered, for `lint`, under the digest of all its files: a change makes it void. */
export function keepCoverage(cacheDir: string, digest: string, coverage: Coverage): void {
  const dir = join(cacheDir, 'skill-tests');
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  writeFileSync(join(dir, `${digest}.json`), JSON.stringify(coverage), { mode: 0o600 });
  const files = readdirSync(dir).map((name) => join(dir, name));
  if (files.length <= MAX_KEPT) return;
  const byAge = files.map((file) => ({ file, at: statSync(file).mtimeMs })).sort((a, b) => a.at - b.at);
  for (const { file } of byAge.slice(0, files.length - MAX_KEPT)) rmSync(file, { force: true });
}

/** What the cases of these very files covered, or `undefined` if they were not run. */
export function keptCoverage(cacheDir: string, digest: string): Coverage | undefined {
  try {
    const file = join(cacheDir, 'skill-tests', `${digest}.json`);
    if (statSync(file).size > MAX_BYTES) return undefined;
    const parsed = KeptSchema.safeParse(JSON.parse(readFileSync(file, 'utf8')));
    return parsed.success ? parsed.data : undefined;
  } catch (error) {
    if (systemCode(error) === undefined && !(error instanceof SyntaxError)) throw error;
    return undefined;
  }
}
