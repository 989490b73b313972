import { HostError } from '../../base/error.ts';
import { shown } from '../../base/shown.ts';
import type { ModuleFacts } from '../module/inspect.ts';

/** Printable ASCII without quotes and backslashes; every toolchain's own names keep to that. */
const PLAIN = /^[\x20-\x7e]*$/;
const ACTIVE = /['"`\\]|\$\{|\*\//;

/**
 * Refuses core modules whose import or export names could act as code. The transpiler writes these names into its script between
 * quotes as they are, and in a core module a name may hold anything: `r']; attack(); exports1['r` would run.
 * @throws HostError component-invalid
 */
export function requirePlainNames(cores: readonly ModuleFacts[]): void {
  for (const { imports, exports } of cores) {
    for (const { module, name } of imports) {
      requirePlain(module);
      requirePlain(name);
    }
    for (const { name } of exports) requirePlain(name);
  }
}

/** @throws HostError component-invalid */
export function requirePlain(untrusted: string): void {
  if (PLAIN.test(untrusted) && !ACTIVE.test(untrusted)) return;
  throw new HostError(
    'component-invalid',
    `the component uses a name that could act as code: ${shown(untrusted, 100)}`,
    {
      remedy: 'Name imports and exports in printable ASCII without quotes and backslashes.',
    },
  );
}
