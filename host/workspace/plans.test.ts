import { linkSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Access } from './access.ts';
import type { Backend } from './backend.ts';
import { WorkspaceDir } from './dir.ts';
import { bothBackends, grants, Scene } from './fixture.ts';
import type { DirHandle, FileHandle, OpenHow } from './layer.ts';

/** Plans for each kind of access; each makes two trees of files. */
const NUM_RUNS = 50;
const TIMEOUT_MS = 120_000;
/** Handles that one plan holds. */
const MAX_HANDLES = 4;

const segment = fc.constantFrom(
  'a',
  'b',
  'c',
  'f',
  'g',
  '.h',
  'in',
  'up',
  'abs',
  'far',
  'file',
  'hard',
  '..',
  '.',
  '',
  'secret.txt',
  'dir',
);
const path = fc.oneof(
  { weight: 9, arbitrary: fc.array(segment, { minLength: 1, maxLength: 5 }).map((parts) => parts.join('/')) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '../outside/secret.txt',
      '/etc/passwd',
      'a\0',
      '\ud800',
      'x'.repeat(256),
      '/proc/self/cwd',
    ),
  },
);
const how: fc.Arbitrary<OpenHow> = fc.record({
  read: fc.boolean(),
  write: fc.boolean(),
  create: fc.boolean(),
  exclusive: fc.boolean(),
  truncate: fc.boolean(),
  directory: fc.boolean(),
  followLast: fc.boolean(),
});
const at = fc.nat(MAX_HANDLES - 1);
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('open' as const), at, path, how }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('statAt' as const), at, path, follow: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('list' as const), at }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom('mkdir' as const, 'unlink' as const, 'rmdir' as const), at, path }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom('rename' as const, 'link' as const),
      at,
      path,
      to: at,
      toPath: path,
      follow: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('symlink' as const), at, path, target: path }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('readlink' as const), at, path }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('setTimesAt' as const), at, path, follow: fc.boolean() }) },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

const accesses: readonly Access[] = [
  'read-only',
  'read-write',
  grants(['**'], ['**']),
  grants(['a/**', '*/f'], ['b/**', 'c']),
  grants([], ['**/g', '.h/**']),
];

function plant(scene: Scene): void {
  for (const file of ['f', 'a/f', 'a/b/g', 'b/f', '.h/f']) scene.put(file);
  mkdirSync(scene.path('c'));
  symlinkSync('a', scene.path('in'));
  symlinkSync('../outside', scene.path('up'));
  symlinkSync(scene.outside, scene.path('a/abs'));
  symlinkSync('../../../outside', scene.path('a/b/far'));
  symlinkSync('../outside/secret.txt', scene.path('file'));
  symlinkSync('../b/../in', scene.path('a/in'));
  linkSync(join(scene.outside, 'secret.txt'), scene.path('hard'));
}

/** Runs a plan and tells every outcome; all that was read stands in `read`. */
function run(plan: readonly Step[], root: DirHandle): { readonly outcomes: readonly string[]; readonly read: string } {
  const dirs: DirHandle[] = [root];
  const files: FileHandle[] = [];
  let read = '';
  const outcomes = plan.map((step): string => {
    const dir = dirs[step.at % dirs.length] ?? root;
    switch (step.kind) {
      case 'open': {
        const opened = dir.open(step.path, step.how);
        if (typeof opened === 'string') return opened;
        if (opened.kind === 'directory') {
          if (dirs.length < MAX_HANDLES) dirs.push(opened);
          else opened.close();
          return 'directory';
        }
        files.push(opened);
        const bytes = new Uint8Array(100);
        const count = opened.read(bytes, 0n);
        if (typeof count === 'number') read += `${Buffer.from(bytes.subarray(0, count)).toString()}\n`;
        return `file ${count} ${opened.write(Buffer.from('guest'), 2n)} ${opened.resize(4n)}`;
      }
      case 'statAt': {
        const stat = dir.statAt(step.path, step.follow);
        return typeof stat === 'string' ? stat : `${stat.kind} ${stat.nlink} ${stat.kind === 'file' ? stat.size : ''}`;
      }
      case 'list': {
        const entries = dir.list();
        return typeof entries === 'string' ? entries : entries.map((entry) => `${entry.name} ${entry.kind}`).join();
      }
      case 'mkdir':
      case 'unlink':
      case 'rmdir':
        return String(dir[step.kind](step.path));
      case 'rename':
        return String(dir.rename(step.path, dirs[step.to % dirs.length] ?? root, step.toPath));
      case 'link':
        return String(dir.link(step.path, step.follow, dirs[step.to % dirs.length] ?? root, step.toPath));
      case 'symlink':
        return String(dir.symlink(step.target, step.path));
      case 'readlink': {
        const link = dir.readlink(step.path);
        return typeof link === 'string' ? link : `to ${link.target}`;
      }
      case 'setTimesAt':
        break;
    }
    return String(dir.setTimesAt(step.path, step.follow, 1_000_000_000n, 2_000_000_000n));
  });
  for (const handle of [...files, ...dirs]) handle.close();
  return { outcomes, read };
}

function perform(plan: readonly Step[], access: Access, backend: Backend): readonly string[] {
  using scene = new Scene();
  plant(scene);
  const before = scene.outsideState().replace('the secret', '');
  using workspace = WorkspaceDir.openAmbient(scene.work);
  const { outcomes, read } = run(plan, workspace.handle(access, backend));
  // Only its second name inside may show the secret, and link and unlink of that name may change its count of names.
  const after = scene.outsideState();
  expect(after).toContain('the secret');
  expect(after.replace('the secret', '').replace(/ \d+ $/gm, ' N ')).toBe(before.replace(/ \d+ $/gm, ' N '));
  expect(read).not.toContain('deeper');
  expect(read).not.toContain('root:');
  return outcomes;
}

describe('random plans', () => {
  const [kernel, walk] = bothBackends();
  if (kernel === undefined || walk === undefined) throw new Error('both back-ends are needed');

  it.for(accesses.map((access, index) => [index, access] as const))(
    'leave the outside alone and come out alike on both back-ends, access %i',
    { timeout: TIMEOUT_MS },
    ([, access]) => {
      fc.assert(
        fc.property(fc.array(step, { minLength: 1, maxLength: 25 }), (plan) => {
          expect(perform(plan, access, walk)).toEqual(perform(plan, access, kernel));
        }),
        { numRuns: NUM_RUNS },
      );
    },
  );
});
