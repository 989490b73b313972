import { closeSync, constants, openSync } from 'node:fs';
import type { Kernel } from './kernel.ts';

/** What a fenced process may still do beneath one file or directory. */
export type FenceRight = 'read' | 'execute' | 'write';

export interface FenceRule {
  /** A path of ours, or a descriptor that is already open. */
  readonly at: string | number;
  readonly isDirectory: boolean;
  readonly rights: readonly FenceRight[];
}

const EXECUTE = 1n << 0n;
const WRITE_FILE = 1n << 1n;
const READ_FILE = 1n << 2n;
const READ_DIR = 1n << 3n;
const REMOVE_DIR = 1n << 4n;
const REMOVE_FILE = 1n << 5n;
const MAKE_DIR = 1n << 7n;
const MAKE_REG = 1n << 8n;
const MAKE_SYM = 1n << 12n;
const REFER = 1n << 13n;
const TRUNCATE = 1n << 14n;

const ON_FILES: Readonly<Record<FenceRight, bigint>> = {
  read: READ_FILE,
  execute: EXECUTE | READ_FILE,
  write: WRITE_FILE | TRUNCATE,
};
const ON_DIRECTORIES: Readonly<Record<FenceRight, bigint>> = {
  read: READ_FILE | READ_DIR,
  execute: EXECUTE | READ_FILE,
  write: WRITE_FILE | TRUNCATE | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG | MAKE_SYM | REFER,
};

const CREATE_RULESET_VERSION = 1n;
const RULE_PATH_BENEATH = 1n;
const O_PATH = 0o10000000;

/** The kernel's Landlock version, 0 without one. Source: Linux, Documentation/userspace-api/landlock.rst. */
export function landlockAbi(kernel: Kernel): number {
  try {
    return kernel.landlock('createRuleset', 0n, 0n, CREATE_RULESET_VERSION);
  } catch {
    return 0;
  }
}

/**
 * Confines the calling thread, and every process that it starts from now on, to the rules: no other file, no TCP, no abstract Unix
 * socket and no signal to the outside, as far as the kernel's version knows the means. There is no way back.
 * @throws Error if the kernel refuses; then nothing is fenced.
 */
export function restrictThread(kernel: Kernel, abi: number, rules: readonly FenceRule[]): void {
  const handled = filesHandled(abi);
  const attributes = new BigUint64Array([handled, abi >= 4 ? 0b11n : 0n, abi >= 6 ? 0b11n : 0n]);
  const attributeBytes = abi >= 6 ? 24n : abi >= 4 ? 16n : 8n;
  const ruleset = kernel.landlock('createRuleset', kernel.address(attributes.buffer), attributeBytes, 0n);
  try {
    for (const rule of rules) addRule(kernel, ruleset, handled, rule);
    kernel.forbidNewPrivileges();
    kernel.landlock('restrictSelf', BigInt(ruleset), 0n);
  } finally {
    closeSync(ruleset);
  }
}

/** Every file right of the version: what is handled and granted nowhere is denied everywhere. */
function filesHandled(abi: number): bigint {
  const rights = abi >= 5 ? 16n : abi >= 3 ? 15n : abi >= 2 ? 14n : 13n;
  return (1n << rights) - 1n;
}

function addRule(kernel: Kernel, ruleset: number, handled: bigint, rule: FenceRule): void {
  const table = rule.isDirectory ? ON_DIRECTORIES : ON_FILES;
  const allowed = rule.rights.reduce((sum, right) => sum | table[right], 0n) & handled;
  const fd = typeof rule.at === 'number' ? rule.at : openSync(rule.at, O_PATH | constants.O_NOFOLLOW);
  try {
    // struct landlock_path_beneath_attr is packed: u64 allowed_access, s32 parent_fd.
    const attributes = new DataView(new ArrayBuffer(12));
    attributes.setBigUint64(0, allowed, true);
    attributes.setInt32(8, fd, true);
    kernel.landlock('addRule', BigInt(ruleset), RULE_PATH_BENEATH, kernel.address(attributes.buffer), 0n);
  } finally {
    if (typeof rule.at === 'string') closeSync(fd);
  }
}
