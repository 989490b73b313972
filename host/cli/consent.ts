import { shown } from '../base/shown.ts';
import { diffLines } from '../skill/diff.ts';
import { fingerprint } from '../skill/ed25519.ts';
import { gatedConsent } from '../skill/gated-consent.ts';
import type { Consent, ConsentRequest } from '../skill/install-ports.ts';
import type { Approver } from '../policy/gate-ports.ts';
import { askWord, canAsk } from './ask-person.ts';
import type { Context } from './context.ts';
import { Session } from './session.ts';
import { asksLines, trustText } from './skill/describe.ts';
import { gutter } from './terminal/gutter.ts';

/** A session that installs: its gate asks with all that the skill is and wants on the screen. */
export interface InstallSession {
  readonly session: Session;
  readonly consent: Consent;
}

export function installSession(context: Context, command: string): InstallSession {
  let request: ConsentRequest | undefined;
  const approver: Approver = {
    ask: async (_question, signal) => {
      if (request === undefined || !canAsk(context)) return 'unavailable';
      const { name } = request.skill;
      const person = { stdin: context.stdin, stderr: context.stderr, signal };
      const lines = requestLines(context, request);
      // The name, which differs from skill to skill: nobody types it out of habit.
      return (await askWord(person, lines, name, `Install ${name} and grant what it asks for?`)) ? 'once' : 'no';
    },
  };
  const session = new Session(context, { channel: 'cli', command, approver });
  const present = (asked: ConsentRequest): void => {
    request = asked;
  };
  return { session, consent: gatedConsent({ gate: session.gate, asker: session.caller, present }) };
}

function requestLines({ noteStyle: style, stderr: { columns } }: Context, request: ConsentRequest): readonly string[] {
  const { skill, key, previous } = request;
  const stranger = skill.trust.kind !== 'root-delegated';
  return [
    `${style.bold(skill.name)} ${skill.manifest.version ?? '(no version)'}, from ${shown(request.source, 400)}`,
    `signed by ${fingerprint(key)}…  ${stranger ? style.warn(trustText(skill.trust)) : trustText(skill.trust)}`,
    ...(stranger ? [`whole key ${key}: compare it with what its author told you`] : []),
    ...(request.newKey ? [style.bad('The name belonged to ANOTHER KEY until now.')] : []),
    gutter(skill.manifest.description, style, columns),
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
