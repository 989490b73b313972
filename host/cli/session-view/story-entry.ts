import { shown } from '../../base/shown.ts';
import type { Decider } from '../../policy/action.ts';
import type { AuditAction } from '../../policy/event.ts';
import { bytesText } from '../audit/bytes-text.ts';
import type { DetailView } from '../audit/detail-view.ts';
import { decision, essenceOf, isKnown, outcome } from '../audit/essence.ts';
import { duration } from '../audit/time.ts';
import type { Style } from '../terminal/style.ts';

type Fact = readonly [name: string, text: string];

/** A row as a part of the story; everything in it is harmless already. */
export interface StoryEntry {
  /** One word for what happened. */
  readonly label: string;
  readonly title: string;
  /** Name and text of what belongs to it. */
  readonly facts: readonly Fact[];
}

type Tell = (detail: DetailView, style: Style) => StoryEntry | undefined;

/** What a decision rests on, in words; `rule` is its text. */
const DECIDERS: Readonly<Record<Decider, (rule: string, person: string) => Fact>> = {
  tier: () => ['decided by', 'its tier alone; no rule speaks of it'],
  rule: (rule) => ['decided by', `the rule: ${rule}`],
  option: (rule) => ['decided by', `the option ${rule} of the command`],
  remembered: (rule) => ['decided by', `an answer given before: ${rule}`],
  person: (_, person) => ['decided by', `${person}, who was asked`],
  nobody: () => ['because', 'nobody could be asked, or nobody answered in time'],
  log: () => ['because', 'the log could not be written'],
};

/** How each row is told; `undefined` for rows that the head of the story, or its end, speaks of. */
const TELLS: Readonly<Record<AuditAction, Tell>> = {
  'session.start': () => undefined,
  'session.end': () => undefined,
  'chain.head': () => undefined,
  'inbound.message': essence('inbound.message', 'message'),
  'outbound.delivered': essence('outbound.delivered', 'answered'),
  'channel.mismatch': essence('channel.mismatch', 'mismatch'),
  'skill.verified': essence('skill.verified', 'verified'),
  'skill.refused': essence('skill.refused', 'refused'),
  'skill.installed': (detail) => ({
    label: 'installed',
    title: [detail.text('skill'), ...(detail.optional('version') === undefined ? [] : [detail.text('version')])].join(
      ' ',
    ),
    facts: [
      ['publisher', `${detail.text('publisher')} (${detail.text('trust')})`],
      ['digest', detail.text('digest', 16)],
      ['granted', rightsOf(detail.inner('granted'))],
      ...fact('failed', detail.optional('failed')),
    ],
  }),
  'skill.removed': essence('skill.removed', 'removed'),
  'skill.call': (detail) => ({
    label: 'ran',
    title: `the tool ${detail.text('tool')} of the skill ${detail.text('skill')}`,
    facts: [
      ['publisher', `${detail.text('publisher')} (${detail.text('trust')})`],
      ['digest', detail.text('digest', 16)],
      ['allowed to', rightsOf(detail.inner('permissions'))],
      ['limits', limitsOf(detail.inner('limits'))],
    ],
  }),
  'skill.result': (detail, style) => ({
    label: 'came out',
    title: [outcome(detail, style), ...measures(detail)].join(', '),
    facts: [
      ...fact('fenced by', detail.list('fences').join(', ') || undefined),
      ...fact('journal', detail.optional('journal')),
    ],
  }),
  'permission.decision': (detail, style) => ({
    label: decision(detail, style),
    title: `${detail.text('action_variant')} ${detail.text('subject', 1000)} (${detail.text('tier').replace(/^tier/, 'tier ')})`,
    facts: [decidedBy(detail), ...fact('answer', detail.optional('choice')), ...fact('asked by', askedBy(detail))],
  }),
  'permission.changed': essence('permission.changed', 'rules'),
  'trust.changed': essence('trust.changed', 'trust'),
  'llm.request': essence('llm.request', 'asked model'),
  'llm.response': essence('llm.response', 'model said'),
  'tool.call': (detail) => ({
    label: 'called',
    title: `the tool ${detail.text('tool')}`,
    facts: [['needs', detail.text('action_variant')]],
  }),
  'tool.result': (detail, style) => ({
    label: 'came out',
    title: [outcome(detail, style), ...fact('code', detail.optional('code')).map(([, code]) => code)].join(', '),
    facts: fact('journal', detail.optional('journal')),
  }),
  'injection.flagged': essence('injection.flagged', 'flagged'),
  'audit.redacted': (detail) => ({
    label: 'redacted',
    title: `${detail.text('pointer')} of the rows ${detail.text('rows', 400)}`,
    facts: [['reason', detail.text('reason', 1000)]],
  }),
};

/** @param action may be newer than this program */
export function storyEntry(action: string, detail: DetailView, style: Style): StoryEntry | undefined {
  if (isKnown(action)) return TELLS[action](detail, style);
  return { label: 'row', title: `${shown(action, 40)} ${detail.plain()}`, facts: [] };
}

/** The line of `audit log` says all there is. */
function essence(action: AuditAction, label: string): Tell {
  return (detail, style) => ({ label, title: essenceOf(action, detail, style), facts: [] });
}

function fact(name: string, text: string | undefined): readonly Fact[] {
  return text === undefined ? [] : [[name, text]];
}

function decidedBy(detail: DetailView): Fact {
  const decider = detail.text('decider');
  if (!isDecider(decider)) return ['decided by', decider];
  return DECIDERS[decider](detail.text('rule', 1000), detail.text('person'));
}

function isDecider(text: string): text is Decider {
  return Object.hasOwn(DECIDERS, text);
}

function askedBy(detail: DetailView): string | undefined {
  const skill = detail.optional('skill');
  const tool = detail.optional('tool');
  if (skill !== undefined) return `the skill ${skill}, digest ${detail.text('skill_digest', 16)}`;
  return tool === undefined ? undefined : `the tool ${tool}`;
}

function measures(detail: DetailView): readonly string[] {
  const [exit, wall, memory] = ['exit_code', 'wall_ms', 'memory_bytes'].map((member) => detail.number(member));
  return [
    ...fact('limit', detail.optional('limit')).map(([, limit]) => `the ${limit} limit`),
    ...fact('code', detail.optional('code')).map(([, code]) => code),
    ...(exit === undefined ? [] : [`exit ${exit}`]),
    ...(wall === undefined ? [] : [duration(wall)]),
    ...(memory === undefined ? [] : [`${bytesText(memory)} of memory`]),
  ];
}

function rightsOf(rights: DetailView): string {
  const all = rights.names().map((right) => `${shown(right, 40)} ${rights.list(right).join(' ')}`);
  return all.length === 0 ? 'nothing' : all.join('; ');
}

function limitsOf(limits: DetailView): string {
  const [memory, time, output] = ['memory_bytes', 'wall_time_ms', 'output_bytes'].map((member) =>
    limits.number(member),
  );
  return [
    memory === undefined ? '?' : `${bytesText(memory)} of memory`,
    time === undefined ? '?' : duration(time),
    output === undefined ? '?' : `${bytesText(output)} of output`,
  ].join(', ');
}
