import type * as ffiModule from 'node:ffi';
import { createRequire } from 'node:module';

type Ffi = typeof ffiModule;

/**
 * The C library of this process through node:ffi. Whoever holds it can do anything that the process can: it is handed to the modules
 * that bind what they need, and never further.
 */
export interface Libc {
  /**
   * Any system call with up to six arguments of 64 bits. Answers its result, or the negative errno.
   * Source: syscall(2).
   */
  syscall(number: number, ...args: readonly bigint[]): number;
  /** Answers the result, or the negative errno. Source: prctl(2). */
  prctl(option: number, a2?: bigint, a3?: bigint, a4?: bigint, a5?: bigint): number;
  /** The address of the front of `memory`, valid as long as the caller holds `memory` and does not detach it. */
  address(memory: ArrayBuffer): bigint;
  /** The errno that the last call on this thread left behind; meaningful right after a failure only. */
  readonly errno: () => number;
  /** A C function by name with a signature of node:ffi. The caller vouches for the signature. */
  bindUnchecked: Ffi['DynamicLibrary']['prototype']['getFunction'];
}

/** System call numbers that differ between the architectures that are supported. */
interface SystemCalls {
  readonly fstat: number;
  readonly getdents64: number;
  readonly openat2: number;
}

/** How `struct stat` lies in memory. */
interface StatLayout {
  readonly modeAt: number;
  readonly nlinkAt: number;
}

const ARCHES: {
  readonly [arch: string]: { readonly calls: SystemCalls; readonly stat: StatLayout } | undefined;
} = {
  // nlink has 64 bits here; the low half is enough to tell one from more, little-endian as both are.
  x64: { calls: { fstat: 5, getdents64: 217, openat2: 437 }, stat: { modeAt: 24, nlinkAt: 16 } },
  arm64: { calls: { fstat: 80, getdents64: 61, openat2: 437 }, stat: { modeAt: 16, nlinkAt: 20 } },
};

/** The numbers and layouts of this machine, or `undefined` if it is none of the supported ones. */
// The global, not node:process: importing that opens the standard streams and sets descriptors 0 to 2 non-blocking.
export const ABI = process.platform === 'linux' ? ARCHES[process.arch] : undefined;

let loaded: Libc | undefined;

/**
 * The C library, or `undefined` where node:ffi is missing, forbidden by the permission model, or the system is not supported. The first
 * call loads it; Node warns then that FFI is experimental, once, unless started with `--disable-warning=ExperimentalWarning`.
 */
export function loadLibc(): Libc | undefined {
  if (ABI === undefined) return undefined;
  // Asked first, for the mere import of node:ffi prints the warning.
  if (process.permission !== undefined && !process.permission.has('ffi')) return undefined;
  if (loaded !== undefined) return loaded;
  try {
    loaded = bind(load());
  } catch {
    return undefined;
  }
  return loaded;
}

function load(): Ffi {
  // Node without it throws here and not at start.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- require has no types for a built-in module
  return createRequire(import.meta.url)('node:ffi') as Ffi;
}

function bind(ffi: Ffi): Libc {
  // One library object a function: each remembers a single signature for a symbol.
  const libraries: InstanceType<Ffi['DynamicLibrary']>[] = [];
  const bindUnchecked: Libc['bindUnchecked'] = (name, signature) => {
    const library = new ffi.DynamicLibrary(null);
    libraries.push(library);
    return library.getFunction(name, signature);
  };
  const errnoAddress = bindUnchecked('__errno_location', { arguments: [], return: 'pointer' });
  const errno = (): number => ffi.getInt32(errnoAddress());
  const syscall = bindUnchecked('syscall', {
    arguments: ['i64', 'i64', 'i64', 'i64', 'i64', 'i64', 'i64'],
    return: 'i64',
  });
  const prctl = bindUnchecked('prctl', { arguments: ['i32', 'u64', 'u64', 'u64', 'u64'], return: 'i32' });
  return {
    syscall(number, ...[a = 0n, b = 0n, c = 0n, d = 0n, e = 0n, f = 0n]) {
      const result = syscall(BigInt(number), a, b, c, d, e, f);
      return result === -1n ? -errno() : Number(result);
    },
    prctl(option, a2 = 0n, a3 = 0n, a4 = 0n, a5 = 0n) {
      const result = prctl(option, a2, a3, a4, a5);
      return result === -1 ? -errno() : result;
    },
    address: (memory) => ffi.getRawPointer(memory),
    errno,
    bindUnchecked,
  };
}
