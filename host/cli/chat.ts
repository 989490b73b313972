import { createInterface } from 'node:readline';
import { completions } from '../agent/slash/complete.ts';
import { PastedInput } from './terminal/paste.ts';
import { progressLine } from './terminal/progress.ts';
import type { ProgressLine } from './terminal/progress.ts';
import { styleOf } from './terminal/style.ts';
import type { ChatOutput, ChatPorts, ChatScene, RunOptions } from './chat/ports.ts';
import { askLine } from './chat/prompt.ts';
import { exitCodeOf, rendered } from './chat/render.ts';
import { COMMANDS, NAMES_SKILL, reply } from './chat/reply.ts';
import type { Layout, Reply } from './chat/reply.ts';

const PROMPT = '› ';
const DEFAULT_COLUMNS = 80;
const CTRL_C = '\u0003';
const MAX_TYPED_CHARS = 64;

/** A run that a person stopped. */
class Stopped extends Error {
  override readonly name = 'Stopped';
}

/**
 * Talks until the person leaves or the input ends; answers the exit code. On a terminal with an editor, completion and history;
 * from a pipe line by line, in order.
 */
export async function runChat(ports: ChatPorts, scene: ChatScene): Promise<number> {
  const { input } = scene;
  if (input.isTTY !== true || scene.output.isTTY !== true) return await pipedChat(ports, scene);
  const keys = new PastedInput({ setRawMode: (on) => input.setRawMode?.(on) });
  input.pipe(keys);
  try {
    return await terminalChat(ports, scene, keys);
  } finally {
    input.unpipe(keys);
    input.pause();
    keys.destroy();
  }
}

/** Answers one line, for `wirken ask`. The text is to be printed as it is. */
export async function ask(
  line: string,
  ports: ChatPorts,
  scene: Pick<ChatScene, 'output' | 'errors' | 'colour' | 'clock' | 'signal'>,
): Promise<{ readonly text: string; readonly exitCode: number; readonly reply: Reply }> {
  const layout = layoutOf(scene);
  const progress = progressOf(line, scene, layout);
  const options: RunOptions = {
    onProgress: (event) => progress.update(event),
    signal: scene.signal,
    question: async (ask) => {
      progress.clear();
      return await ask();
    },
  };
  try {
    const answered = await reply(line, ports, options, layout);
    const text = rendered(answered, layout, scene.output.isTTY === true);
    return { text, exitCode: exitCodeOf(answered), reply: answered };
  } finally {
    progress.clear();
  }
}

async function pipedChat(ports: ChatPorts, scene: ChatScene): Promise<number> {
  const lines = createInterface({ input: scene.input, crlfDelay: Infinity });
  const end = (): void => lines.close();
  scene.signal.addEventListener('abort', end, { once: true });
  try {
    for await (const line of lines) {
      const { text, reply } = await ask(line, ports, scene);
      if (reply.kind === 'quit') break;
      if (text !== '') scene.output.write(`${text}\n`);
    }
  } finally {
    scene.signal.removeEventListener('abort', end);
    lines.close();
  }
  return 0;
}

async function terminalChat(ports: ChatPorts, scene: ChatScene, keys: PastedInput): Promise<number> {
  const { output, history } = scene;
  output.write('/skills lists what is here, /help says more, Tab completes.\n');
  let remembered = await history.load();
  for (;;) {
    const complete = async (line: string): Promise<[string[], string]> => await completed(line, ports);
    const typed = await askLine({
      prompt: PROMPT,
      input: keys,
      output,
      history: remembered,
      complete,
      signal: scene.signal,
    });
    if (typed.kind === 'left') return 0;
    if (typed.line.trim() !== '') {
      remembered = [typed.line, ...remembered.filter((line) => line !== typed.line)];
      await history.save(remembered);
    }
    if ((await answerTyped(typed.line, ports, scene, keys)) === 'quit') return 0;
  }
}

async function answerTyped(
  line: string,
  ports: ChatPorts,
  scene: ChatScene,
  keys: PastedInput,
): Promise<Reply['kind']> {
  const layout = layoutOf(scene);
  const stop = new AbortController();
  const progress = progressOf(line, scene, layout);
  const listening = listen(keys, () => stop.abort(new Stopped()));
  const options: RunOptions = {
    onProgress: (event) => progress.update(event),
    signal: AbortSignal.any([stop.signal, scene.signal]),
    question: async (ask) => {
      progress.clear();
      listening.pause();
      scene.input.unpipe(keys);
      try {
        return await ask();
      } finally {
        scene.input.pipe(keys);
        listening.resume();
      }
    },
  };
  try {
    const answered = await reply(line, ports, options, layout);
    progress.clear();
    const text = rendered(answered, layout, true);
    if (text !== '') scene.output.write(`${text}\n`);
    return answered.kind;
  } catch (error) {
    progress.clear();
    if (!(error instanceof Stopped)) throw error;
    scene.output.write(`${layout.style.warn('Stopped.')}\n`);
    return 'nothing';
  } finally {
    listening.pause();
  }
}

/** Reads keys while a skill runs: Ctrl-C and a line `/stop` stop it, everything else is thrown away. */
function listen(keys: PastedInput, stop: () => void): { pause(): void; resume(): void } {
  let typed = '';
  const hear = (chunk: Uint8Array): void => {
    for (const key of new TextDecoder().decode(chunk)) {
      if (key === CTRL_C) stop();
      else if (key !== '\r' && key !== '\n') typed = (typed + key).slice(-MAX_TYPED_CHARS);
      else {
        if (typed.trim() === '/stop') stop();
        typed = '';
      }
    }
  };
  const resume = (): void => {
    keys.setRawMode(true);
    keys.on('data', hear).resume();
  };
  resume();
  return {
    pause: () => {
      keys.off('data', hear).pause();
      keys.setRawMode(false);
    },
    resume,
  };
}

async function completed(line: string, ports: ChatPorts): Promise<[string[], string]> {
  const skills = (await ports.skills()).filter((skill) => skill.userInvocable);
  const offered = await completions(line, line.length, {
    // `/tool NAME` reads like a skill with many tools.
    skills: [...skills, { name: 'tool', tools: ports.tools }],
    commands: COMMANDS,
    namesSkill: NAMES_SKILL,
    files: async (prefix) => await ports.files(prefix),
  });
  return [[...offered.candidates], line.slice(offered.from)];
}

function layoutOf(scene: Pick<ChatScene, 'output' | 'colour'>): Layout {
  return { style: styleOf(scene.colour), columns: columnsOf(scene.output) };
}

function progressOf(line: string, scene: Pick<ChatScene, 'errors' | 'clock'>, layout: Layout): ProgressLine {
  const { errors } = scene;
  const sink = {
    isTerminal: errors.isTTY === true,
    columns: () => columnsOf(errors),
    write: (text: string) => void errors.write(text),
  };
  return progressLine(line.trim().split(/\s/)[0] ?? '', sink, scene.clock, layout.style);
}

/** A terminal that does not know its width says 0. */
function columnsOf(output: ChatOutput): number {
  const { columns = 0 } = output;
  return columns > 0 ? columns : DEFAULT_COLUMNS;
}
