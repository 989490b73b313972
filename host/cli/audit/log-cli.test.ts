import { type ChildProcess, spawn } from 'node:child_process';
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { Sandbox } from '../testing.ts';
import { type Row, writeSession } from './testing-log.ts';

const ENTRY = fileURLToPath(new URL('../../bin/wirken.mjs', import.meta.url));
const UTC = { TZ: 'UTC' };
const DENIED: Row = {
  actor: 'gateway.permissions',
  action: 'permission.decision',
  detail: {
    action_variant: 'ShellExec',
    decider: 'rule',
    decision: 'denied',
    rule: 'deny ShellExec',
    subject: 'rm\n\u001b[2J\u202e',
    tier: 'tier3',
  },
};
const CALL: Row = {
  actor: 'agent',
  action: 'tool.call',
  detail: { tool: 'exec', action_variant: 'ShellExec' },
  redactable: { arguments: { argv: ['rm', 'wirken: nothing\u009b2J'] } },
};

describe('wirken audit log', () => {
  it('prints a line a row, whatever is in it', async () => {
    using box = new Sandbox();
    await writeSession(box.data, 'cli-1', [DENIED, CALL]);
    const { code, stdout, stderr } = await box.wirken(['audit', 'log'], '', UTC);
    expect([code, stderr]).toEqual([0, '']);
    const lines = stdout.trimEnd().split('\n');
    expect(lines.length).toBe(6);
    expect(lines[0]).toBe(
      '2026-03-01 10:00:00       1  cli-1          cli                  session.start        chat by ann',
    );
    expect(lines[2]).toContain('denied ShellExec rm\\x0a\\x1b[2J\\u{202e} (tier3, rule: deny ShellExec)');
    expect(lines[3]).toMatch(/ 4 {2}cli-1 +agent +tool\.call +exec \(ShellExec\)$/);
    expect(lines[5]).toMatch(/chain\.head +rows 2 to 5, key [0-9a-f]{16}…$/);
  });

  it('prints an object a row for programs, with what its commitments stand for', async () => {
    using box = new Sandbox();
    await writeSession(box.data, 'cli-1', [CALL]);
    const { stdout } = await box.wirken(['audit', 'log', '--json', '--action', 'tool']);
    // oxlint-disable-next-line no-control-regex
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/u);
    const [row, ...more] = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(more).toEqual([]);
    expect(row).toEqual({
      id: 3,
      session: 'cli-1',
      seq: 3,
      ts: '2026-03-01T10:00:00.000Z',
      actor: 'agent',
      action: 'tool.call',
      channel: 'cli',
      payload: {
        action: 'tool.call',
        actor: 'agent',
        channel: 'cli',
        detail: {
          action_variant: 'ShellExec',
          arguments: { $c: expect.stringMatching(/^[0-9a-f]{64}$/) },
          tool: 'exec',
        },
        session: { full: 'cli-1' },
        ts: '2026-03-01T10:00:00.000Z',
      },
      opened: { arguments: { kind: 'value', value: { argv: ['rm', 'wirken: nothing\u009b2J'] } } },
      prev_hash: expect.stringMatching(/^[0-9a-f]{64}$/),
      payload_hash: expect.stringMatching(/^[0-9a-f]{64}$/),
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  it('narrows', async () => {
    using box = new Sandbox();
    await writeSession(box.data, 'cli-1', [DENIED, CALL]);
    await writeSession(box.data, 'chat-2', [CALL]);
    const ids = async (...args: readonly string[]): Promise<readonly number[]> => {
      const { stdout } = await box.wirken(['audit', 'log', '--json', ...args]);
      return stdout
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line).id);
    };
    expect(await ids()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(await ids('--session', 'chat')).toEqual([7, 8, 9, 10, 11]);
    expect(await ids('--session', 'latest', '--limit', '2')).toEqual([10, 11]);
    expect(await ids('--action', 'permission')).toEqual([3]);
    expect(await ids('--action', 'tool.call', '--channel', 'chat')).toEqual([9]);
    expect(await ids('--actor', 'agent')).toEqual([4, 9]);
    expect(await ids('--decision', 'denied')).toEqual([3]);
    expect(await ids('--decision', 'allowed')).toEqual([]);
    expect(await ids('--limit', '1')).toEqual([11]);
    expect(await ids('--limit', '0')).toEqual([]);
    expect(await ids('--since', '2026-03-01T10:00Z', '--until', '2026-03-01T10:01Z', '--limit', '3')).toEqual([
      9, 10, 11,
    ]);
    expect(await ids('--until', '2026-03-01T10:00Z')).toEqual([]);
  });

  it.for([
    [['--action', 'skill.cal'], 'there is no action skill.cal'],
    [['--actor', 'nobody'], 'there is no actor nobody'],
    [['--decision', 'maybe'], 'there is no decision maybe'],
    [['--since', 'soon'], '"soon" is no time'],
    [['--limit', '-1'], 'no whole number'],
    [['--limit', '1e3'], 'no whole number'],
    [['--frob'], 'unknown option'],
  ] as const)('refuses %j', async ([args, message]) => {
    using box = new Sandbox();
    expect(await box.wirken(['audit', 'log', ...args])).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining(message),
    });
  });

  it('reads pages without losing a row, and ends well when nobody reads any more', async () => {
    using box = new Sandbox();
    const many = Array.from({ length: 2600 }, () => CALL);
    await writeSession(box.data, 'cli-1', many);
    const { stdout } = await box.wirken(['audit', 'log', '--json', '--session', 'cli-1']);
    const ids = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).id);
    expect(ids).toEqual(Array.from({ length: ids.length }, (_, at) => at + 1));
    expect(ids.length).toBeGreaterThan(2600);
    const child = spawn('sh', ['-c', `"$1" "$2" audit log --json; echo "code $?" >&2`, 'sh', process.execPath, ENTRY], {
      env: { PATH: process.env['PATH'], HOME: box.root, WIRKEN_DATA_DIR: box.data },
    });
    child.stdout.once('data', () => child.stdout.destroy());
    expect(await textOf(child.stderr)).toBe('code 0\n');
  });
});

