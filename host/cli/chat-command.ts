import { join } from 'node:path';
import { HostError } from '../base/error.ts';
import { systemClock } from '../base/ports.ts';
import { ensureDataDir } from '../config.ts';
import type { Allowance } from '../policy/gate-ports.ts';
import { listed, type Permissions } from '../policy/grants.ts';
import type { SkillName } from '../skill/skill.ts';
import { quoteWord } from '../agent/slash/words.ts';
import { BUILTIN_TOOLS } from '../agent/tools/builtin-tools.ts';
import { asTool } from '../agent/tools/words.ts';
import { allowances } from './allowances.ts';
import { ask, runChat } from './chat.ts';
import { terminalApprover } from './approver.ts';
import type { ChatAnswer, ChatPorts, ChatSkill, RunOptions } from './chat/ports.ts';
import type { Context } from './context.ts';
import { openHost, type Host } from './host.ts';
import { faultOf, type Fault } from './output.ts';
import { Runs } from './runs.ts';
import { Session } from './session.ts';
import { asksLines } from './skill/describe.ts';
import { installedAllowance } from './skill/installed-allowance.ts';
import { faultOfOutcome } from './skill/outcome.ts';
import { fileHistory } from './terminal/history.ts';
import { toolFault } from './tool.ts';
import { toolHost } from './tool-host.ts';
import type { WorkspaceFlags } from './workspace.ts';
import { workspaceFiles } from './workspace-files.ts';
import type { Json } from '../base/jcs.ts';

const MODEL_HELP = 'This version of wirken runs skills by /name; it has no models yet.';

export interface ChatFlags extends WorkspaceFlags {
  /** `VARIANT[:PATTERN]` */
  readonly allow: readonly string[];
}

export async function chatCommand(context: Context, flags: ChatFlags): Promise<number> {
  ensureDataDir(context.config.dataDir);
  const forward = context.config.audit.forward;
  await using _forwarding =
    forward === undefined ? undefined : (await import('./audit/forward.ts')).forwardInBackground(context);
  const allowed = allowances(flags);
  const desk = new Desk(context, 'chat', 'chat');
  await using session = desk.session;
  await using runs = new Runs(context, flags, session);
  const ports = chatPorts(context, openHost(context), runs, desk, allowed);
  return await runChat(ports, {
    ...sceneOf(context),
    input: context.stdin,
    history: fileHistory(join(context.config.dataDir, 'chat-history')),
  });
}

export async function askCommand(context: Context, words: readonly string[], flags: ChatFlags): Promise<number> {
  const allowed = allowances(flags);
  const desk = new Desk(context, 'cli', 'ask');
  await using session = desk.session;
  await using runs = new Runs(context, flags, session);
  // One argument is the message as it was typed; several were taken apart by a shell and keep their edges.
  const line = words.length === 1 ? words.join('') : words.map(quoteWord).join(' ');
  const ports = chatPorts(context, openHost(context), runs, desk, allowed);
  const { text, exitCode, reply } = await ask(line, ports, sceneOf(context));
  context.out.result(text, {
    ok: exitCode === 0,
    exit_code: exitCode,
    ...(reply.kind === 'answered' ? { answer: answerJson(reply.answer) } : { text }),
  });
  return exitCode;
}

function sceneOf(context: Context) {
  return {
    output: context.stdout,
    errors: context.stderr,
    colour: context.style.colour,
    clock: systemClock,
    signal: context.signal,
  };
}

function answerJson(answer: ChatAnswer): Json {
  switch (answer.kind) {
    case 'markdown':
      return answer.value === undefined ? { text: answer.text } : { output: answer.value, display: answer.text };
    case 'json':
      return { output: answer.value };
    case 'text':
      return { text: answer.text };
    case 'failed':
      return { error: { code: answer.code, message: answer.message } };
  }
}

/** One chat's session, and the question that it may ask while a skill of it is to run. */
class Desk {
  readonly session: Session;
  readonly #lines: string[] = [];
  #question: RunOptions['question'] | undefined;

