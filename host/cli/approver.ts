import type { Json } from '../base/jcs.ts';
import { shown, shownJson } from '../base/shown.ts';
import type { Approver, Choice, Question } from '../policy/gate-ports.ts';
import { askChoice, askWord, canAsk } from './ask-person.ts';
import type { Context } from './context.ts';
import { gutter, ownLine } from './terminal/gutter.ts';
import type { Style } from './terminal/style.ts';

const MAX_ARGS_CHARS = 16_000;

const CHOICE_TEXT = {
  once: 'yes, once',
  session: 'yes, until this session ends',
  always: 'yes, always for this pattern',
  never: 'no, and never ask again for this pattern',
  no: 'no',
} as const satisfies Record<Choice, string>;

export interface ApproverSpec {
  /** More that the person should see, made harmless already. */
  readonly lines?: readonly string[];
  /** Hands the terminal over while the question is open; a chat writes and reads nothing meanwhile. */
  readonly handover?: <T>(ask: () => Promise<T>) => Promise<T>;
}

/** Asks on the terminal. Where there is none, nobody is asked and nothing hangs. */
export function terminalApprover(context: Context, spec: ApproverSpec = {}): Approver {
  const handover = spec.handover ?? (async (ask) => await ask());
  return {
    ask: async (question, signal) => {
      if (!canAsk(context)) return 'unavailable';
      const person = { stdin: context.stdin, stderr: context.stderr, signal };
      const lines = [...questionLines(question, context), ...(spec.lines ?? [])];
      return await handover(async () => {
        signal.throwIfAborted();
        if (question.word !== undefined) {
          return (await askWord(person, lines, question.word, 'Go ahead, this once?')) ? 'once' : 'no';
        }
        const options = question.choices.map((choice) => ({ value: choice, label: CHOICE_TEXT[choice] }));
        return (await askChoice(person, lines, 'Go ahead?', options, 'no')) ?? 'no';
      });
    },
  };
}

/** Everything that matters, in wirken's own lines; what others wrote stands escaped or behind the bar, and nothing of the action is cut. */
function questionLines({ action, tier, asker, text, args, why, pattern }: Question, context: Context): string[] {
  const { noteStyle: style } = context;
  const { columns } = context.stderr;
  const own = (line: string): string => ownLine(line, style, columns);
  const { skill } = asker;
  return [
    style.bold(own(whole(text))),
    ...(skill === undefined
      ? []
      : [
          `  skill      ${shown(skill.name)} ${skill.trust === 'root-delegated' ? skill.trust : style.warn(skill.trust)}`,
          `  publisher  ${shown(skill.publisher, 80)}`,
          `  digest     ${shown(skill.digest, 80)}`,
        ]),
    ...(asker.tool === undefined ? [] : [`  tool       ${shown(asker.tool, 80)}`]),
    `  action     ${action.kind} (tier ${tier})`,
    own(`  pattern    ${whole(pattern)}`),
    own(`  why asked  ${whole(why)}`),
    ...(args === undefined ? [] : argsLines(args, style, columns)),
  ];
}

function whole(untrusted: string): string {
  return shown(untrusted, untrusted.length);
}

/** Whole, unless it is longer than anyone reads: then its beginning and its end, and in a line of wirken's own how much is left out. */
function argsLines(args: Json, style: Style, columns: number): readonly string[] {
  const text = shownJson(JSON.stringify(args, null, 2));
  if (text.length <= MAX_ARGS_CHARS) return ['  arguments:', gutter(text, style, columns)];
  const half = MAX_ARGS_CHARS / 2;
  const left = text.length - MAX_ARGS_CHARS;
  return [
    '  arguments:',
    gutter(text.slice(0, half).toWellFormed(), style, columns),
    style.bad(`  … ${left} characters are NOT SHOWN here …`),
    gutter(text.slice(-half).toWellFormed(), style, columns),
    style.bad(`  ${left} characters in the middle of the arguments are not shown: agree only if you know them.`),
  ];
}
