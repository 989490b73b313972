import { SkillError } from './error.ts';
import { installGlobals } from './globals.ts';
import type { AnyTool, Context, Skill } from './skill.ts';
import * as wasi from './wasi.ts';
import { directory } from './workspace.ts';

const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;
const FAILED = 1;
const MAX_TRACE_LINES = 8;

/**
 * The program of a skill: what the engine calls when the process starts, and once more when nothing is left to do.
 * The first call begins the tool, the second finds that it never ended.
 */
export function program(skill: Skill): () => void {
  let begun = false;
  return () => {
    if (begun) return end(FAILED, 'the tool waits for something that never comes');
    begun = true;
    try {
      installGlobals(log);
      const name = toolName();
      const tool = Object.hasOwn(skill.tools, name) ? skill.tools[name] : undefined;
      if (tool === undefined) return end(FAILED, `there is no tool ${name}`);
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the host has checked them against the schema that the tool declares
      const answer = tool.run(JSON.parse(readStdin()) as never, context);
      if (isPromise(answer)) answer.then((value) => finish(tool, value), fail);
      else finish(tool, answer);
    } catch (error) {
      fail(error);
    }
  };
}

const context: Context = {
  workspace: directory('/workspace'),
  bundle: directory('/skill'),
  progress: (done, total, message) => {
    const event = { done, ...(total === undefined ? {} : { total }), ...(message === undefined ? {} : { message }) };
    wasi.writeText(STDERR, `${JSON.stringify({ progress: event })}\n`);
  },
  log: (...values) => log(values.map(String).join(' ')),
};

function log(line: string): void {
  wasi.writeText(STDERR, `${line}\n`);
}

function finish(tool: AnyTool, value: unknown): void {
  const text =
    tool.output === undefined
      ? typeof value === 'string'
        ? value
        : (JSON.stringify(value) ?? '')
      : JSON.stringify(value);
  if (text === undefined) return end(FAILED, 'the tool declares an output and answered none');
  wasi.writeText(STDOUT, text);
  wasi.exit(0);
}

function fail(error: unknown): void {
  if (error instanceof SkillError) return end(error.exit, error.message);
  if (!(error instanceof Error)) return end(FAILED, `thrown: ${String(error)}`);
  end(FAILED, `${error.name}: ${error.message}${traceOf(error)}`);
}

/** The lines of a trace that lie in the skill's own sources. */
function traceOf({ stack }: Error): string {
  const lines = (stack ?? '').split('\n').map((line) => line.trim());
  const own = lines.filter((line) => line.startsWith('at ') && !/\(?(?:wirken:|native)/.test(line));
  return own
    .slice(0, MAX_TRACE_LINES)
    .map((line) => `\n  ${line}`)
    .join('');
}

function end(code: number, message: string): void {
  wasi.writeText(STDERR, `${message}\n`);
  wasi.exit(code);
}

function toolName(): string {
  wasi.argsSizesGet(wasi.HEAD, wasi.HEAD + 4);
  const bytes = wasi.view.getUint32(4, true);
  const count = wasi.view.getUint32(0, true);
  if (bytes + 4 * count > wasi.CHUNK_BYTES)
    throw new SkillError('arguments', 'the arguments of the process are too long');
  wasi.argsGet(wasi.CHUNK + bytes, wasi.CHUNK);
  return wasi.decodeAt(wasi.CHUNK, bytes).split('\0')[1] ?? '';
}

function readStdin(): string {
  const bytes = wasi.readAll(STDIN);
  if (typeof bytes === 'number') throw new SkillError('io', 'the arguments cannot be read');
  return wasi.decode(bytes);
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