  constructor(context: Context, channel: 'cli' | 'chat', command: string) {
    const approver = terminalApprover(context, {
      lines: this.#lines,
      handover: async (ask) => await (this.#question?.(ask) ?? ask()),
    });
    this.session = new Session(context, { channel, command, approver });
  }

  /** Runs `body` with a terminal that questions can be asked on. A chat runs one skill at a time. */
  async during<T>(question: RunOptions['question'], asks: Permissions | undefined, body: () => Promise<T>): Promise<T> {
    this.#question = question;
    const lines = asks === undefined ? [] : ['  asks for:', ...asksLines(asks).map((line) => `    ${line}`)];
    this.#lines.splice(0, Infinity, ...lines);
    try {
      return await body();
    } finally {
      this.#question = undefined;
    }
  }
}

function chatPorts(context: Context, host: Host, runs: Runs, desk: Desk, allowedHere: readonly Allowance[]): ChatPorts {
  const tools = toolHost(context, desk.session, runs.place, allowedHere);
  return {
    modelHelp: MODEL_HELP,
    skills: async () => {
      const skills = await Promise.all(
        host.skills.list().map(async ({ name }) => await chatSkill(host, name, context.signal)),
      );
      return skills.flatMap((skill) => skill ?? []);
    },
    tools: Object.values(BUILTIN_TOOLS).map(asTool),
    callTool: async (name, args, { signal, question }) => {
      const outcome = await desk.during(question, undefined, async () => await tools.callTool(name, args, signal));
      if (outcome.kind !== 'done') return failed(toolFault(outcome));
      return { kind: 'text', text: outcome.text, exitCode: outcome.exitCode ?? 0 };
    },
    files: (prefix) => Promise.resolve(workspaceFiles(runs, prefix)),
    run: async (skill, tool, args, { onProgress, signal, question }) => {
      try {
        const loaded = await host.skills.load(nameOf(host, skill.name), signal);
        const { granted } = loaded;
        const allowed = [...installedAllowance(loaded), ...allowedHere];
        const outcome = await desk.during(
          question,
          granted.skill.manifest.permissions,
          async () => await runs.run(granted, tool.name, args, { onProgress, signal, allowed }),
        );
        if (outcome.kind !== 'done') return failed(faultOfOutcome(`${skill.name} ${tool.name}`, outcome));
        const { output, display, text, exitCode } = outcome;
        if (display !== undefined)
          return { kind: 'markdown', text: display, exitCode, ...(output === undefined ? {} : { value: output }) };
        return output === undefined ? { kind: 'text', text, exitCode } : { kind: 'json', value: output, exitCode };
      } catch (error) {
        if (error instanceof HostError && !signal.aborted) return failed(faultOf(error));
        throw error;
      }
    },
  };
}

/** A skill that does not load is not offered; `wirken skill list` says why. */
async function chatSkill(host: Host, name: SkillName, signal: AbortSignal): Promise<ChatSkill | undefined> {
  try {
    const { granted } = await host.skills.load(name, signal);
    const { manifest, trust } = granted.skill;
    return {
      name,
      description: manifest.description,
      userInvocable: manifest.userInvocable,
      tools: manifest.tools,
      trust: trust.kind,
      permissions: listed(granted.permissions),
      instructions: manifest.body,
      ...(manifest.version === undefined ? {} : { version: manifest.version }),
      ...(manifest.argumentHint === undefined ? {} : { argumentHint: manifest.argumentHint }),
    };
  } catch (error) {
    if (error instanceof HostError) return undefined;
    throw error;
  }
}

function nameOf(host: Host, name: string): SkillName {
  const found = host.skills.list().find((listing) => listing.name === name);
  if (found === undefined)
    throw new HostError('not-installed', `the skill ${name} is gone`, { remedy: '/skills lists those that are here.' });
  return found.name;
}

function failed({ code, message, remedy, log }: Fault & { readonly log?: string }): ChatAnswer {
  return {
    kind: 'failed',
    code,
    message,
    ...(remedy === undefined ? {} : { remedy }),
    ...(log === undefined ? {} : { log }),
  };
}
