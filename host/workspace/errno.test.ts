import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { describe, expect, it } from 'vitest';
import { attempt, attemptVoid, errnoOf } from './errno.ts';

describe('errno', () => {
  it.for([
    ['ENOENT', 'noent'],
    ['EXDEV', 'xdev'],
    ['ELOOP', 'loop'],
    ['ENOSYS', 'nosys'],
    ['EAGAIN', 'again'],
    ['EPROTO', 'io'],
  ] as const)('%s is %s', ([name, errno]) => {
    expect(errnoOf(constants.errno[name])).toBe(errno);
  });

  it('is io for a number that nobody knows', () => {
    expect(errnoOf(123_456)).toBe('io');
  });

  it('comes from a Node error, and a bug goes through', () => {
    expect(attempt(() => readFileSync('/no/such'))).toBe('noent');
    expect(attempt(() => 7)).toBe(7);
    expect(attemptVoid(() => undefined)).toBeUndefined();
    const bug = new TypeError('ours');
    expect(() =>
      attempt(() => {
        throw bug;
      }),
    ).toThrow(bug);
    expect(() => attempt(() => readFileSync({} as never))).toThrow(/path/);
  });
});
