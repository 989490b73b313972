import { describe, expect, it } from 'vitest';
import type { Action, ActionKind, Tier } from './action.ts';
import { INSPECTION_COMMANDS, isInspection } from './inspection.ts';
import { parseHostPattern } from './pattern.ts';
import { ACTION_KINDS, lookUp } from './table.ts';
import { TEST_ACTIONS } from './testing.ts';
import { tierOf } from './tier.ts';

const NONE = { write: false, network: false, secrets: false };
const run = (trust: 'root-delegated' | 'self-signed' | 'dev', asks = NONE): Action => ({
  ...TEST_ACTIONS.SkillRun,
  trust,
  asks,
});
const get = (url: string): Action => ({ kind: 'NetworkRequest', method: 'GET', url });

describe('the tier', () => {
  it.for<readonly [string, Action, Tier]>([
    ['a run that a root vouches for and that only reads', run('root-delegated'), 1],
    ['a run that may write', run('root-delegated', { ...NONE, write: true }), 2],
    ['a run that may use the network', run('root-delegated', { ...NONE, network: true }), 2],
    ['a run that may use secrets', run('root-delegated', { ...NONE, secrets: true }), 2],
    ['a self-signed run', run('self-signed'), 2],
    ['a run under development', run('dev'), 2],
    ['a read', TEST_ACTIONS.WorkspaceRead, 1],
    ['a write inside the grants', { ...TEST_ACTIONS.WorkspaceWrite, granted: true }, 1],
    ['a write outside', TEST_ACTIONS.WorkspaceWrite, 2],
    ['a new file outside', { ...TEST_ACTIONS.WorkspaceWrite, creates: true }, 2],
    ['a deletion', TEST_ACTIONS.WorkspaceDelete, 3],
    ['a reply', TEST_ACTIONS.ChannelReply, 1],
    ['a search', TEST_ACTIONS.WebSearch, 1],
    ['memory read', TEST_ACTIONS.MemoryRead, 1],
    ['memory write', TEST_ACTIONS.MemoryWrite, 1],
    ['a secret', TEST_ACTIONS.CredentialUse, 3],
    ['a schedule', TEST_ACTIONS.ScheduleCreate, 3],
    ['an install', TEST_ACTIONS.SkillInstall, 3],
    ['a host that is not listed', get('https://other.com/'), 3],
    ['a listed host', get('https://api.example.com/x'), 2],
    ['a listed host on another port', get('https://api.example.com:8443/'), 3],
    ['a host that looks listed to a person', get('https://api.example.com@evil.com/'), 3],
    ['a host with a homograph', get('https://api.ехample.com/'), 3],
    ['a host beneath a listed one', get('https://x.api.example.com/'), 3],
    ['an inspection', { kind: 'ShellExec', argv: ['ls', '-la'] }, 2],
    ['a command', TEST_ACTIONS.ShellExec, 3],
    ['a tool that only reads', { ...TEST_ACTIONS.McpToolCall, readOnly: true }, 2],
    ['a tool that may write', TEST_ACTIONS.McpToolCall, 3],
    ['a message elsewhere', TEST_ACTIONS.MessageSend, 2],
    ['an agent', TEST_ACTIONS.AgentSpawn, 2],
    ['another channel', TEST_ACTIONS.CrossChannelRead, 3],
    ['an unknown tool', TEST_ACTIONS.ToolUnknown, 3],
  ])('of %s', ([, action, tier]) => {
    expect(tierOf(action, { networkHosts: [parseHostPattern('api.example.com:443')] })).toBe(tier);
  });

  it('of every request is 3 without a list', () => {
    expect(tierOf(get('https://api.example.com/'), {})).toBe(3);
  });

  it.for(['constructor', '__proto__', 'toString', 'Nothing', ''])('is a bug for the kind %j', (kind) => {
    expect(() => tierOf({ kind } as never, {})).toThrow(TypeError);
    expect(() => lookUp({} as never, { kind } as never)).toThrow(TypeError);
  });

  it('knows every kind', () => {
    expect(ACTION_KINDS).toEqual(Object.keys(TEST_ACTIONS));
    expect(new Set<ActionKind>(ACTION_KINDS).size).toBe(18);
  });
});

describe('an inspection', () => {
  it.for<readonly string[]>([
    ['ls'],
    ['ls', '-la', 'src', 'tests/übung'],
    ['ls', '--all', '--', 'src'],
    ['cat', 'a b.txt'],
    ['cat', '-'],
    ['head', '-n', '5', 'x'],
    ['head', '-n5', 'x'],
    ['tail', '-20', 'x'],
    ['grep', '-rn', 'needle', 'src'],
    ['grep', '-A3', '--include=a.ts', 'needle'],
    ['diff', '-u', 'a', 'b'],
    ['stat', '-c', '%s', 'x'],
    ['file', '--mime-type', 'x'],
    ['wc', '-l', 'x'],
    ['pwd'],
    ['whoami'],
    ['id', '-u'],
    ['uname', '-a'],
    ['date', '-u', '+%F'],
    ['which', 'node'],
    ['du', '-sh', '.'],
    ['df', '-h'],
  ])('is %j', (argv) => {
    expect(isInspection(argv)).toBe(true);
  });

  it.for<readonly [string, readonly string[]]>([
    ['no program', []],
    ['an unknown one', ['find', '.']],
    ['one by its path', ['/bin/ls']],
    ['one in the workspace', ['./ls']],
    ['one with a blank', ['ls ']],
    ['in capitals', ['LS']],
    ['an inherited name', ['constructor']],
    ['a program that starts others', ['env', 'ls']],
    ['the clock set', ['date', '-s', '2020-01-01']],
    ['the clock set, long', ['date', '--set=2020-01-01']],
    ['the clock set, abbreviated', ['date', '--se=2020-01-01']],
    ['the clock set in a cluster', ['date', '-us', '2020-01-01']],
    ['the clock set by an operand', ['date', '010100002020']],
    ['a compiled magic file', ['file', '-C', '-m', 'x']],
    ['a compiled magic file in a cluster', ['file', '-bC', 'x']],
    ['times set', ['file', '-p', 'x']],
    ['decompressors started', ['file', '-z', 'x']],
    ['pr started', ['diff', '-l', 'a', 'b']],
    ['an operand for all', ['diff', '--to-file=a', 'b']],
    ['a file of patterns', ['grep', '-f', 'x']],
    ['no end', ['tail', '-f', 'x']],
    ['an unknown option', ['ls', '--hyperlink=always']],
    ['an option behind --', ['date', '--', '-s']],
    ['a host name', ['hostname', 'x']],
    ['an operand of whoami', ['whoami', 'x']],
    ...Array.from(';|&$`<>()*?[]{}!#\'"\\^\n\r\t\0\u001b\u202e\u200b').map(
      (char): readonly [string, readonly string[]] => [`the character ${JSON.stringify(char)}`, ['cat', `a${char}b`]],
    ),
    ['a home directory', ['cat', '~root']],
  ])('is not %s', ([, argv]) => {
    expect(isInspection(argv)).toBe(false);
  });

  it('is none of the programs that write, execute or show secrets', () => {
    for (const program of [
      'env',
      'printenv',
      'find',
      'sort',
      'tree',
      'xargs',
      'awk',
      'sed',
      'tee',
      'sh',
      'hostname',
      'dd',
    ])
      expect(INSPECTION_COMMANDS).not.toContain(program);
  });
});
