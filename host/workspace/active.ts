import { HostError } from '../base/error.ts';
import type { Backend } from './backend.ts';
import { ABI, loadLibc } from './libc.ts';
import { openat2Backend } from './openat2.ts';
import { walkBackend } from './walk.ts';

/**
 * The back-end that this process can use: `openat2` where the kernel and node:ffi give it, else the walk.
 * @throws HostError `unsupported` on systems other than Linux on x64 and arm64.
 */
export function activeBackend(): Backend {
  if (ABI === undefined) {
    throw new HostError(
      'unsupported',
      `Workspaces need Linux on x64 or arm64, this is ${process.platform} ${process.arch}.`,
      {
        remedy:
          'Run wirken on Linux, in a container or a virtual machine for instance, or use skills without file access.',
      },
    );
  }
  const libc = loadLibc();
  return (libc === undefined ? undefined : openat2Backend(libc)) ?? walkBackend;
}
