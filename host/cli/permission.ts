import { HostError } from '../base/error.ts';
import type { Json } from '../base/jcs.ts';
import { systemClock } from '../base/ports.ts';
import { shown } from '../base/shown.ts';
import { ensureDataDir } from '../config.ts';
import { AnswerFile } from '../consent/answer-file.ts';
import { RuleFile } from '../consent/rule-file.ts';
import type { Action, Asker } from '../policy/action.ts';
import { explain, type Explanation } from '../policy/explain.ts';
import { parseAction } from '../policy/parse-action.ts';
import type { RememberedAnswer } from '../policy/remembered.ts';
import { recordedRule } from '../policy/recorded-rule.ts';
import { shellWord } from '../policy/remedy.ts';
import { CONDITIONS, parseRule, type Rule, type RuleText } from '../policy/rule.ts';
import { rememberedIn } from '../policy/standing.ts';
import { askerOf, runAction } from '../wasi/call-skill.ts';
import { allowances } from './allowances.ts';
import type { Context } from './context.ts';
import { openHost } from './host.ts';
import { EXIT } from './output.ts';
import { AGENT, personName, quietSession, type SessionRow } from './session.ts';
import { requireSkillName } from './skill/info.ts';
import { installedAllowance } from './skill/installed-allowance.ts';

const DAY_MS = 86_400_000;
const ANSWER_ID = /^[0-9a-f]{8}$/;

/** What narrows a rule, or who is supposed to ask. */
export interface ConditionFlags {
  readonly skill?: string;
  readonly channel?: string;
  readonly agent?: string;
  readonly person?: string;
}

export async function permissionList(context: Context): Promise<number> {
  const { dataDir } = context.config;
  const file = new RuleFile(dataDir);
  const { rules } = file.rules();
  using store = new AnswerFile(dataDir);
  const now = systemClock.now();
  const answers = store.list(now);
  context.out.result(
    [
      `Rules (${shown(file.path, 4096)}):`,
      ...(rules.length === 0 ? ['  none'] : rules.map((rule) => `  ${rule.line}: ${shown(rule.text, 1000)}`)),
      'Remembered answers:',
      ...(answers.length === 0 ? ['  none'] : answers.map((answer) => `  ${answerLine(answer, now)}`)),
    ].join('\n'),
    { rules: rules.map(ruleJson), answers: answers.map(answerJson) },
  );
  return EXIT.done;
}

/** `permission allow|deny TARGET` */
export async function permissionAdd(
  context: Context,
  effect: 'allow' | 'deny',
  target: string,
  flags: ConditionFlags,
): Promise<number> {
  const { dataDir } = context.config;
  ensureDataDir(dataDir);
  const file = new RuleFile(dataDir);
  const rule: RuleText = { effect, target, ...conditions(flags) };
  const parsed = parseRule(rule);
  await using session = quietSession(context, `permission ${effect}`);
  const rules = await session.during(changedRow('added', parsed.text, recordedRule(parsed)), () =>
    file.add(rule, context.signal),
  );
  context.out.result(
    `${effect === 'allow' ? 'Allowed' : 'Denied'}: ${shown(target, 400)}\nin ${shown(file.path, 4096)}`,
    {
      ok: true,
      file: file.path,
      rules: rules.map(ruleJson),
    },
  );
  return EXIT.done;
}

/** `permission revoke WHAT`: a rule, as `list` prints it, or the id of a remembered answer. */
export async function permissionRevoke(context: Context, what: string): Promise<number> {
  const { dataDir } = context.config;
  await using session = quietSession(context, 'permission revoke');
  const file = new RuleFile(dataDir);
  const isAnswer = ANSWER_ID.test(what);
  const recorded = isAnswer ? what : recordedRule(ruleOf(file, what));
  await session.during(changedRow('removed', what, recorded), async () => {
    if (!isAnswer) return void (await file.remove(what, context.signal));
    using store = new AnswerFile(dataDir);
    if (!store.remove(what)) {
      throw new HostError('not-found', `there is no remembered answer ${what}`, {
        remedy: 'wirken permission list shows those that hold.',
      });
    }
  });
  context.out.result(`Revoked: ${shown(what, 400)}`, { ok: true, revoked: what });
  return EXIT.done;
}

export interface TestFlags extends ConditionFlags {
  readonly allow: readonly string[];
}

/** `permission test VARIANT:SUBJECT`: what would happen, and what decides. Exits 0 if it is allowed, 1 if not or not without asking. */
export async function permissionTest(context: Context, untrusted: string, flags: TestFlags): Promise<number> {
  const { dataDir } = context.config;
  const supposed = await supposedCall(context, parseAction(untrusted), flags);
  const file = new RuleFile(dataDir);
  using store = new AnswerFile(dataDir);
  const explanation = explain(
    supposed.action,
    supposed.asker,
    [...supposed.standing, ...allowances({ allow: flags.allow })],
    { rules: () => file.rules(), remembered: rememberedIn([store], () => systemClock.now()) },
  );
  context.out.result(explanationText(explanation), explanationJson(explanation));
  return explanation.outcome === 'allowed' ? EXIT.done : EXIT.refused;
}

