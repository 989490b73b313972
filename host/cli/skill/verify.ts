import { verifyDir } from '../../skill/verify.ts';
import type { Context } from '../context.ts';
import { openHost } from '../host.ts';
import { EXIT } from '../output.ts';
import { asksLines, keyText, skillJson, trustText } from './describe.ts';
import { printRefusal } from './refusal.ts';

/** What others will see of a bundle. */
export async function skillVerify(context: Context, dir: string): Promise<number> {
  const host = openHost(context);
  const verified = verifyDir(dir, (name) => host.verifyContext(name));
  if ('kind' in verified) return printRefusal(context, verified, dir);
  const skill = verified.value;
  for (const warning of skill.manifest.warnings) context.out.warn(warning);
  context.out.result(
    [
      `${skill.name} ${skill.manifest.version ?? '(no version)'}: ${trustText(skill.trust)}`,
      `key       ${keyText(skill.key)}`,
      `digest    ${skill.digest} (form ${skill.form})`,
      `asks for  ${asksLines(skill.manifest.permissions).join('\n          ')}`,
    ].join('\n'),
    { ok: true, ...skillJson(skill) },
  );
  return EXIT.done;
}
