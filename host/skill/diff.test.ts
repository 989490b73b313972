import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { intersect, NOTHING, type Permissions } from '../policy/grants.ts';
import { diffLines, diffPermissions } from './diff.ts';

const entries = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'));
const permissions: fc.Arbitrary<Permissions> = fc.record({
  filesystemRead: entries,
  filesystemWrite: entries,
  networkHosts: entries,
  secrets: entries,
  tools: entries,
  inference: entries,
  env: entries,
});

describe('diffPermissions', () => {
  it('says what came, what went and what stays', () => {
    const before = { ...NOTHING, filesystemRead: ['src/**', 'docs/**'] };
    const next = { ...NOTHING, filesystemRead: ['src/**'], filesystemWrite: ['src/**'] };
    const diff = diffPermissions(before, next);
    expect(diff.wider).toBe(true);
    expect(diffLines(diff)).toEqual([
      '+ filesystem.write: src/**',
      '- filesystem.read: docs/**',
      '  filesystem.read: src/**',
    ]);
  });

  it('is not wider when something only went', () => {
    expect(diffPermissions({ ...NOTHING, tools: ['a'] }, NOTHING).wider).toBe(false);
  });

  it('accounts for every entry once', () => {
    fc.assert(
      fc.property(permissions, permissions, (before, next) => {
        const diff = diffPermissions(before, next);
        const together = (a: Permissions, b: Permissions, key: keyof Permissions): string[] =>
          [...a[key], ...b[key]].sort();
        for (const key of Object.keys(NOTHING) as (keyof Permissions)[]) {
          expect(together(diff.added, diff.kept, key)).toEqual([...next[key]].sort());
          expect(together(diff.removed, diff.kept, key)).toEqual([...before[key]].sort());
        }
        expect(diff.kept).toEqual(intersect(next, before));
        expect(diff.wider).toBe(Object.values(diff.added).some((list) => list.length > 0));
      }),
    );
  });
});
