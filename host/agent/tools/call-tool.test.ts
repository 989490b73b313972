import { describe, expect, it } from 'vitest';
import { HostError } from '../../base/error.ts';
import { canonicalJson } from '../../base/jcs.ts';
import type { Json } from '../../base/jcs.ts';
import { testRules } from '../../policy/testing.ts';
import { ScriptedApprover } from '../../policy/testing.ts';
import { validatorOf } from '../../skill/schema.ts';
import { WorkspaceDir } from '../../workspace/dir.ts';
import { decodeJournal } from '../../workspace/journal/decode.ts';
import { JournalReplayer } from '../../workspace/journal/replayer.ts';
import { replayingDir } from '../../workspace/journal/replaying.ts';
import { BUILTIN_TOOLS, builtinTool } from './builtin-tools.ts';
import { callTool } from './call-tool.ts';
import { REPLAY_TOOLS } from './replay-tool.ts';
import { ToolScene } from './testing.ts';

const UNWRITABLE = new HostError('audit-unwritable', 'the disk is full');

function nested(depth: number): Json {
  let value: Json = 'x';
  for (let at = 0; at < depth; at += 1) value = [value];
  return { path: value };
}

describe('callTool', () => {
  it('records the call, then the decision, then the result', async () => {
    const order: string[] = [];
    using scene: ToolScene = new ToolScene({ gate: { log: { record: async () => void order.push('decision') } } });
    scene.put('f', 'hello');
    const { append } = scene.audit;
    scene.audit.append = async (draft) => {
      order.push(draft.action);
      return await append.call(scene.audit, draft);
    };
    await scene.done('read_file', { path: 'f' });
    expect(order).toEqual(['tool.call', 'decision', 'tool.result']);
    expect(scene.audit.rows).toMatchObject([
      {
        session: 'cli-test',
        actor: 'cli',
        channel: 'cli',
        action: 'tool.call',
        detail: { tool: 'read_file', action_variant: 'WorkspaceRead' },
        redactable: { arguments: { path: 'f' } },
      },
      {
        action: 'tool.result',
        detail: { tool: 'read_file', call: 1, outcome: 'done', journal: 'kept' },
        redactable: { result: { path: 'f', text: 'hello' }, journal_blob: { bytes: expect.any(Number) } },
      },
    ]);
    // Nothing that was read stands in the clear.
    expect(JSON.stringify(scene.audit.rows.map(({ detail }) => detail))).not.toContain('hello');
  });

  it('tells the person the full arguments, and the gate which tool it is', async () => {
    const approver = new ScriptedApprover('once');
    using scene = new ToolScene({ gate: { approver } });
    await scene.done('write_file', { path: './new//f', content: 'text' });
    expect(approver.questions).toMatchObject([
      {
        action: { kind: 'WorkspaceWrite', path: 'new/f', creates: true, granted: false },
        args: { path: './new//f', content: 'text' },
        asker: { tool: 'write_file' },
      },
    ]);
  });

  it.for([
    ['write_file', { path: 'f', content: 'x' }],
    ['edit_file', { path: 'f', old: 'f', new: 'g' }],
    ['delete_file', { path: 'f' }],
    ['exec', { argv: ['rm', 'f'] }],
  ] as const)('does nothing when %s is denied', async ([name, args]) => {
    using scene = new ToolScene({ gate: { approver: new ScriptedApprover('no') } });
    scene.put('f');
    expect(await scene.call(name, args)).toMatchObject({ kind: 'denied', decider: 'person' });
    expect(await scene.done('read_file', { path: 'f' })).toMatchObject({ text: 'f' });
    expect(scene.audit.rows[1]).toMatchObject({
      action: 'tool.result',
      detail: { tool: name, call: 1, outcome: 'denied' },
    });
  });

  it('asks for a tool that is not there, and does nothing even if it may', async () => {
    using denied = new ToolScene({ gate: { approver: new ScriptedApprover('no') } });
    expect(await denied.call('format\u001b[2Jdisk', {})).toMatchObject({
      kind: 'denied',
      action: { kind: 'ToolUnknown', name: 'format\\x1b[2Jdisk' },
      tier: 3,
    });
    using allowed = new ToolScene();
    expect(await allowed.ending('constructor', {})).toBe('tool-unknown');
    expect(await allowed.ending('__proto__', {})).toBe('tool-unknown');
    expect(allowed.gate.log.decisions).toHaveLength(2);
    expect(await allowed.ending('x'.repeat(1_000_000), {})).toBe('tool-unknown');
    expect(JSON.stringify(allowed.audit.rows.at(-1)).length).toBeLessThan(1_000);
  });

  it.for([
    ['no object', []],
    ['nothing', null],
    ['a lone surrogate', { path: '\ud800' }],
    ['a lone surrogate as a name', { '\udc00': 1 }],
    ['depth', nested(10_000)],
    ['another type', { path: 1 }],
    ['more than it knows', { path: 'f', __proto__x: 1 }],
  ] as const)('refuses arguments with %s, and asks nobody', async ([, args]) => {
    using scene = new ToolScene();
    expect(await scene.ending('read_file', args)).toBe('arguments-invalid');
    expect(scene.gate.log.decisions).toEqual([]);
    expect(scene.audit.rows).toMatchObject([
      { action: 'tool.call' },
      { action: 'tool.result', detail: { outcome: 'failed', code: 'arguments-invalid' } },
    ]);
    // What is recorded has a canonical form.
    for (const row of scene.audit.rows) expect(() => canonicalJson({ ...row.detail, ...row.redactable })).not.toThrow();
  });

  it('refuses arguments of another’s making', async () => {
    using scene = new ToolScene();
    expect(await scene.ending('read_file', JSON.parse('{"path": "f", "__proto__": {"lines": 1}}'))).toBe(
      'arguments-invalid',
    );
    expect(await scene.ending('write_file', { path: 'f', content: 'x'.repeat(17 * 1024 * 1024) })).toBe(
      'arguments-invalid',
    );
    expect(JSON.stringify(scene.audit.rows[2]).length).toBeLessThan(1_000);
  });

  it('reads without a log, says so, and does nothing else', async () => {
    using scene = new ToolScene();
    scene.put('f');
    scene.audit.broken = UNWRITABLE;
    scene.gate.log.broken = UNWRITABLE;
    expect(await scene.ending('read_file', { path: 'f' })).toBe('done');
    expect(scene.unrecorded).toEqual([UNWRITABLE, UNWRITABLE]);
    for (const [name, args] of [
      ['write_file', { path: 'f', content: 'x' }],
      ['delete_file', { path: 'f' }],
      ['exec', { argv: ['rm', 'f'] }],
    ] as const) {
      expect(await scene.ending(name, args)).toBe('audit-unwritable');
    }
    expect(await scene.done('read_file', { path: 'f' })).toMatchObject({ text: 'f' });
  });

  it('does nothing when only the decision cannot be recorded', async () => {
    using scene = new ToolScene();
    scene.put('f');
    scene.gate.log.broken = UNWRITABLE;
    expect(await scene.call('delete_file', { path: 'f' })).toMatchObject({ kind: 'denied', decider: 'log' });
    expect(await scene.ending('read_file', { path: 'f' })).toBe('done');
  });

  it('says what is wrong with the workspace', async () => {
    using scene: ToolScene = new ToolScene({
      workspace: () => WorkspaceDir.openAmbient(scene.dataDir, { dataDir: scene.dataDir }),
    });
    expect(await scene.call('list_files', {})).toMatchObject({ kind: 'failed', code: 'workspace-refused' });
    expect(scene.audit.rows.at(-1)).toMatchObject({ detail: { outcome: 'failed', journal: 'none' } });
  });

  it('is cancelled while a person is asked', async () => {
    const stop = new AbortController();
    using scene = new ToolScene({
      gate: {
        approver: {
          ask: async (_question, signal) => {
            setImmediate(() => stop.abort(new Error('enough')));
            return await new Promise((_resolve, reject) => {
              signal.addEventListener('abort', () => reject(signal.reason));
            });
          },
        },
      },
    });
    scene.put('f');
    await expect(callTool('delete_file', { path: 'f' }, scene.ports, stop.signal)).rejects.toThrow('enough');
    expect(scene.audit.rows.at(-1)).toMatchObject({ action: 'tool.result', detail: { outcome: 'cancelled' } });
    expect(await scene.ending('read_file', { path: 'f' })).toBe('done');
  });

  it('does not show or search what a rule forbids to read', async () => {
    const rules = testRules(
      { effect: 'deny', target: 'WorkspaceRead:secrets/**' },
      { effect: 'deny', target: 'WorkspaceRead:.env' },
    );
    using scene: ToolScene = new ToolScene({
      gate: { rules: () => rules },
      mayRead: (path) => {
        const standing = scene.gate.gate.standing({ kind: 'WorkspaceRead', path }, scene.ports.caller, {});
        return standing.kind === 'open' || standing.decision === 'allowed';
      },
    });
    for (const path of ['secrets/a', 'secrets/deep/b', '.env', 'open/a', 'open/secrets/x']) scene.put(path, 'needle');
    const { matches } = await scene.done('search_files', { pattern: 'needle' });
    expect(matches).toMatchObject([{ path: 'open/a' }, { path: 'open/secrets/x' }]);
    expect(JSON.stringify(await scene.done('list_files', { depth: 9 }))).not.toMatch(/secrets\/(a|deep)|env/);
    expect(await scene.done('list_files', { path: 'secrets' })).toMatchObject({ entries: [] });
    expect(await scene.ending('read_file', { path: 'secrets/a' })).toBe('denied');
    expect(await scene.ending('search_files', { path: '.env', pattern: 'n' })).toBe('denied');
  });
});

