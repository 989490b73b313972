import { loadKernel } from '../pool/kernel.ts';
import { filterProcess } from '../pool/seccomp.ts';

/** Takes from this process what it needs no more, where the kernel has the means; the other walls stand without. */
export function sealProcess(): void {
  const kernel = loadKernel();
  if (kernel === undefined) return;
  try {
    filterProcess(kernel);
  } catch {
    // Kernels are built without it, and without no_new_privs it is refused.
  }
}