describe('wirken audit log --follow', () => {
  it('waits for a log, goes on with its rows and with the log in its place, and ends at Ctrl-C', async () => {
    using box = new Sandbox();
    using follow = new Follow(box, []);
    await follow.says('waiting for it', 'stderr');
    await writeSession(box.data, 'cli-1', [CALL]);
    await follow.says('  5  cli-1');
    await writeSession(box.data, 'cli-2', []);
    await follow.says('  9  cli-2');
    renameSync(join(box.data, 'audit'), join(box.root, 'away'));
    await writeSession(box.data, 'cli-3', []);
    await follow.says('  4  cli-3');
    expect(follow.stderr).toContain('The log was moved away');
    follow.child.kill('SIGINT');
    expect(await follow.ended).toBe(0);
    const rows = follow.stdout.trimEnd().split('\n');
    expect(rows.map((line) => line.slice(19, 38).trim().split(/ +/).toReversed().join(' '))).toEqual([
      ...[1, 2, 3, 4, 5].map((id) => `cli-1 ${id}`),
      ...[6, 7, 8, 9].map((id) => `cli-2 ${id}`),
      ...[1, 2, 3, 4].map((id) => `cli-3 ${id}`),
    ]);
  });

  it('begins with the last rows, and keeps to its filter', async () => {
    using box = new Sandbox();
    await writeSession(
      box.data,
      'cli-1',
      Array.from({ length: 20 }, () => CALL),
    );
    using follow = new Follow(box, ['--json', '--action', 'tool.call', '--limit', '2']);
    await follow.says('"id":22');
    await writeSession(box.data, 'cli-2', [DENIED, CALL]);
    await follow.says('"session":"cli-2"');
    follow.child.kill('SIGTERM');
    expect(await follow.ended).toBe(0);
    const rows = follow.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(rows.map(({ id }: { id: number }) => id)).toEqual([21, 22, 28]);
  });
});

/** `audit log --follow` as a process. */
class Follow implements Disposable {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  stdout = '';
  stderr = '';

  constructor(box: Sandbox, args: readonly string[]) {
    this.child = spawn(process.execPath, [ENTRY, 'audit', 'log', '--follow', ...args], {
      env: { PATH: process.env['PATH'], HOME: box.root, WIRKEN_DATA_DIR: box.data },
    });
    this.child.stdout?.on('data', (chunk: Buffer) => void (this.stdout += chunk.toString()));
    this.child.stderr?.on('data', (chunk: Buffer) => void (this.stderr += chunk.toString()));
    this.ended = new Promise((resolve) => {
      this.child.once('close', resolve);
    });
  }

  async says(text: string, stream: 'stdout' | 'stderr' = 'stdout'): Promise<void> {
    await expect.poll(() => this[stream], { timeout: 20_000, interval: 50 }).toContain(text);
  }

  [Symbol.dispose](): void {
    this.child.kill('SIGKILL');
  }
}

async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += String(chunk);
  return text;
}