describe('replay', () => {
  const CALLS = [
    ['read_file', { path: 'dir/link', lines: 1 }],
    ['read_file', { path: 'missing' }],
    ['read_file', { path: '../outside/secret.txt' }],
    ['read_file', { path: 5 }],
    ['list_files', { depth: 5 }],
    ['list_files', { path: 'dir', glob: '*.ts' }],
    ['search_files', { pattern: 'n[e]+dle', regex: true, context: 1 }],
    ['search_files', { pattern: 'needle', path: 'dir/a.ts' }],
  ] as const;

  it.for(CALLS)('makes %s %o again from its journal alone', async ([name, args]) => {
    using scene = new ToolScene();
    scene.put('dir/a.ts', 'one\ntwo needle\nthree\n');
    scene.put('b', Buffer.from([0, 1, 2]));
    const { symlinkSync } = await import('node:fs');
    symlinkSync('a.ts', scene.path('dir/link'));
    const outcome = await scene.call(name, args);
    const row = scene.audit.rows.at(-1);
    const journal = row?.blobs?.[0];
    if (journal === undefined) throw new Error('no journal');
    scene.put('dir/a.ts', 'something else');
    const replayer = new JournalReplayer(decodeJournal(journal));
    const again = REPLAY_TOOLS.get(name)?.(args, replayingDir(replayer), new AbortController().signal);
    if (outcome.kind === 'done') expect(await again).toEqual(outcome.value);
    else await expect(again).rejects.toMatchObject(outcome.kind === 'failed' ? { code: outcome.code } : {});
    expect(() => replayer.finish()).not.toThrow();
  });

  it('has every deterministic tool, and no other', () => {
    const deterministic = Object.values(BUILTIN_TOOLS).filter((tool) => tool.deterministic);
    expect([...REPLAY_TOOLS.keys()].sort()).toEqual(deterministic.map(({ name }) => String(name)).sort());
  });
});

