import { realpathSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { HostError, systemCode } from '../../base/error.ts';
import { replaceFile } from '../../skill/durable.ts';
import { packBundle } from '../../skill/pack.ts';
import { sha256 } from '../../skill/digest.ts';
import { readBundleDir } from '../../skill/read-bundle.ts';
import { verify } from '../../skill/verify.ts';
import type { Context } from '../context.ts';
import { openHost } from '../host.ts';
import { EXIT } from '../output.ts';
import { printRefusal } from './refusal.ts';

export async function skillPack(context: Context, dir: string, options: { readonly out?: string }): Promise<number> {
  const raw = readBundleDir(dir);
  const verified = verify(raw, openHost(context).verifyContext(raw.name));
  if ('kind' in verified) return printRefusal(context, verified, dir);
  const bytes = packBundle(raw, verified);
  const { name, manifest } = verified.value;
  const file = resolve(context.cwd, options.out ?? `${name}-${manifest.version ?? ''}.skill`);
  refuseInside(file, resolve(context.cwd, dir));
  replaceFile(file, bytes);
  const digest = sha256(bytes);
  context.out.result(
    `${file}\n${bytes.length} bytes, sha256 ${digest}\nNext: give it to someone, who runs \`wirken skill install ${name}-${manifest.version ?? ''}.skill\`.`,
    { ok: true, file, bytes: bytes.length, sha256: digest, name, version: manifest.version ?? null },
  );
  return EXIT.done;
}

/** An archive inside the bundle would be one file more than was signed. @throws HostError `usage` */
function refuseInside(file: string, bundle: string): void {
  let parent: string;
  try {
    parent = realpathSync(dirname(file));
  } catch (error) {
    // What cannot be found is told by whoever writes there.
    if (systemCode(error) === undefined) throw error;
    return;
  }
  if (!join(parent, '/').startsWith(join(realpathSync(bundle), '/'))) return;
  throw new HostError('usage', 'the archive would lie inside the skill, which has signed what lies there', {
    file,
    remedy: 'Run this from the directory above, or name another place with --out.',
  });
}
