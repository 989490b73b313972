import type { Asker } from '../policy/action.ts';
import type { Asks } from '../policy/gate-ports.ts';
import type { Consent, ConsentRequest } from './install-ports.ts';

export interface GatedConsentSpec {
  readonly gate: Asks;
  readonly asker: Asker;
  /** Gets what a person is to be shown before the gate asks. */
  readonly present: (request: ConsentRequest) => void;
}

/** Leave to install as the policy gives it: each install is a decision of the gate, also the one that nobody is asked about. */
export function gatedConsent({ gate, asker, present }: GatedConsentSpec): Consent {
  return {
    ask: async (request, standing, signal) => {
      const { name, digest } = request.skill;
      present(request);
      const allowed =
        standing === undefined ? [] : [{ variant: 'SkillInstall', pattern: name, option: standing } as const];
      const answer = await gate.ask<'SkillInstall'>({ kind: 'SkillInstall', name, digest }, asker, { allowed }, signal);
      if (answer.kind === 'permit') return { kind: 'granted', given: request.asks, permit: answer };
      if (answer.decider === 'nobody') return { kind: 'unavailable' };
      if (answer.decider === 'person') return { kind: 'declined' };
      return { kind: 'denied', message: answer.message, remedy: answer.remedy };
    },
  };
}
