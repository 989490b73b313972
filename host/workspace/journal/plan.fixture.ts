import * as fc from 'fast-check';
import type { DirHandle, FileHandle, OpenHow, TimeToSet } from '../layer.ts';

/** Handles that one plan holds. */
const MAX_HANDLES = 4;

const path = fc
  .array(fc.constantFrom('a', 'b', 'c', 'f', 'g', 'big', 'same', 'in', 'é', '..', '.', ''), {
    minLength: 1,
    maxLength: 3,
  })
  .map((parts) => parts.join('/'));
const how: fc.Arbitrary<OpenHow> = fc.record({
  read: fc.boolean(),
  write: fc.boolean(),
  create: fc.boolean(),
  exclusive: fc.boolean(),
  truncate: fc.boolean(),
  directory: fc.boolean(),
  followLast: fc.boolean(),
});
const time: fc.Arbitrary<TimeToSet> = fc.oneof(
  fc.constant(undefined),
  fc.constant('now' as const),
  fc.bigInt(-5_000_000_000n, 4_000_000_000_000_000_000n),
);
const at = fc.nat(MAX_HANDLES - 1);
const offset = fc.oneof(fc.bigInt(0n, 2000n), fc.bigInt(0n, 2n ** 63n - 1n));

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('open' as const), at, path, how }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('read' as const), at, offset, bytes: fc.nat(5000) }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('write' as const), at, offset, from: fc.uint8Array({ maxLength: 600 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('stat', 'list', 'sync', 'statFile', 'syncFile'), at }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('resize' as const), at, offset: fc.bigInt(0n, 2000n) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('setTimes' as const), at, time, mtime: time }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('mkdir', 'unlink', 'rmdir', 'readlink'), at, path }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom('statAt', 'setTimesAt'), at, path, follow: fc.boolean(), time }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom('rename', 'link'),
      at,
      path,
      to: at,
      toPath: path,
      follow: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('symlink' as const), at, path, target: path }) },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

export type Plan = readonly Step[];

export const plans = fc.array(step, { minLength: 1, maxLength: 40 });

/** Runs a plan and tells everything that was answered. */
export function runPlan(plan: Plan, root: DirHandle): readonly unknown[] {
  const dirs: DirHandle[] = [root];
  const files: FileHandle[] = [];
  const outcomes = plan.map((step) => {
    const dir = dirs[step.at % dirs.length] ?? root;
    const file = files[step.at % Math.max(1, files.length)];
    switch (step.kind) {
      case 'open': {
        const opened = dir.open(step.path, step.how);
        if (typeof opened === 'string') return opened;
        if (opened.kind === 'file') files.unshift(opened);
        else if (dirs.length < MAX_HANDLES) dirs.push(opened);
        return opened.kind;
      }
      case 'read': {
        const into = new Uint8Array(step.bytes);
        return [file?.read(into, step.offset), Buffer.from(into).toString('hex')];
      }
      case 'write':
        return file?.write(step.from, step.offset);
      case 'stat':
      case 'list':
      case 'sync':
        return dir[step.kind]();
      case 'statFile':
        return file?.stat();
      case 'syncFile':
        return file?.sync();
      case 'resize':
        return file?.resize(step.offset);
      case 'setTimes':
        return file?.setTimes(step.time, step.mtime);
      case 'mkdir':
      case 'unlink':
      case 'rmdir':
      case 'readlink':
        return dir[step.kind](step.path);
      case 'statAt':
        return dir.statAt(step.path, step.follow);
      case 'setTimesAt':
        return dir.setTimesAt(step.path, step.follow, step.time, undefined);
      case 'rename':
        return dir.rename(step.path, dirs[step.to % dirs.length] ?? root, step.toPath);
      case 'link':
        return dir.link(step.path, step.follow, dirs[step.to % dirs.length] ?? root, step.toPath);
      case 'symlink':
        return dir.symlink(step.target, step.path);
    }
    throw new Error('a step of no kind');
  });
  for (const handle of [...files, ...dirs]) handle.close();
  return outcomes;
}
