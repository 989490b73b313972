import { constants } from 'node:os';
import { describe, expect, it } from 'vitest';
import { loadLibc } from './libc.ts';

const PR_GET_NO_NEW_PRIVS = 39;
const GETPID: { readonly [arch: string]: number } = { x64: 39, arm64: 172 };
const GETCWD: { readonly [arch: string]: number } = { x64: 79, arm64: 17 };

describe('loadLibc', () => {
  const libc = loadLibc();
  if (libc === undefined) throw new Error('node:ffi is missing here');

  it('is loaded once', () => {
    expect(loadLibc()).toBe(libc);
  });

  it('makes system calls, with results and with the negative errno', () => {
    expect(libc.syscall(GETPID[process.arch] ?? -1)).toBe(process.pid);
    expect(libc.syscall(100_000)).toBe(-constants.errno.ENOSYS);
    expect([0, 1]).toContain(libc.prctl(PR_GET_NO_NEW_PRIVS));
    expect(libc.prctl(-1)).toBe(-constants.errno.EINVAL);
  });

  it('hands memory over by address', () => {
    const memory = new ArrayBuffer(4096);
    const length = libc.syscall(GETCWD[process.arch] ?? -1, libc.address(memory), 4096n);
    expect(Buffer.from(memory, 0, length - 1).toString()).toBe(process.cwd());
  });
});
