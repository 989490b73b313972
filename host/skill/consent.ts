import { HostError } from '../base/error.ts';
import type { Clock } from '../base/ports.ts';
import { shown } from '../base/shown.ts';
import { intersect, isNothing, listed, NOTHING, PERMISSION_KEYS, type Permissions, widened } from '../policy/grants.ts';
import { diffPermissions } from './diff.ts';
import type { Consent, ConsentRequest } from './install-ports.ts';
import type { GrantedBy, LockedGrants, LockedSource, LockEntry } from './lock.ts';
import { keyOf, ownsPin, publisherOf, sameOwner } from './owner.ts';
import type { Permit } from '../policy/permit.ts';
import { refused } from './refused.ts';
import type { Skill } from './skill.ts';
import type { Pin, Refusal } from './verify.ts';

export interface GrantOptions {
  /** Answers the question with yes: what the manifest asks for is granted. */
  readonly yes?: boolean;
  /** Grants only these of the asks, `filesystem.read:src/**` for instance. */
  readonly grant?: readonly string[];
}

/** The skill that is to be installed, and what stands under its name so far. */
export interface Candidate {
  readonly skill: Skill;
  readonly source: LockedSource;
  readonly previous: LockEntry | undefined;
  readonly pin: Pin | undefined;
}

/**
 * What is granted and by whom. A person is asked about a self-signed skill, about a new key, and about every right that the version
 * before did not ask for; not about an update from the same publisher that asks for nothing wider, which keeps what was given.
 * @throws HostError `usage` for a grant that the skill does not ask for.
 */
export async function decideGrants(
  candidate: Candidate,
  ports: { readonly consent: Consent; readonly clock: Clock },
  options: GrantOptions,
  signal: AbortSignal,
): Promise<Decided | Refusal> {
  const { chosen, standing } = standingGrants(candidate, ports.clock, options);
  const request = requestOf(candidate, isNewKey(candidate));
  const answer = await ports.consent.ask(request, standing?.why, signal);
  signal.throwIfAborted();
  if (answer.kind === 'unavailable') return consentRequired(request);
  if (answer.kind === 'declined') return declined(candidate.skill);
  if (answer.kind === 'denied') return refused('denied', answer.message, { remedy: answer.remedy });
  const { permit, given } = answer;
  if (standing !== undefined) return { permit, grants: standing.grants };
  const asked = candidate.skill.manifest.permissions;
  const at = new Date(ports.clock.now()).toISOString();
  if (permit.decider !== 'person') {
    // A rule let it in, and nobody saw what it asks for: it gets what was named, or given to the same publisher before.
    const { previous } = candidate;
    const kept = previous !== undefined && sameOwner(previous, candidate.skill) ? previous.grants.given : NOTHING;
    return {
      permit,
      grants: { asked, given: intersect(asked, chosen ?? kept), at, by: chosen ? '--grant' : 'nobody' },
    };
  }
  const all = chosen === undefined ? given : intersect(chosen, given);
  return { permit, grants: { asked, given: intersect(asked, all), at, by: 'person' } };
}

/** What was granted, and the leave to install it. */
export interface Decided {
  readonly grants: LockedGrants;
  readonly permit: Permit<'SkillInstall'>;
}

interface Standing {
  /** What `--grant` names. */
  readonly chosen: Permissions | undefined;
  /** Absent when only a person can decide. */
  readonly standing: { readonly grants: LockedGrants; readonly why: string } | undefined;
}

