import { arch } from 'node:process';
import { deniedCalls } from './denied.ts';
import type { Kernel } from './kernel.ts';

interface Machine {
  /** `AUDIT_ARCH_*` */
  readonly audit: number;
  readonly column: 0 | 1;
  readonly prlimit64: number;
}

const MACHINES: { readonly [arch: string]: Machine | undefined } = {
  x64: { audit: 0xc000_003e, column: 0, prlimit64: 302 },
  arm64: { audit: 0xc000_00b7, column: 1, prlimit64: 261 },
};

// Classic BPF and `struct seccomp_data`. Source: Linux, Documentation/userspace-api/seccomp_filter.rst.
const LOAD = 0x20;
const JUMP_IF_EQUAL = 0x15;
const JUMP_IF_AT_LEAST = 0x35;
const RETURN = 0x06;
const NUMBER_AT = 0;
const ARCH_AT = 4;
const ARGS_AT = 16;
const ALLOW = 0x7fff_0000;
const REFUSE = 0x0005_0000 | 1;
/** Calls of the x32 kind: another numbering of the same calls. */
const X32 = 0x4000_0000;

type Step = readonly [code: number, whenTrue: number, whenFalse: number, value: number];

/**
 * Has the kernel refuse (EPERM) to the calling thread, and to every process that it starts from now on, the calls of `denied.ts`, limits
 * set on other processes, and calls of another architecture. `no_new_privs` must be set. There is no way back.
 * @throws Error if the kernel refuses or the machine is none that is known; then nothing is filtered.
 */
export function filterThread(kernel: Kernel): void {
  const machine = MACHINES[arch];
  if (machine === undefined) throw new Error(`no system call numbers for ${arch}`);
  kernel.filterCalls(encode(filterFor(machine)));
}

function filterFor({ audit, column, prlimit64 }: Machine): readonly Step[] {
  const refuse: Step = [RETURN, 0, 0, REFUSE];
  return [
    [LOAD, 0, 0, ARCH_AT],
    [JUMP_IF_EQUAL, 1, 0, audit],
    refuse,
    [LOAD, 0, 0, NUMBER_AT],
    [JUMP_IF_AT_LEAST, 0, 1, X32],
    refuse,
    ...deniedCalls(column).flatMap((number): readonly Step[] => [[JUMP_IF_EQUAL, 0, 1, number], refuse]),
    // prlimit64(pid, resource, new, old): one's own, or without anything new.
    [JUMP_IF_EQUAL, 0, 7, prlimit64],
    [LOAD, 0, 0, ARGS_AT],
    [JUMP_IF_EQUAL, 5, 0, 0],
    [LOAD, 0, 0, ARGS_AT + 16],
    [JUMP_IF_EQUAL, 0, 2, 0],
    [LOAD, 0, 0, ARGS_AT + 20],
    [JUMP_IF_EQUAL, 1, 0, 0],
    refuse,
    [RETURN, 0, 0, ALLOW],
  ];
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
