import { arch } from 'node:process';
import { afterStart, deniedCalls } from './denied.ts';
import type { Kernel } from './kernel.ts';

interface Machine {
  /** `AUDIT_ARCH_*` */
  readonly audit: number;
  readonly column: 0 | 1;
  readonly prlimit64: number;
  readonly clone: number;
  readonly fcntl: number;
}

const MACHINES: { readonly [arch: string]: Machine | undefined } = {
  x64: { audit: 0xc000_003e, column: 0, prlimit64: 302, clone: 56, fcntl: 72 },
  arm64: { audit: 0xc000_00b7, column: 1, prlimit64: 261, clone: 220, fcntl: 25 },
};

// Classic BPF and `struct seccomp_data`. Source: Linux, Documentation/userspace-api/seccomp_filter.rst.
const LOAD = 0x20;
const JUMP_IF_EQUAL = 0x15;
const JUMP_IF_AT_LEAST = 0x35;
const JUMP_IF_ANY_BIT = 0x45;
const RETURN = 0x06;
const NUMBER_AT = 0;
const ARCH_AT = 4;
const ARGS_AT = 16;
const ALLOW = 0x7fff_0000;
const REFUSE = 0x0005_0000 | 1;
const REFUSE_AS_MISSING = 0x0005_0000 | 38;
const CLONE_THREAD = 0x0001_0000;
/** One number everywhere. Its flags lie in memory, which a filter cannot read; without it the C library takes clone. */
const CLONE3 = 435;
/** F_SETOWN, F_SETSIG, F_SETOWN_EX: a descriptor that sends signals. */
const SIGNALLING = [8, 10, 15] as const;
/** Calls of the x32 kind: another numbering of the same calls. */
const X32 = 0x4000_0000;

type Step = readonly [code: number, whenTrue: number, whenFalse: number, value: number];

/**
 * Has the kernel refuse (EPERM) to the calling thread, and to every process that it starts from now on, the calls of `denied.ts`, limits
 * set on other processes, and calls of another architecture. `no_new_privs` must be set. There is no way back.
 * @throws Error if the kernel refuses or the machine is none that is known; then nothing is filtered.
 */
export function filterThread(kernel: Kernel): void {
  const { audit, column, prlimit64 } = machine();
  const program = [
    ...refuseCalls(audit, deniedCalls(column)),
    // prlimit64(pid, resource, new, old): one's own, or without anything new.
    ...when(prlimit64, [
      [LOAD, 0, 0, ARGS_AT],
      [JUMP_IF_EQUAL, 5, 0, 0],
      [LOAD, 0, 0, ARGS_AT + 16],
      [JUMP_IF_EQUAL, 0, 2, 0],
      [LOAD, 0, 0, ARGS_AT + 20],
      [JUMP_IF_EQUAL, 1, 0, 0],
      refuse,
    ]),
    allow,
  ];
  kernel.filterCalls(encode(program), 'thread');
}

/**
 * The same for this whole process, once it needs no other any more: it starts no process and no program, and signals nobody but itself.
 * Threads it may have. @throws Error as `filterThread`
 */
export function filterProcess(kernel: Kernel): void {
  const { audit, column, clone, fcntl } = machine();
  const program = [
    ...refuseCalls(audit, afterStart(column)),
    [JUMP_IF_EQUAL, 0, 1, CLONE3],
    [RETURN, 0, 0, REFUSE_AS_MISSING],
    ...when(clone, [[LOAD, 0, 0, ARGS_AT], [JUMP_IF_ANY_BIT, 1, 0, CLONE_THREAD], refuse]),
    ...when(fcntl, [
      [LOAD, 0, 0, ARGS_AT + 8],
      ...SIGNALLING.flatMap((command): readonly Step[] => [[JUMP_IF_EQUAL, 0, 1, command], refuse]),
    ]),
    allow,
  ] as const satisfies readonly Step[];
  kernel.filterCalls(encode(program), 'process');
}

const refuse: Step = [RETURN, 0, 0, REFUSE];
const allow: Step = [RETURN, 0, 0, ALLOW];

function machine(): Machine {
  const known = MACHINES[arch];
  if (known === undefined) throw new Error(`no system call numbers for ${arch}`);
  return known;
}

/** Leaves the call's number loaded. */
function refuseCalls(audit: number, calls: readonly number[]): readonly Step[] {
  return [
    [LOAD, 0, 0, ARCH_AT],
    [JUMP_IF_EQUAL, 1, 0, audit],
    refuse,
    [LOAD, 0, 0, NUMBER_AT],
    [JUMP_IF_AT_LEAST, 0, 1, X32],
    refuse,
    ...calls.flatMap((number): readonly Step[] => [[JUMP_IF_EQUAL, 0, 1, number], refuse]),
  ];
}

/** Runs `steps` for one call only; whoever falls out of them has another number loaded, and is allowed. */
function when(call: number, steps: readonly Step[]): readonly Step[] {
  return [[JUMP_IF_EQUAL, 0, steps.length + 1, call], ...steps, allow];
}

/** As an array of `struct sock_filter`: u16 code, u8 jt, u8 jf, u32 k. */
function encode(steps: readonly Step[]): ArrayBuffer {
  const bytes = new DataView(new ArrayBuffer(steps.length * 8));
  for (const [index, [code, whenTrue, whenFalse, value]] of steps.entries()) {
    bytes.setUint16(index * 8, code, true);
    bytes.setUint8(index * 8 + 2, whenTrue);
    bytes.setUint8(index * 8 + 3, whenFalse);
    bytes.setUint32(index * 8 + 4, value, true);
  }
  return bytes.buffer;
}
