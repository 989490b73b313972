import { HostError } from '../base/error.ts';
import type { Runs } from './runs.ts';

const MAX_OFFERED = 500;

/** Workspace paths that begin with `prefix`, directories with a `/` behind; none where the workspace cannot be read. */
export function workspaceFiles(runs: Runs, prefix: string): readonly string[] {
  const cut = prefix.lastIndexOf('/') + 1;
  const parent = prefix.slice(0, cut);
  const start = prefix.slice(cut);
  try {
    const root = runs.workspace().handle('read-only');
    const how = {
      read: true,
      write: false,
      create: false,
      exclusive: false,
      truncate: false,
      directory: true,
      followLast: true,
    };
    const dir = parent === '' ? root : root.open(parent, how);
    if (typeof dir === 'string' || dir.kind !== 'directory') return [];
    const entries = dir.list();
    if (dir !== root) dir.close();
    if (typeof entries === 'string') return [];
    return entries
      .filter(({ name, kind }) => name.startsWith(start) && (start !== '' || !name.startsWith('.')) && kind !== 'other')
      .slice(0, MAX_OFFERED)
      .map(({ name, kind }) => `${parent}${name}${kind === 'directory' ? '/' : ''}`);
  } catch (error) {
    if (error instanceof HostError) return [];
    throw error;
  }
}
