import { HostError } from '../base/error.ts';
import type { Backend } from './backend.ts';
import { ABI, loadLibc } from './libc.ts';
import { openat2Backend } from './openat2.ts';
import { walkBackend } from './walk.ts';

let active: Backend | undefined;

/**
 * The back-end that this process can use: `openat2` where the kernel and node:ffi give it, else the walk. The first call may load
 * node:ffi, see `loadLibc`.
 * @throws HostError `unsupported` on systems other than Linux on x64 and arm64.
 */
export function activeBackend(): Backend {
  requireSupported();
  if (active === undefined) {
    const libc = loadLibc();
    active = (libc === undefined ? undefined : openat2Backend(libc)) ?? walkBackend;
  }
  return active;
}

/** @throws HostError `unsupported` where there is no back-end. */
export function requireSupported(): void {
  if (ABI !== undefined) return;
  throw new HostError(
    'unsupported',
    `Workspaces need Linux on x64 or arm64, this is ${process.platform} ${process.arch}.`,
    {
      remedy:
        'Run wirken on Linux, in a container or a virtual machine for instance, or use skills without file access.',
    },
  );
}
