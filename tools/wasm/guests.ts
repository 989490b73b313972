// Every C source that the tests turn into a guest, with what the compiler is told for it.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CORES } from '../../host/wasi/component/fixtures/build.ts';
import { flagsOf } from '../../test-skills/build.ts';
import { readCases } from '../../test-skills/case.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

export interface CGuest {
  /** Absolute. */
  readonly source: string;
  readonly flags: readonly string[];
}

export function cGuests(): readonly CGuest[] {
  const preview1 = join(root, 'host', 'wasi', 'preview1', 'fixtures');
  const component = join(root, 'host', 'wasi', 'component', 'fixtures');
  return [
    { source: join(preview1, 'signatures.c'), flags: ['-O0'] },
    { source: join(preview1, 'errnos.c'), flags: [] },
    { source: join(preview1, 'oracle.c'), flags: [] },
    ...Object.entries(CORES).map(([name, flags]) => ({ source: join(component, name), flags })),
    ...[...readCases('benign'), ...readCases('hostile')]
      .filter(({ source }) => source.endsWith('.c'))
      .map((spec) => ({ source: spec.source, flags: flagsOf(spec) })),
  ];
}
