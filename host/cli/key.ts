import { randomFillSync } from 'node:crypto';
import { fingerprint, parsePublicKey } from '../skill/ed25519.ts';
import { requestDelegation } from '../skill/delegation-request.ts';
import { KeyDir } from '../skill/keys.ts';
import { ensureDataDir } from '../config.ts';
import type { Context } from './context.ts';
import { openKey } from './keys.ts';
import { EXIT } from './output.ts';

export async function keyNew(context: Context, name: string): Promise<number> {
  ensureDataDir(context.config.dataDir);
  const keys = new KeyDir(context.config.dataDir);
  const { key } = keys.create(name, { fill: (bytes) => void randomFillSync(bytes) });
  context.out.result(
    [
      `Made the key "${name}" in ${keys.path}`,
      `public key   ${key}`,
      `fingerprint  ${fingerprint(key)}`,
      'Tell people the public key, so that they can compare it. Keep a copy of the .seed file somewhere safe: nobody can make it again.',
      `Next: wirken skill sign DIR${name === 'default' ? '' : ` --key ${name}`}`,
    ].join('\n'),
    { ok: true, name, key },
  );
  return EXIT.done;
}

export async function keyList(context: Context): Promise<number> {
  const keys = new KeyDir(context.config.dataDir).list();
  context.out.result(
    keys.length === 0
      ? 'No keys yet. `wirken key new` makes one.'
      : keys.map(({ name, key }) => `${name}  ${key}`).join('\n'),
    { keys: keys.map(({ name, key }) => ({ name, key })) },
  );
  return EXIT.done;
}

export async function keyRequest(context: Context, root: string, options: { readonly key: string }): Promise<number> {
  using seed = openKey(context, options.key);
  const request = requestDelegation(seed.bytes, parsePublicKey(root)).trimEnd();
  context.out.note('Send this line to the holder of the root, who runs `wirken trust delegate`:');
  context.out.result(request, { ok: true, request });
  return EXIT.done;
}
