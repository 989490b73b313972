import type { Command } from 'commander';
import type { Context } from '../context.ts';

export const EXITS = 'Exits 0 when done, 1 when refused or failed, 2 for wrong usage.';

/** What the commands of each noun are made with. */
export interface Build {
  readonly program: Command;
  readonly group: (name: string, summary: string) => Command;
  /** A command below `parent`, with what all of them share. */
  readonly add: (parent: Command, usage: string, summary: string, exits?: string) => Command;
  /** Runs `body` with a context and reports its exit code. */
  readonly act: (options: { json?: boolean }, body: (context: Context) => Promise<number>) => Promise<void>;
}

/** For an option that may be given several times. */
export function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}
