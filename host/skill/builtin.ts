import { parsePublicKey } from './ed25519.ts';
import type { PublicKey } from './skill.ts';

/** The project's own root; `registry/root.pub` holds the same. */
export const PROJECT_ROOT_HEX = '1be5f4f41acd16af8ec73e20d9426743f0b441050143787fd1acc607ae01dcca';
export const PROJECT_ROOT_NAME = 'wirken';
/** The publisher of the bundled skills. */
export const PROJECT_PUBLISHER = 'wirken';

/** Names that belong to the project from the first start on, so nobody else's skill takes one first. */
export const BUNDLED_NAMES: readonly string[] = ['code-stats', 'csv-tools', 'hash', 'json-query', 'text-tools'];

let root: PublicKey | undefined;

export function projectRoot(): PublicKey {
  root ??= parsePublicKey(PROJECT_ROOT_HEX);
  return root;
}