/** The call as it would be made: by the skill that was named, as it is here, or by a person. */
async function supposedCall(context: Context, action: Action, flags: TestFlags) {
  const caller = {
    session: 'test',
    agent: flags.agent ?? AGENT,
    channel: flags.channel ?? 'cli',
    person: flags.person ?? personName(),
  };
  const name = flags.skill ?? (action.kind === 'SkillRun' ? action.skill : undefined);
  const loaded = name === undefined ? undefined : await loadIfHere(context, name, flags.skill !== undefined);
  if (loaded === undefined) return { action, asker: caller satisfies Asker, standing: [] };
  const { skill, permissions } = loaded.granted;
  if (action.kind !== 'SkillRun') return { action, asker: askerOf(skill, skill.name, caller), standing: [] };
  return {
    action: runAction(skill, permissions, action.tool),
    asker: askerOf(skill, action.tool, caller),
    standing: installedAllowance(loaded),
  };
}

/** A skill that was named to ask for must be here; one that would run may be a supposition. */
async function loadIfHere(context: Context, name: string, required: boolean) {
  try {
    return await openHost(context).skills.load(requireSkillName(name), context.signal);
  } catch (error) {
    if (required || !(error instanceof HostError)) throw error;
    return undefined;
  }
}

function conditions(flags: ConditionFlags): ConditionFlags {
  return Object.fromEntries(CONDITIONS.flatMap((name) => (flags[name] === undefined ? [] : [[name, flags[name]]])));
}

/** The words of a command in a rule can be removed from the log, as those of the command itself. */
function changedRow(change: 'added' | 'removed', rule: string, recorded: string): SessionRow {
  const redactable = recorded === rule ? {} : { redactable: { rule_text: rule } };
  return { actor: 'cli', action: 'permission.changed', detail: { change, rule: recorded }, ...redactable };
}

function ruleOf(file: RuleFile, text: string): Rule {
  const rule = file.rules().rules.find((one) => one.text === text);
  if (rule !== undefined) return rule;
  throw new HostError('not-found', `there is no rule "${shown(text, 200)}"`, {
    remedy:
      'wirken permission list shows all of them: name one as it stands there, without its number, or an answer by its id.',
  });
}

function ruleJson({ text, effect, line, column }: Rule): Json {
  return { rule: text, effect, line, column };
}

function answerLine(
  { id, effect, variant, pattern, digest, channel, person, agent, workspace, expiresMs }: RememberedAnswer,
  now: number,
): string {
  const code = digest === undefined ? '' : ` by the bundle ${digest.slice(0, 12)}…`;
  const where = workspace === undefined ? '' : ` in ${shown(workspace, 400)}`;
  const days = Math.max(1, Math.round((expiresMs - now) / DAY_MS));
  return `${id}  ${effect} ${variant}:${shown(pattern, 400)}${code}${where}, ${shown(person, 80)} on ${shown(channel, 80)} (agent ${shown(agent, 80)}), for ${days} more day${days === 1 ? '' : 's'}`;
}

function answerJson(answer: RememberedAnswer): Json {
  const { id, effect, variant, pattern, digest, publisher, agent, channel, person, workspace, createdMs, expiresMs } =
    answer;
  return {
    id,
    effect,
    variant,
    pattern,
    digest: digest ?? null,
    publisher: publisher ?? null,
    agent,
    channel,
    person,
    workspace: workspace ?? null,
    created: new Date(createdMs).toISOString(),
    expires: new Date(expiresMs).toISOString(),
  };
}

const OUTCOMES = {
  allowed: 'Allowed, without asking',
  denied: 'Denied',
  asked: 'Asked: a person decides; where nobody can be asked it is denied',
} as const satisfies Record<Explanation['outcome'], string>;

function explanationText({ outcome, what, tier, because, rule, choices, target }: Explanation): string {
  return [
    `${OUTCOMES[outcome]}: ${shown(what, 1000)}`,
    `  tier     ${tier}: ${shown(because, 400)}`,
    ...(rule === undefined ? [] : [`  decided  ${rule === 'tier1' ? 'by the tier alone' : `by ${shown(rule, 1000)}`}`]),
    ...(choices.length === 0 ? [] : [`  answers  ${choices.join(' · ')}`]),
    ...(outcome !== 'asked' || target === undefined
      ? []
      : [`  to allow it: wirken permission allow ${shellWord(target)}`]),
  ].join('\n');
}

function explanationJson({ outcome, what, tier, because, decider, rule, line, choices, target }: Explanation): Json {
  return {
    outcome,
    what,
    tier,
    because,
    decider: decider ?? null,
    rule: rule ?? null,
    line: line ?? null,
    choices: [...choices],
    target: target ?? null,
  };
}
