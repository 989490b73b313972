import { globMatches, parseGlob } from '../../../policy/glob.ts';
import type { Permissions } from '../../../policy/grants.ts';
import type { Skill } from '../../../skill/skill.ts';
import type { RecordedOutcome } from '../../../wasi/call-skill.ts';
import { type Access, accessesOf } from '../observe/accesses.ts';

/** What the cases of a skill have touched, and what they have not. */
export interface Coverage {
  readonly untestedTools: readonly string[];
  /** In the manifest's words: `filesystem.read: src/**`. */
  readonly unusedGrants: readonly string[];
  /** False when a recording was too long to be kept: then nothing is said of grants. */
  readonly grantsKnown: boolean;
}

/** Gathers while the cases run. */
export class CoverageTally {
  readonly #tools = new Set<string>();
  readonly #accesses: Access[] = [];
  #known = true;

  /** A call of this tool that came to run. */
  add(tool: string, outcome: RecordedOutcome): void {
    this.#tools.add(tool);
    if (!('usage' in outcome)) return;
    if (outcome.journal?.kind === 'kept') this.#accesses.push(...accessesOf(outcome.journal.bytes));
    // A call that was ended from outside leaves no recording, and may have used a grant.
    else this.#known = false;
  }

  of({ manifest }: Skill): Coverage {
    return {
      untestedTools: manifest.tools.map(({ name }) => name).filter((name) => !this.#tools.has(name)),
      unusedGrants: this.#known ? unusedGrants(manifest.permissions, this.#accesses) : [],
      grantsKnown: this.#known,
    };
  }
}

/** The file grants that no access was covered by. A grant that covers a listing alone is used by it. */
export function unusedGrants(asked: Permissions, accesses: readonly Access[]): readonly string[] {
  const done = accesses.filter(({ mount, refused }) => mount === '/workspace' && refused === undefined);
  const reads = done.filter(({ kind }) => kind === 'read' || kind === 'look').map(({ path }) => path.split('/'));
  const writes = done.filter(({ kind }) => kind === 'write').map(({ path }) => path.split('/'));
  const unused = (globs: readonly string[], paths: readonly (readonly string[])[]): readonly string[] =>
    globs.filter((text) => {
      const glob = parseGlob(text);
      return !paths.some((path) => globMatches(glob, path));
    });
  return [
    ...unused(asked.filesystemRead, reads).map((glob) => `filesystem.read: ${glob}`),
    ...unused(asked.filesystemWrite, writes).map((glob) => `filesystem.write: ${glob}`),
  ];
}
