import { fixedClock } from '../host/base/ports.ts';
import type { Action, Asker } from '../host/policy/action.ts';
import type { Approver, Choice } from '../host/policy/gate-ports.ts';
import { Gate } from '../host/policy/gate.ts';
import { INSPECTION_COMMANDS } from '../host/policy/inspection.ts';
import { MemoryAnswers } from '../host/policy/memory-answers.ts';
import { parseHostPattern } from '../host/policy/pattern.ts';
import { NO_RULES } from '../host/policy/rules.ts';
import { ACTION_KINDS } from '../host/policy/table.ts';
import { TEST_ACTIONS } from '../host/policy/testing.ts';
import { classify } from '../host/policy/tier.ts';

const CLOCK = fixedClock('2026-01-01T00:00:00Z');
const LISTED_HOST = 'listed.example.com';
const NETWORK_HOSTS = [parseHostPattern(LISTED_HOST)];
const SKILL = { name: 'lyrik', digest: 'a'.repeat(64), publisher: 'b'.repeat(64), trust: 'self-signed' } as const;

/** Every variant in each tier that it can have. */
export const CASES: readonly Action[] = ACTION_KINDS.flatMap((kind): readonly Action[] => {
  const { SkillRun, WorkspaceWrite, NetworkRequest, ShellExec, McpToolCall } = TEST_ACTIONS;
  const lower: Partial<Record<string, Action>> = {
    SkillRun: { ...SkillRun, trust: 'root-delegated' },
    WorkspaceWrite: { ...WorkspaceWrite, granted: true },
    NetworkRequest: { ...NetworkRequest, url: `https://${LISTED_HOST}/` },
    ShellExec: { ...ShellExec, argv: ['ls', '-l'] },
    McpToolCall: { ...McpToolCall, readOnly: true },
  };
  const first = lower[kind];
  return first === undefined ? [TEST_ACTIONS[kind]] : [first, TEST_ACTIONS[kind]];
});

/** Where a question may be answered, and whether the operator opened tier 3 there. */
const CHANNELS = [
  { name: 'cli', opened: false },
  { name: 'chat', opened: false },
  { name: 'telegram', opened: true },
  { name: 'telegram', opened: false },
] as const;

const answering = (choice: Choice): Approver => ({ ask: async () => choice });
/** Everything that may stand at the other end. */
const APPROVERS: readonly (readonly [string, Approver | undefined])[] = [
  ['nobody', undefined],
  ['away', { ask: async () => 'unavailable' }],
  ['late', { ask: () => new Promise(() => undefined) }],
  ['once', answering('once')],
  ['session', answering('session')],
  ['always', answering('always')],
  ['never', answering('never')],
  ['no', answering('no')],
];

export interface Cell {
  readonly allowed: boolean;
  readonly asked: boolean;
  /** Whether the same is decided without a question the next time. */
  readonly remembered: boolean;
}

export interface Line {
  readonly action: Action;
  readonly tier: number;
  readonly because: string;
  readonly channel: string;
  readonly opened: boolean;
  readonly cells: readonly Cell[];
}

/** What a gate answers for every (variant × tier × channel × approver), without rules. */
export async function permissionLines(): Promise<readonly Line[]> {
  const lines: Line[] = [];
  for (const action of CASES) {
    const { tier, because } = classify(action, { networkHosts: NETWORK_HOSTS });
    for (const { name: channel, opened } of CHANNELS) {
      const cells: Cell[] = [];
      for (const [, approver] of APPROVERS) cells.push(await cellOf(action, channel, opened, approver));
      lines.push({ action, tier, because, channel, opened, cells });
    }
  }
  return lines;
}

async function cellOf(action: Action, channel: string, opened: boolean, approver: Approver | undefined): Promise<Cell> {
  let asked = 0;
  const gate = new Gate({
    rules: () => NO_RULES,
    answers: new MemoryAnswers(),
    log: { record: async () => undefined },
    clock: CLOCK,
    networkHosts: NETWORK_HOSTS,
    answerWithinMs: 1,
    ...(opened ? { tier3Open: () => true } : {}),
    ...(approver === undefined
      ? {}
      : {
          approver: {
            ask: (question, signal) => {
              asked += 1;
              return approver.ask(question, signal);
            },
          },
        }),
  });
  const asker: Asker = { session: 's', agent: 'main', channel, person: 'p', skill: SKILL };
  const { signal } = new AbortController();
  const first = await gate.ask(action, asker, {}, signal);
  const second = await gate.ask(action, asker, {}, signal);
  return {
    allowed: first.kind === 'permit',
    asked: asked > 0,
    remembered: second.decider === 'remembered',
  };
}

/** The table of docs/permissions.md, in Markdown. */
export async function permissionTable(): Promise<string> {
  const head = ['variant', 'tier', 'why', 'channel', ...APPROVERS.map(([name]) => name)];
  const rows = merged(await permissionLines()).map(([where, { action, tier, because, cells }]) => [
    `\`${action.kind}\``,
    String(tier),
    because,
    where,
    ...cells.map(cellText),
  ]);
  return [
    `The commands that only look: ${INSPECTION_COMMANDS.map((name) => `\`${name}\``).join(' ')}.`,
    '',
    `| ${head.join(' | ')} |`,
    `|${head.map(() => '---').join('|')}|`,
    ...rows.map((row) => `| ${row.join(' | ')} |`),
  ].join('\n');
}

/** The same outcome on every channel takes one row. */
function merged(lines: readonly Line[]): readonly (readonly [string, Line])[] {
  return CASES.flatMap((action) => {
    const own = lines.filter((line) => line.action === action);
    const groups = new Map<string, Line[]>();
    for (const line of own) {
      const outcome = line.cells.map(cellText).join('|');
      groups.set(outcome, [...(groups.get(outcome) ?? []), line]);
    }
    return [...groups.values()].flatMap((group) => {
      const [line] = group;
      if (line === undefined) return [];
      return [[group.length === own.length ? 'any' : whereOf(group), line] as const];
    });
  });
}

function whereOf(group: readonly Line[]): string {
  return group.some(({ channel }) => channel === 'cli') ? 'terminal, or opened' : 'any other';
}

function cellText({ allowed, asked, remembered }: Cell): string {
  const outcome = allowed ? 'yes' : 'no';
  return `${outcome}${remembered ? ', kept' : ''}${asked ? '' : ' ·'}`;
}

const BEGIN = '<!-- table: made by npm run build:docs -->';
const END = '<!-- end of table -->';

/** The page with its table as the gate has it now. @throws Error for a page without the marks */
export async function withTable(page: string): Promise<string> {
  const [before, rest] = page.split(`${BEGIN}\n`);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error('the page has no place for the table');
  return `${before}${BEGIN}\n${await permissionTable()}\n${END}${after}`;
}
