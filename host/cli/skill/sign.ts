import { resolve } from 'node:path';
import { HostError } from '../../base/error.ts';
import { MAX_DELEGATION_BYTES } from '../../skill/delegation.ts';
import { readWhole } from '../../skill/durable.ts';
import { signBundle } from '../../skill/sign.ts';
import type { Context } from '../context.ts';
import { openKey } from '../keys.ts';
import { EXIT } from '../output.ts';

export interface SignFlags {
  readonly key: string;
  readonly delegation?: string;
}

export async function skillSign(context: Context, dir: string, flags: SignFlags): Promise<number> {
  const delegation =
    flags.delegation === undefined ? undefined : readDelegation(resolve(context.cwd, flags.delegation));
  using seed = openKey(context, flags.key);
  const { digest, key, manifest } = signBundle(
    resolve(context.cwd, dir),
    seed,
    delegation === undefined ? {} : { delegation },
  );
  for (const warning of manifest.warnings) context.out.warn(warning);
  context.out.result(
    [
      `Signed ${manifest.name} with ${key}`,
      `digest  ${digest}`,
      `pinned  ${manifest.integrity?.size ?? 0} files besides SKILL.md`,
      `Next: wirken skill verify ${dir}, then wirken skill pack ${dir}`,
    ].join('\n'),
    { ok: true, name: manifest.name, digest, key, files: manifest.integrity?.size ?? 0 },
  );
  return EXIT.done;
}

function readDelegation(path: string): Uint8Array {
  const bytes = readWhole(path, MAX_DELEGATION_BYTES, 'delegation-invalid');
  if (bytes !== undefined) return bytes;
  throw new HostError('not-found', 'there is no delegation at that place', {
    file: path,
    remedy: 'A root makes one with `wirken trust delegate`.',
  });
}
