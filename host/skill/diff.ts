import { isNothing, listed, type Permissions, widened } from '../policy/grants.ts';

/** What an update asks for, against what the version before it asked for. */
export interface PermissionDiff {
  readonly added: Permissions;
  readonly removed: Permissions;
  readonly kept: Permissions;
  /** Whether anything was added: then a person is asked again. */
  readonly wider: boolean;
}

export function diffPermissions(before: Permissions, next: Permissions): PermissionDiff {
  const added = widened(before, next);
  return { added, removed: widened(next, before), kept: widened(added, next), wider: !isNothing(added) };
}

/** One line an entry for a person, `+` added, `-` removed, two spaces kept; the caller escapes nothing, globs and names are checked text. */
export function diffLines(diff: PermissionDiff): readonly string[] {
  return [
    ...listed(diff.added).map((line) => `+ ${line}`),
    ...listed(diff.removed).map((line) => `- ${line}`),
    ...listed(diff.kept).map((line) => `  ${line}`),
  ];
}
