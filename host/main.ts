import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { headStart } from './cli/head-start.ts';

headStart(process.argv, process.env, process.cwd());
const { runCommandLine } = await import('./cli/command-line.ts');
await runCommandLine(process.argv, { version: version(), bundledDir: bundledDir() });

/** `skills/` of the repository, or the copy that the published package carries. */
function bundledDir(): string {
  const packaged = fileURLToPath(new URL('./skills', import.meta.url));
  return existsSync(packaged) ? packaged : fileURLToPath(new URL('../skills', import.meta.url));
}

function version(): string {
  const beside = new URL('./package.json', import.meta.url);
  const file = existsSync(beside) ? beside : new URL('../package.json', import.meta.url);
  const parsed: unknown = JSON.parse(readFileSync(file, 'utf8'));
  return typeof parsed === 'object' && parsed !== null && 'version' in parsed ? String(parsed.version) : 'unknown';
}