describe('BUILTIN_TOOLS', () => {
  it.for(Object.entries(BUILTIN_TOOLS))('%s is what it says', ([name, tool]) => {
    expect(tool.name).toBe(name);
    expect(builtinTool(name)).toBe(tool);
    expect(tool.parameters).toMatchObject({ type: 'object', additionalProperties: false });
    expect(tool.output).toMatchObject({ type: 'object', additionalProperties: false });
    validatorOf(tool.parameters);
    validatorOf(tool.output);
    expect(tool.deterministic).toBe(tool.access === 'read-only');
  });

  it('answers what its schema of the output says', async () => {
    using scene = new ToolScene();
    scene.put('f', 'text\n');
    scene.put('b', Buffer.of(0));
    for (const [name, args] of [
      ['read_file', { path: 'f' }],
      ['read_file', { path: 'b' }],
      ['read_file', { path: 'f', lines: 1 }],
      ['list_files', { depth: 2 }],
      ['search_files', { pattern: 't', context: 2 }],
      ['write_file', { path: 'g', content: '' }],
      ['edit_file', { path: 'f', old: 't', new: 'T', all: true }],
      ['delete_file', { path: 'g' }],
    ] as const) {
      const value = await scene.done(name, args);
      expect(validatorOf(BUILTIN_TOOLS[name].output).validate(value)).toEqual([]);
    }
    const outcome = await scene.call('exec', { argv: ['true'] });
    if (outcome.kind === 'done') expect(validatorOf(BUILTIN_TOOLS.exec.output).validate(outcome.value)).toEqual([]);
  });
});
