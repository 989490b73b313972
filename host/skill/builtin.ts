import { parsePublicKey } from './ed25519.ts';
import type { PublicKey } from './skill.ts';

/** The project's own root; `registry/root.pub` holds the same. */
export const PROJECT_ROOT_HEX = '1be5f4f41acd16af8ec73e20d9426743f0b441050143787fd1acc607ae01dcca';
export const PROJECT_ROOT_NAME = 'wirken';

let root: PublicKey | undefined;

export function projectRoot(): PublicKey {
  root ??= parsePublicKey(PROJECT_ROOT_HEX);
  return root;
}