/** What is granted without asking anybody, and why. @throws HostError `usage` */
function standingGrants(candidate: Candidate, clock: Clock, { yes, grant }: GrantOptions): Standing {
  const { skill, previous } = candidate;
  const asked = skill.manifest.permissions;
  const chosen = grant === undefined ? undefined : chosenGrants(grant, asked);
  const at = new Date(clock.now()).toISOString();
  const decided = (given: Permissions, by: GrantedBy, why: string): Standing => ({
    chosen,
    standing: { grants: { asked, given: intersect(asked, given), at, by }, why },
  });
  if (yes === true) {
    return chosen === undefined
      ? decided(asked, '--yes', 'install --yes')
      : decided(chosen, '--grant', 'install --yes --grant');
  }
  const before = previous !== undefined && sameOwner(previous, skill) ? previous : undefined;
  if (before !== undefined && chosen === undefined && isNothing(widened(before.grants.asked, asked))) {
    const grants = { ...before.grants, asked, given: intersect(asked, before.grants.given) };
    return { chosen, standing: { grants, why: 'granted before to the same publisher' } };
  }
  const stranger = isNewKey(candidate) || (skill.trust.kind !== 'root-delegated' && before === undefined);
  if (!stranger && chosen !== undefined) return decided(chosen, '--grant', 'install --grant');
  if (!stranger && isNothing(asked)) return decided(NOTHING, 'nobody', 'a root vouches for it and it asks for nothing');
  return { chosen, standing: undefined };
}

/** Whether the name belonged to another key until now. */
function isNewKey({ pin, skill }: Candidate): boolean {
  return pin !== undefined && !ownsPin(pin, skill);
}

function requestOf({ skill, source, previous }: Candidate, newKey: boolean): ConsentRequest {
  const asks = skill.manifest.permissions;
  return {
    skill,
    key: keyOf(skill),
    publisher: publisherOf(skill),
    source: source.path,
    asks,
    allowedTools: skill.manifest.allowedTools,
    warnings: warningsOf(skill),
    ...(previous === undefined
      ? {}
      : { previous: { entry: previous, diff: diffPermissions(previous.grants.asked, asks) } }),
    newKey,
  };
}

function chosenGrants(grants: readonly string[], asked: Permissions): Permissions {
  const askedLines = listed(asked);
  const lines = grants.map((grant) => {
    const [, key, entry] = /^([a-z.]+)\s*[:=]\s*(.+)$/.exec(grant) ?? [];
    const line = `${key}: ${entry}`;
    if (askedLines.includes(line)) return line;
    throw new HostError('usage', `The skill does not ask for "${shown(grant)}"`, {
      remedy:
        askedLines.length === 0
          ? 'It asks for nothing; leave --grant out.'
          : `It asks for ${askedLines.map((asked) => shown(asked)).join(' · ')}.`,
    });
  });
  const pick = (kind: keyof Permissions): readonly string[] =>
    asked[kind].filter((entry) => lines.includes(`${PERMISSION_KEYS[kind]}: ${entry}`));
  return {
    filesystemRead: pick('filesystemRead'),
    filesystemWrite: pick('filesystemWrite'),
    networkHosts: pick('networkHosts'),
    secrets: pick('secrets'),
    tools: pick('tools'),
    inference: pick('inference'),
    env: pick('env'),
  };
}

function consentRequired({ skill, key, asks, source, previous, newKey }: ConsentRequest): Refusal {
  const wanted = listed(previous === undefined ? asks : previous.diff.added).map((line) => shown(line));
  const grants = wanted.length === 0 ? '' : `; it asks for ${wanted.join(' · ')}`;
  const whose =
    skill.trust.kind === 'root-delegated'
      ? `signed by publisher ${shown(publisherOf(skill))}`
      : `self-signed by ${key}`;
  const change = newKey ? ', which is not the key that this name had until now' : '';
  return refused('consent-required', `A person has to agree to install ${skill.name}, ${whose}${change}${grants}`, {
    file: source,
    remedy: 'Run it on a terminal, or say --yes to grant exactly that.',
  });
}

function declined(skill: Skill): Refusal {
  return refused('consent-required', `${skill.name} was not installed: the answer was no`, {
    remedy: 'Nothing was changed.',
  });
}

/** The manifest's warnings, and the hint that only `/name` reaches a skill whose author did not say so. */
function warningsOf({ manifest }: Skill): readonly string[] {
  return manifest.modelInvocationStated
    ? manifest.warnings
    : [
        ...manifest.warnings,
        `disable-model-invocation is not stated: only /${manifest.name} reaches it, a model does not pick it by itself`,
      ];
}
