import { realpathSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { parseCommand } from '../../agent/slash/grammar.ts';
import { HostError, systemCode } from '../../base/error.ts';
import type { Json } from '../../base/jcs.ts';
import { systemClock } from '../../base/ports.ts';
import { shown } from '../../base/shown.ts';
import type { Skill, Tool } from '../../skill/skill.ts';
import { DEFAULT_LIMITS } from '../../wasi/limits.ts';
import type { RecordedOutcome } from '../../wasi/call-skill.ts';
import { allowances } from '../allowances.ts';
import { terminalApprover } from '../approver.ts';
import type { Context } from '../context.ts';
import { openHost } from '../host.ts';
import { EXIT, faultJson, faultText } from '../output.ts';
import { type CallOptions, Runs } from '../runs.ts';
import { Session } from '../session.ts';
import { gutter } from '../terminal/gutter.ts';
import { progressLine } from '../terminal/progress.ts';
import { asksLines } from './describe.ts';
import { openDirectory, runDirectory } from './directory.ts';
import { requireSkillName } from './info.ts';
import { installedAllowance } from './installed-allowance.ts';
import { faultOfOutcome } from './outcome.ts';
import { readText } from './read-input.ts';
import type * as results from './result.ts';

export interface RunFlags {
  readonly workspace?: string;
  readonly allowBroadWorkspace?: boolean;
  readonly input?: string;
  readonly yes?: boolean;
  /** `VARIANT[:PATTERN]` */
  readonly allow: readonly string[];
  readonly dev?: boolean;
}

/** A skill that can be called, and how. */
interface Target {
  readonly skill: Skill;
  call(tool: Tool, input: Json, options: CallOptions): Promise<RecordedOutcome>;
}

/** `skill run NAME|DIR [TOOL] [ARGS…]` */
export async function skillRun(
  context: Context,
  untrusted: string,
  words: readonly string[],
  flags: RunFlags,
): Promise<number> {
  const shownAsks: string[] = [];
  await using session = new Session(context, {
    channel: 'cli',
    command: 'skill run',
    approver: terminalApprover(context, { lines: shownAsks }),
  });
  await using runs = new Runs(context, flags, session);
  runs.warm();
  const target = await targetOf(context, untrusted, flags, runs, session);
  const { skill } = target;
  shownAsks.push('  asks for:', ...asksLines(skill.manifest.permissions).map((line) => `    ${line}`));
  const chosen = await chooseTool(context, skill, words, flags);
  if (chosen === undefined) return EXIT.usage;
  const progress = progressLine(
    `${skill.name} ${chosen.tool.name}`,
    {
      isTerminal: context.stderr.isTTY && !context.out.json,
      columns: () => context.stderr.columns,
      write: (text) => void context.stderr.write(text),
    },
    systemClock,
    context.noteStyle,
  );
  const running = target
    .call(chosen.tool, chosen.value, { signal: context.signal, onProgress: (event) => progress.update(event) })
    .finally(() => progress.clear());
  // What prints the result is loaded while the skill runs.
  const [outcome, { printResult }] = await Promise.all([running, import('./result.ts')]);
  // The runner ends, and the session is attested, while the result is printed.
  const ending = Promise.all([runs[Symbol.asyncDispose](), session[Symbol.asyncDispose]()]);
  const code = await print(context, skill, chosen.tool, outcome, printResult);
  await ending;
  return code;
}

async function print(
  context: Context,
  skill: Skill,
  tool: Tool,
  outcome: RecordedOutcome,
  printResult: typeof results.printResult,
): Promise<number> {
  if ('log' in outcome && outcome.kind !== 'tool-failed' && outcome.log.trim() !== '') {
    context.out.note(
      gutter(outcome.log.trimEnd(), context.noteStyle, context.stderr.isTTY ? context.stderr.columns : undefined),
    );
  }
  if (outcome.kind === 'done') return await printResult(context, tool, outcome);
  const fault = faultOfOutcome(`${skill.name} ${tool.name}`, outcome);
  if (context.out.json) context.out.result('', faultJson(fault));
  else context.out.note(faultText(fault));
  return EXIT.refused;
}

/** A DIR holds a `/` or is `.` or `..`; anything else is the name of a skill that is here. */
async function targetOf(
  context: Context,
  untrusted: string,
  flags: RunFlags,
  runs: Runs,
  session: Session,
): Promise<Target> {
  if (untrusted.includes('/') || untrusted === '.' || untrusted === '..') {
    const directory = openDirectory(context, directoryName(context, untrusted), flags.dev === true);
    const { skill } = directory;
    const allowed = allowances(flags, skill.name);
    return {
      skill,
      call: async (tool, input, options) =>
        await runDirectory(directory, tool.name, input, { ...options, allowed, runs, session }),
    };
  }
  if (flags.dev === true)
    throw new HostError('usage', '--dev wants a directory of your own', {
      remedy: `For one called ${shown(untrusted, 80)} here, write ./${shown(untrusted, 80)}.`,
    });
  const loaded = await openHost(context).skills.load(requireSkillName(untrusted), context.signal);
  const { granted } = loaded;
  const allowed = [...installedAllowance(loaded), ...allowances(flags, granted.skill.name)];
  return {
    skill: granted.skill,
    call: async (tool, input, options) => await runs.run(granted, tool.name, input, { ...options, allowed }),
  };
}

/** `.` has no name of its own: the skill's name is that of the directory it stands for. */
function directoryName(context: Context, target: string): string {
  const path = resolve(context.cwd, target);
  try {
    return basename(path) === '' ? path : realpathSync(path);
  } catch (error) {
    const code = systemCode(error);
    if (code === undefined) throw error;
    throw new HostError('not-found', `there is no directory ${shown(target, 400)}`, {
      file: target,
      remedy: 'Name a directory that holds SKILL.md.',
    });
  }
}

async function chooseTool(
  context: Context,
  skill: Skill,
  words: readonly string[],
  flags: RunFlags,
): Promise<{ readonly tool: Tool; readonly value: Json } | undefined> {
  const { tools } = skill.manifest;
  if (skill.wasm === undefined || tools.length === 0) {
    throw new HostError('unsupported', `${skill.name} has no tools to run: these are instructions for a model`, {
      remedy: `wirken skill info ${skill.name} shows them. No model is configured yet.`,
    });
  }
  const call = parseCommand(
    tools,
    skill.name,
    words,
    flags.input === undefined ? undefined : await inputText(context, flags.input),
  );
  if (call.kind === 'call') return { tool: call.tool, value: call.value };
  if (call.kind === 'no-tools') throw new TypeError('it has tools');
  const fault = { code: 'arguments-invalid', message: call.message, remedy: `usage: ${call.usage}` };
  if (context.out.json) context.out.result('', faultJson(fault));
  else context.out.note(faultText(fault));
  return undefined;
}

async function inputText(context: Context, input: string): Promise<string> {
  return input === '-' ? await readText(context.stdin, DEFAULT_LIMITS.inputBytes) : input;
}
