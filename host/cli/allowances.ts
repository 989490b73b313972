import { HostError } from '../base/error.ts';
import { allowanceOfYes, parseAllowance } from '../policy/allowance.ts';
import type { Allowance } from '../policy/gate-ports.ts';

export interface AllowFlags {
  readonly yes?: boolean;
  /** `VARIANT[:PATTERN]` */
  readonly allow: readonly string[];
}

/** What the command line allows; `--yes` only that this skill runs. @throws HostError `usage` */
export function allowances({ yes, allow }: AllowFlags, skill?: string): readonly Allowance[] {
  return [...(yes === true && skill !== undefined ? [allowanceOfYes(skill)] : []), ...allow.map(allowance)];
}

function allowance(untrusted: string): Allowance {
  try {
    return parseAllowance(untrusted);
  } catch (error) {
    if (!(error instanceof HostError) || error.code !== 'policy-invalid') throw error;
    throw new HostError('usage', `--allow: ${error.message}`, { remedy: error.details.remedy ?? 'See --help.' });
  }
}
