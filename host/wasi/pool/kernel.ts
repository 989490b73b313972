import { closeSync } from 'node:fs';
import { arch } from 'node:process';
import { type Libc, loadLibc } from '../../workspace/libc.ts';

/** What Node has no words for, on Linux; acts on the calling thread where the kernel's call does. */
export interface Kernel {
  /** A Landlock call's answer. @throws Error with the errno when it is negative */
  landlock(what: keyof typeof LANDLOCK_CALLS, ...words: readonly bigint[]): number;
  /** The address of the front of `memory`, valid as long as the caller holds it. */
  address(memory: ArrayBuffer): bigint;
  /** Two ends of a stream, both closed on exec. The holder closes them. */
  socketPair(): readonly [number, number];
  /** `no_new_privs` for this thread and all that it starts; there is no way back. */
  forbidNewPrivileges(): void;
  /** Puts a seccomp filter (`struct sock_filter`s) on this thread, or on all of this process, and all that it starts. */
  filterCalls(program: ArrayBuffer, on: 'thread' | 'process'): void;
  /** `signal` goes to process `pid` as soon as the other end of `fd` is closed, whoever closes it. */
  signalOnHangup(fd: number, pid: number, signal: number): void;
  /** Sets soft and hard limit of another process of ours. */
  limitProcess(pid: number, resource: keyof typeof RESOURCES, most: number): void;
}

// The newer calls have one number on every architecture.
const LANDLOCK_CALLS = { createRuleset: 444, addRule: 445, restrictSelf: 446 } as const;
const RESOURCES = { dataBytes: 2, coreBytes: 4, openFiles: 7 } as const;
const PR_SET_NO_NEW_PRIVS = 38;
const SECCOMP_CALLS: { readonly [arch: string]: number | undefined } = { x64: 317, arm64: 277 };
const SECCOMP_SET_MODE_FILTER = 1n;
const SECCOMP_FLAGS = { thread: 0n, process: 1n } as const;
const SOCK_FILTER_BYTES = 8;
const AF_UNIX = 1;
const SOCK_STREAM_CLOEXEC = 1 | 0o2000000;
const F_GETFL = 3;
const F_SETFL = 4;
const F_SETOWN = 8;
const F_SETSIG = 10;
const O_ASYNC = 0o20000;

let loaded: Kernel | undefined;

/** The kernel's own calls, or `undefined` where this process cannot reach them. Bound once: nothing that is bound is ever let go. */
export function loadKernel(): Kernel | undefined {
  if (loaded !== undefined) return loaded;
  const libc = loadLibc();
  return (loaded = libc === undefined ? undefined : bindKernel(libc));
}

function bindKernel(libc: Libc): Kernel {
  const socketpair = libc.bindUnchecked('socketpair', { arguments: ['i32', 'i32', 'i32', 'pointer'], return: 'i32' });
  const fcntl = libc.bindUnchecked('fcntl', { arguments: ['i32', 'i32', 'i64'], return: 'i32' });
  const prlimit = libc.bindUnchecked('prlimit', { arguments: ['i32', 'i32', 'pointer', 'pointer'], return: 'i32' });

  /** For what answers -1 and leaves an errno. */
  function checked(name: string, answer: number): number {
    return taken(name, answer === -1 ? -libc.errno() : answer);
  }

  return {
    landlock: (what, ...words) => taken(`landlock ${what}`, libc.syscall(LANDLOCK_CALLS[what], ...words)),
    address: (memory) => libc.address(memory),
    socketPair() {
      const ends = new Int32Array(2);
      checked('socketpair', socketpair(AF_UNIX, SOCK_STREAM_CLOEXEC, 0, libc.address(ends.buffer)));
      const [ours = -1, theirs = -1] = ends;
      return [ours, theirs];
    },
    forbidNewPrivileges() {
      taken('prctl', libc.prctl(PR_SET_NO_NEW_PRIVS, 1n));
    },
    filterCalls(program, on) {
      const call = SECCOMP_CALLS[arch];
      if (call === undefined) throw new Error(`no seccomp for ${arch}`);
      // struct sock_fprog: u16 length, 6 bytes of padding, a pointer.
      const header = new DataView(new ArrayBuffer(16));
      header.setUint16(0, program.byteLength / SOCK_FILTER_BYTES, true);
      header.setBigUint64(8, libc.address(program), true);
      // A positive answer names the thread that could not be brought along.
      const answer = libc.syscall(call, SECCOMP_SET_MODE_FILTER, SECCOMP_FLAGS[on], libc.address(header.buffer));
      if (answer !== 0) throw new Error(`seccomp answered ${answer}`);
    },
    signalOnHangup(fd, pid, signal) {
      checked('fcntl', fcntl(fd, F_SETSIG, BigInt(signal)));
      checked('fcntl', fcntl(fd, F_SETOWN, BigInt(pid)));
      const flags = checked('fcntl', fcntl(fd, F_GETFL, 0n));
      checked('fcntl', fcntl(fd, F_SETFL, BigInt(flags | O_ASYNC)));
    },
    limitProcess(pid, resource, most) {
      const softAndHard = new BigUint64Array([BigInt(most), BigInt(most)]);
      checked('prlimit', prlimit(pid, RESOURCES[resource], libc.address(softAndHard.buffer), 0n));
    },
  };
}

function taken(name: string, answer: number): number {
  if (answer >= 0) return answer;
  throw new Error(`${name} failed with errno ${-answer}`);
}

/** Closes a descriptor that may be closed already. */
export function closeQuietly(fd: number): void {
  try {
    closeSync(fd);
  } catch {
    // Nothing depends on it.
  }
}
