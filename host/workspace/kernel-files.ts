/**
 * File systems whose regular files are doors to the kernel or to other processes, `/proc/self/mem` for instance, by their `f_type`.
 * Source: Linux, include/uapi/linux/magic.h; statfs(2).
 */
const TYPES: ReadonlySet<number> = new Set([
  0x9fa0, // proc
  0x6265_6572, // sysfs
  0x6462_6720, // debugfs
  0x7472_6163, // tracefs
  0x7363_6673, // securityfs
  0x6265_6570, // configfs
  0x27_e0eb, // cgroup
  0x6367_7270, // cgroup2
  0xcafe_4a11, // bpf
  0xde5e_81e4, // efivarfs
  0x6165_676c, // pstore
  0xf97c_ff8c, // selinuxfs
  0x4341_5d53, // smackfs
  0x4249_4e4d, // binfmt_misc
  0x6e73_6673, // nsfs
  0x1cd1, // devpts
]);

export function isKernelMade(type: number): boolean {
  return TYPES.has(type);
}

/** Answers for the device of each file whether it is such a file system, asking again only when the device is another one. */
export class KernelFiles {
  readonly #typeOf: (fd: number) => number | undefined;
  #ordinary: bigint | undefined;

  /** `typeOf` answers the `f_type` behind a descriptor, `undefined` if it cannot. */
  constructor(typeOf: (fd: number) => number | undefined) {
    this.#typeOf = typeOf;
  }

  /** Whether the open file is one; of a file system that does not answer it is taken for one. */
  has(fd: number, device: bigint): boolean {
    if (device === this.#ordinary) return false;
    const type = this.#typeOf(fd);
    if (type === undefined || isKernelMade(type)) return true;
    this.#ordinary = device;
    return false;
  }
}
