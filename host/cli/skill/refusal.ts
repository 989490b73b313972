import { join } from 'node:path';
import type { Refusal } from '../../skill/verify.ts';
import type { Context } from '../context.ts';
import { EXIT, faultJson, faultText } from '../output.ts';

/** Prints why a bundle was refused and answers the exit code. `source` is what the user named. */
export function printRefusal(context: Context, refusal: Refusal, source: string): number {
  const { code, file: inside } = refusal;
  const file =
    inside === undefined || code === 'not-found' ? source : inside.startsWith('/') ? inside : join(source, inside);
  const fault = { code, message: refusal.message, file, remedy: refusal.remedy };
  if (context.out.json) context.out.result('', faultJson(fault));
  else context.out.note(faultText(fault));
  return EXIT.refused;
}
