import type { AuditAction } from '../../policy/event.ts';
import type { Style } from '../terminal/style.ts';
import type { DetailView } from './detail-view.ts';
import { duration } from './time.ts';

type Essence = (detail: DetailView, style: Style) => string;

/** What of a row's `detail` fits on its line. */
const ESSENCES: Readonly<Record<AuditAction, Essence>> = {
  'session.start': (detail) => `${detail.text('command')} by ${detail.text('person')}`,
  'session.end': () => '',
  'inbound.message': plain,
  'outbound.delivered': plain,
  'channel.mismatch': plain,
  'skill.verified': skill,
  'skill.refused': (detail, style) => style.bad(detail.text('code')),
  'skill.installed': (detail) => `${skill(detail)}, publisher ${detail.text('publisher', 16)}${failed(detail)}`,
  'skill.removed': (detail) => `${detail.text('skill')}${failed(detail)}`,
  'skill.call': (detail) =>
    `${detail.text('skill')} ${detail.text('tool')}, ${detail.text('trust')}, ${digest(detail)}`,
  'skill.result': (detail, style) =>
    [
      `call ${detail.text('call')}:`,
      outcome(detail, style),
      ...(detail.number('exit_code') === undefined ? [] : [`exit ${detail.text('exit_code')}`]),
      ...['limit', 'code'].flatMap((member) => detail.optional(member) ?? []),
      ...(detail.number('wall_ms') === undefined ? [] : [duration(detail.number('wall_ms') ?? 0)]),
    ].join(' '),
  'permission.decision': (detail, style) =>
    [
      decision(detail, style),
      detail.text('action_variant'),
      detail.text('subject', 100),
      `(${detail.text('tier')}, ${detail.text('decider')}: ${detail.text('rule', 80)})`,
    ].join(' '),
  'permission.changed': (detail) => `${detail.text('change')}: ${detail.text('rule')}${failed(detail)}`,
  'trust.changed': (detail) => `${detail.text('change')}${failed(detail)}`,
  'llm.request': plain,
  'llm.response': plain,
  'tool.call': (detail) => `${detail.text('tool')} (${detail.text('action_variant')})`,
  'tool.result': (detail, style) =>
    [
      `call ${detail.text('call')}:`,
      detail.text('tool'),
      outcome(detail, style),
      ...(detail.optional('code') ?? '').split(' '),
    ]
      .filter((part) => part !== '')
      .join(' '),
  'injection.flagged': (detail, style) => style.warn(detail.plain()),
  'chain.head': (detail) =>
    `rows ${detail.text('first_seq')} to ${detail.text('last_seq')}, key ${detail.text('key', 16)}`,
  'audit.redacted': (detail) =>
    `${detail.text('pointer')} of rows ${detail.text('rows', 80)}: ${detail.text('reason')}`,
};

/** One line about a row; what it records may be newer than this program. */
export function essenceOf(action: string, detail: DetailView, style: Style): string {
  return isKnown(action) ? ESSENCES[action](detail, style) : detail.plain();
}

export function isKnown(action: string): action is AuditAction {
  return Object.hasOwn(ESSENCES, action);
}

/** All names of actions, for whoever misspelt one. */
export function knownActions(): readonly string[] {
  return Object.keys(ESSENCES);
}

/** `done` in green, everything else in red. */
export function outcome(detail: DetailView, style: Style): string {
  const text = detail.text('outcome');
  return text === 'done' ? style.good(text) : style.bad(text);
}

export function decision(detail: DetailView, style: Style): string {
  const text = detail.text('decision');
  return text === 'allowed' ? style.good(text) : style.bad(text);
}

function plain(detail: DetailView): string {
  return detail.plain();
}

function skill(detail: DetailView): string {
  const version = detail.optional('version');
  return `${detail.text('skill')}${version === undefined ? '' : ` ${version}`} ${digest(detail)}`;
}

function digest(detail: DetailView): string {
  return detail.text('digest', 16);
}

function failed(detail: DetailView): string {
  const code = detail.optional('failed');
  return code === undefined ? '' : ` (failed: ${code})`;
}
