import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** `sdk-skill/` of the repository, or the copy that the published package carries. */
export function sdkDir(): string {
  const packaged = fileURLToPath(new URL('../../sdk-skill', import.meta.url));
  return existsSync(packaged) ? packaged : fileURLToPath(new URL('../../../sdk-skill', import.meta.url));
}
