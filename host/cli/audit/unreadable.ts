import { HostError } from '../../base/error.ts';
import type { Context } from '../context.ts';
import { faultJson, faultOf, faultText } from '../output.ts';

const UNREADABLE = 12;

/** Runs what verifies; what keeps it from doing so is said, and is no verdict. */
export async function orUnreadable({ out }: Context, verify: () => Promise<number>): Promise<number> {
  try {
    return await verify();
  } catch (error) {
    if (!(error instanceof HostError) || error.code === 'usage') throw error;
    const fault = faultOf(error);
    if (out.json) out.result('', faultJson(fault));
    else out.note(faultText(fault));
    return UNREADABLE;
  }
}
