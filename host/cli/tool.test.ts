import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { ToolOutcome } from '../agent/tools/outcome.ts';
import type { Json } from '../base/jcs.ts';
import type { Denied } from '../policy/gate-ports.ts';
import type { Context } from './context.ts';
import { createOutput } from './output.ts';
import { styleOf } from './terminal/style.ts';
import { toolList, toolRun } from './tool.ts';

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  readonly calls: readonly (readonly [string, Json])[];
}

interface Scene {
  readonly json?: boolean;
  readonly terminal?: boolean;
  readonly stdin?: string;
  readonly input?: string;
  readonly outcome?: ToolOutcome;
}

const DONE: ToolOutcome = { kind: 'done', value: { text: 'x\u001b[2J' }, text: 'x\u001b[2J' };

async function run(name: string, words: readonly string[], scene: Scene = {}): Promise<Ran> {
  let out = '';
  let err = '';
  const calls: (readonly [string, Json])[] = [];
  const write = (chunk: string | Uint8Array): void => void (out += Buffer.from(chunk).toString());
  // The parts of a context that these commands use.
  const context = {
    out: createOutput(
      { write, isTTY: scene.terminal === true },
      { write: (chunk: string | Uint8Array) => void (err += Buffer.from(chunk).toString()) },
      scene.json === true,
    ),
    style: styleOf(false),
    stdin: Readable.from([Buffer.from(scene.stdin ?? '')]),
    signal: new AbortController().signal,
  } as unknown as Context;
  const host = {
    callTool: async (tool: string, args: Json) => {
      calls.push([tool, args]);
      return scene.outcome ?? DONE;
    },
  };
  const code =
    name === 'list'
      ? await toolList(context)
      : await toolRun(context, name, words, scene.input === undefined ? {} : { input: scene.input }, host);
  return { code, out, err, calls };
}

describe('wirken tool run', () => {
  it.for([
    ['read_file', ['a b'], { path: 'a b' }],
    ['read_file', ['f', 'offset_line=3', '--lines', '5'], { path: 'f', offset_line: 3, lines: 5 }],
    ['search_files', ['--regex', 'a=b.*', '--glob=*.ts'], { pattern: 'a=b.*', regex: true, glob: '*.ts' }],
    ['list_files', [], {}],
    ['exec', ['ls', '-la', 'src'], { argv: ['ls', '-la', 'src'] }],
    [
      'exec',
      ['cwd=src', '--', 'git', 'log', '--oneline', 'a=b'],
      { cwd: 'src', argv: ['git', 'log', '--oneline', 'a=b'] },
    ],
    ['exec', ['argv=["a b"]'], { argv: ['a b'] }],
    ['edit_file', ['{"path":"f","old":"a","new":""}'], { path: 'f', old: 'a', new: '' }],
    ['nosuch', ['a', '--b'], {}],
  ] as const)('reads the words of %s %o', async ([name, words, args]) => {
    expect((await run(name, words)).calls).toEqual([[name, args]]);
  });

  it('takes the arguments from --input, and from stdin', async () => {
    const args = { path: 'f', content: 'a\nb' };
    const input = JSON.stringify(args);
    expect((await run('write_file', [], { input })).calls).toEqual([['write_file', args]]);
    expect((await run('write_file', [], { input: '-', stdin: input })).calls).toEqual([['write_file', args]]);
  });

  it.for([
    ['too few words', 'write_file', ['f'], {}, 'wirken tool run write_file <path> <content>'],
    ['an option that is none', 'exec', ['git', '--oneline'], {}, 'begins so behind --'],
    ['words beside --input', 'read_file', ['f'], { input: '{}' }, 'beside --input'],
    ['JSON that is none', 'read_file', ['{'], {}, 'no JSON'],
    ['a number that is none', 'read_file', ['f', 'lines=x'], {}, 'lines'],
  ] as const)('shows the usage for %s', async ([, name, words, scene, shown]) => {
    const { code, err, calls } = await run(name, words, scene);
    expect(code).toBe(2);
    expect(err).toContain(shown);
    expect(calls).toEqual([]);
  });

  it('prints text for a person, bytes for a pipe, the value for a program', async () => {
    expect(await run('list_files', [], { terminal: true })).toMatchObject({ code: 0, out: 'x\\x1b[2J\n' });
    expect(await run('list_files', [])).toMatchObject({ code: 0, out: 'x\u001b[2J\n' });
    expect(await run('list_files', [], { json: true })).toMatchObject({ code: 0, out: '{"text":"x\\u001b[2J"}\n' });
  });

  it('passes the exit code of a program on', async () => {
    expect(await run('exec', ['false'], { outcome: { ...DONE, exitCode: 7 } as ToolOutcome })).toMatchObject({
      code: 7,
    });
  });

  it('says why a call gave nothing', async () => {
    const failed: ToolOutcome = {
      kind: 'failed',
      code: 'not-found',
      message: 'f\u001b[2J does not exist',
      remedy: 'Look.',
    };
    const person = await run('read_file', ['f'], { outcome: failed });
    expect(person).toMatchObject({ code: 1, err: 'wirken: not-found: f\\x1b[2J does not exist\n  Look.\n', out: '' });
    const program = await run('read_file', ['f'], { outcome: failed, json: true });
    expect(JSON.parse(program.out)).toMatchObject({ ok: false, error: { code: 'not-found', remedy: 'Look.' } });
    const denied = (decider: Denied['decider']): ToolOutcome => ({
      kind: 'denied',
      action: { kind: 'WorkspaceDelete', path: 'f' },
      tier: 3,
      decider,
      rule: 'a rule',
      message: 'Denied: delete f.',
      remedy: 'Allow it.',
    });
    for (const [decider, code] of [
      ['rule', 'denied'],
      ['nobody', 'consent-required'],
    ] as const) {
      const ran = await run('delete_file', ['f'], { outcome: denied(decider) });
      expect(ran).toMatchObject({ code: 1, err: `wirken: ${code}: Denied: delete f.\n  Allow it.\n` });
    }
  });
});

describe('wirken tool list', () => {
  it('names every tool with what it asks for and how it is called', async () => {
    const { code, out } = await run('list', []);
    expect(code).toBe(0);
    expect(out).toMatch(/^delete_file +WorkspaceDelete/m);
    expect(out).toContain('wirken tool run edit_file <path> <old> <new> [--all]');
    const { tools } = JSON.parse((await run('list', [], { json: true })).out);
    expect(tools).toHaveLength(7);
    expect(tools[0]).toMatchObject({
      name: 'read_file',
      action: 'WorkspaceRead',
      deterministic: true,
      parameters: {},
      output: {},
    });
  });
});
