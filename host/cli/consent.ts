import { diffLines } from '../skill/diff.ts';
import type { Consent, ConsentRequest } from '../skill/install-ports.ts';
import { askWord, canAsk } from './ask-person.ts';
import type { Context } from './context.ts';
import { fingerprint } from '../skill/ed25519.ts';
import { asksLines, trustText } from './skill/describe.ts';
import { gutter } from './terminal/gutter.ts';
import { shown } from '../base/shown.ts';

/** Asks on the terminal before a skill is installed; where there is none, nobody is asked and nothing is granted. */
export function terminalConsent(context: Context): Consent {
  return {
    ask: async (request) => {
      if (!canAsk(context)) return { kind: 'unavailable' };
      const { name } = request.skill;
      const yes = await askWord(
        context,
        requestLines(context, request),
        name,
        `Install ${name} and grant what it asks for?`,
      );
      return yes ? { kind: 'granted', given: request.asks } : { kind: 'declined' };
    },
  };
}

function requestLines({ noteStyle: style }: Context, request: ConsentRequest): readonly string[] {
  const { skill, key, previous } = request;
  const stranger = skill.trust.kind !== 'root-delegated';
  return [
    `${style.bold(skill.name)} ${skill.manifest.version ?? '(no version)'}, from ${shown(request.source, 400)}`,
    `signed by ${fingerprint(key)}…  ${stranger ? style.warn(trustText(skill.trust)) : trustText(skill.trust)}`,
    ...(stranger ? [`whole key ${key}: compare it with what its author told you`] : []),
    ...(request.newKey ? [style.bad('The name belonged to ANOTHER KEY until now.')] : []),
    gutter(skill.manifest.description, style),
    ...(previous === undefined
      ? ['asks for:', ...asksLines(request.asks).map((line) => `  ${line}`)]
      : [
          'asks for, against the version that is installed:',
          ...diffLines(previous.diff).map((line) => `  ${shown(line)}`),
        ]),
    ...(request.allowedTools.length === 0
      ? []
      : [
          `would like these tools of a model (not granted by this): ${request.allowedTools.map((tool) => shown(tool, 80)).join(', ')}`,
        ]),
    ...request.warnings.map((warning) => style.warn(`warning: ${warning}`)),
  ];
}
