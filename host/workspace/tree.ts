import type { Access } from './access.ts';
import type { Backend } from './backend.ts';

/** What all handles of one workspace share. */
export interface Tree {
  readonly rootFd: number;
  readonly access: Access;
  readonly backend: Backend;
}
