import { namedLists } from '../../policy/grants.ts';
import type { Installed } from '../../skill/install.ts';
import type { Refusal } from '../../skill/verify.ts';
import type { SessionRow } from '../session.ts';

/** What was put in place, and with which rights. */
export function installedRow({ skill, entry }: Installed): SessionRow {
  return {
    actor: 'cli',
    action: 'skill.installed',
    detail: {
      skill: skill.name,
      ...(entry.version === undefined ? {} : { version: entry.version }),
      digest: entry.digest,
      key: entry.key,
      publisher: entry.publisher,
      trust: entry.trust.kind,
      granted: namedLists(entry.grants.given),
      by: entry.grants.by,
    },
  };
}

/** A bundle that did not get in. Its source is a name that someone else may have chosen. */
export function refusedRow({ code, message }: Refusal, source: string): SessionRow {
  return {
    actor: 'cli',
    action: 'skill.refused',
    detail: { code },
    redactable: { message: message.toWellFormed(), source: source.toWellFormed() },
  };
}
