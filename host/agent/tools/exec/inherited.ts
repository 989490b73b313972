import { readdirSync, readFileSync } from 'node:fs';
import { HostError, systemCode } from '../../../base/error.ts';

/** Source: open(2); the same on every architecture that is supported. */
const O_CLOEXEC = 0o2000000;
const MAX_DESCRIPTOR = 4_096;

/**
 * The descriptors above 2 that a child of this process would inherit though nobody gave them to it: whoever started wirken left them
 * open. A directory among them would lead out of any sandbox.
 * @throws HostError `unsupported` if one has so high a number that it cannot be covered
 */
export function inheritedDescriptors(): readonly number[] {
  return readdirSync('/proc/self/fd')
    .map(Number)
    .filter((fd) => fd > 2 && isInherited(fd))
    .map((fd) => {
      if (fd <= MAX_DESCRIPTOR) return fd;
      throw new HostError(
        'unsupported',
        `wirken was started with the open descriptor ${fd}, which programs would inherit`,
        {
          remedy: 'Start wirken from a program that closes its files, a shell for instance.',
        },
      );
    });
}

function isInherited(fd: number): boolean {
  try {
    const flags = /^flags:\s*([0-7]+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'))?.[1];
    return flags === undefined || (Number.parseInt(flags, 8) & O_CLOEXEC) === 0;
  } catch (error) {
    // Closed since: the listing itself was one.
    if (systemCode(error) === 'ENOENT') return false;
    throw error;
  }
}
