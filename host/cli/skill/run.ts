import { realpathSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { HostError, systemCode } from '../../base/error.ts';
import type { Json } from '../../base/jcs.ts';
import { shown } from '../../base/shown.ts';
import { parseCommand } from '../../agent/slash/grammar.ts';
import type { Granted } from '../../skill/grants.ts';
import type { Tool } from '../../skill/skill.ts';
import { DEFAULT_LIMITS } from '../../wasi/limits.ts';
import type { Context } from '../context.ts';
import { openHost } from '../host.ts';
import { EXIT, faultJson, faultText } from '../output.ts';
import { Runs } from '../runs.ts';
import { gutter } from '../terminal/gutter.ts';
import { progressLine } from '../terminal/progress.ts';
import { systemClock } from '../../base/ports.ts';
import { grantDirectory, type RunGrants } from './grant-directory.ts';
import { requireSkillName } from './info.ts';
import { faultOfOutcome } from './outcome.ts';
import { readText } from './read-input.ts';

export interface RunFlags extends RunGrants {
  readonly workspace?: string;
  readonly allowBroadWorkspace?: boolean;
  readonly input?: string;
}

/** `skill run NAME|DIR [TOOL] [ARGS…]` */
export async function skillRun(
  context: Context,
  target: string,
  words: readonly string[],
  flags: RunFlags,
): Promise<number> {
  await using runs = new Runs(context, flags);
  runs.warm();
  const granted = await grantedSkill(context, target, flags);
  const { skill } = granted;
  const chosen = await chooseTool(context, granted, words, flags);
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
  const running = runs
    .run(granted, chosen.tool.name, chosen.value, {
      signal: context.signal,
      onProgress: (event) => progress.update(event),
    })
    .finally(() => progress.clear());
  // What prints the result is loaded while the skill runs.
  const [outcome, { printResult }] = await Promise.all([running, import('./result.ts')]);
  if ('log' in outcome && outcome.kind !== 'tool-failed' && outcome.log.trim() !== '') {
    context.out.note(gutter(outcome.log.trimEnd(), context.noteStyle));
  }
  if (outcome.kind === 'done') return printResult(context, chosen.tool, outcome);
  const fault = faultOfOutcome(`${skill.name} ${chosen.tool.name}`, outcome);
  if (context.out.json) context.out.result('', faultJson(fault));
  else context.out.note(faultText(fault));
  return EXIT.refused;
}

/** A DIR holds a `/` or is `.` or `..`; anything else is the name of a skill that is here. */
async function grantedSkill(context: Context, target: string, flags: RunFlags): Promise<Granted> {
  if (target.includes('/') || target === '.' || target === '..') {
    return await grantDirectory(context, directoryName(context, target), flags);
  }
  if (flags.dev === true)
    throw new HostError('usage', '--dev wants a directory of your own', {
      remedy: `For one called ${shown(target, 80)} here, write ./${shown(target, 80)}.`,
    });
  if (flags.allow.length > 0) {
    throw new HostError(
      'usage',
      '--allow is for a directory: what an installed skill may do was decided when it was installed',
      {
        remedy: `Install it again with other grants: wirken skill install --grant …; see wirken skill info ${shown(target, 80)}.`,
      },
    );
  }
  const loaded = await openHost(context).skills.load(requireSkillName(target), context.signal);
  return loaded.granted;
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
  { skill }: Granted,
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
