import { createServer } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Sandbox, TEXT_TOOL } from './testing.ts';

const FRONT = `description: "for tests"\nversion: "1.0.0"\n${TEXT_TOOL}`;

async function signed(box: Sandbox): Promise<void> {
  box.skill('mine', FRONT);
  await box.wirken(['key', 'new']);
  await box.wirken(['skill', 'sign', './mine']);
}

/** A directory stands where the database should: whoever runs the test, root too, cannot write there. */
function breakLog(box: Sandbox): void {
  mkdirSync(join(box.data, 'audit', 'log.db'), { recursive: true, mode: 0o700 });
  chmodSync(box.data, 0o700);
  chmodSync(join(box.data, 'audit'), 0o700);
}

describe('the audit log', () => {
  it('has the decision before the call, the call before its result, and heads around them', async () => {
    using box = new Sandbox();
    expect((await box.wirken(['skill', 'run', 'hash', 'text', 'abc'])).code).toBe(0);
    const rows = box.auditRows();
    expect(rows.map(({ action }) => action)).toEqual([
      'session.start',
      'chain.head',
      'permission.decision',
      'skill.call',
      'skill.result',
      'session.end',
      'chain.head',
    ]);
    expect(new Set(rows.map(({ session }) => session.full)).size).toBe(1);
    expect(rows[3]?.detail).toMatchObject({
      skill: 'hash',
      tool: 'text',
      trust: 'root-delegated',
      publisher: 'wirken',
    });
    expect(rows[4]?.detail).toMatchObject({ call: 4, outcome: 'done', exit_code: 0 });
    // Arguments and results are commitments.
    expect(JSON.stringify(rows)).not.toContain('ba7816bf');
    expect(JSON.stringify(rows)).not.toContain('"abc"');
  });

  it('has what was denied, and no call', async () => {
    using box = new Sandbox();
    await signed(box);
    await box.wirken(['skill', 'run', './mine', 'text', 'abc']);
    const rows = box.auditRows();
    expect(rows.filter(({ action }) => action === 'permission.decision').map(({ detail }) => detail)).toMatchObject([
      { decision: 'denied', decider: 'nobody', tier: 'tier2', skill: 'mine' },
    ]);
    expect(rows.some(({ action }) => action === 'skill.call')).toBe(false);
  });

  it('has nothing of a call that could not be made', async () => {
    using box = new Sandbox();
    expect((await box.wirken(['skill', 'run', 'hash', 'text', '--nonsense', '1'])).code).toBe(2);
    expect((await box.wirken(['skill', 'list'])).code).toBe(0);
    expect(box.auditRows()).toEqual([]);
  });

  it('has installs, refusals, removals, and changes of trust and rules', async () => {
    using box = new Sandbox();
    await signed(box);
    expect((await box.wirken(['skill', 'install', './mine'])).code).toBe(1);
    expect((await box.wirken(['skill', 'install', '--yes', './mine'])).code).toBe(0);
    expect((await box.wirken(['skill', 'run', 'mine', 'text', 'abc'])).code).toBe(0);
    expect((await box.wirken(['skill', 'remove', 'mine'])).code).toBe(0);
    expect((await box.wirken(['trust', 'revoke', 'somebody'])).code).toBe(0);
    expect((await box.wirken(['trust', 'remove', 'nobody-here'])).code).toBe(1);
    expect((await box.wirken(['permission', 'deny', 'WorkspaceWrite:.git/**'])).code).toBe(0);
    const told = box
      .auditRows()
      .filter(({ action }) => !/^(?:session|chain)\./.test(action))
      .map(({ action, detail }) => [action, detail]);
    expect(told).toMatchObject([
      ['permission.decision', { action_variant: 'SkillInstall', decision: 'denied', tier: 'tier3', decider: 'nobody' }],
      ['skill.refused', { code: 'consent-required' }],
      [
        'permission.decision',
        { action_variant: 'SkillInstall', decision: 'allowed', decider: 'option', rule: 'install --yes' },
      ],
      ['skill.installed', { skill: 'mine', by: '--yes' }],
      ['permission.decision', { action_variant: 'SkillRun', decision: 'allowed', tier: 'tier2' }],
      ['skill.call', { skill: 'mine' }],
      ['skill.result', { outcome: 'done' }],
      ['skill.removed', { skill: 'mine' }],
      ['trust.changed', { change: 'revoked' }],
      ['trust.changed', { change: 'root-removed' }],
      ['trust.changed', { change: 'root-removed', failed: 'not-found' }],
      ['permission.changed', { change: 'added' }],
    ]);
  });

  it('that cannot be written stops what wants leave, and says so to what does not', async () => {
    using box = new Sandbox();
    await signed(box);
    breakLog(box);
    const free = await box.wirken(['skill', 'run', 'hash', 'text', 'abc']);
    expect([free.code, free.stdout, free.stderr]).toEqual([
      0,
      expect.stringContaining('ba7816bf'),
      expect.stringContaining('not recorded'),
    ]);
    const asks = await box.wirken(['skill', 'run', '--yes', './mine', 'text', 'abc']);
    expect([asks.code, asks.stderr]).toEqual([1, expect.stringContaining('audit-unwritable')]);
    expect((await box.wirken(['skill', 'install', '--yes', './mine'])).code).toBe(1);
    // A key can be revoked at any time.
    expect((await box.wirken(['trust', 'revoke', 'somebody'])).code).toBe(0);
  });

  it('takes names and arguments of any kind', async () => {
    using box = new Sandbox();
    const text = '\u001b[2Jx\u202ey\u0000"\\\n{"$c":1}';
    const input = JSON.stringify({ text });
    expect((await box.wirken(['skill', 'run', '--input', '-', 'hash', 'text'], input)).code).toBe(0);
    const lone = '{"text":"\\ud800"}';
    expect((await box.wirken(['skill', 'run', '--input', '-', 'hash', 'text'], lone)).stderr).not.toContain('internal');
    writeFileSync(join(box.work, 'x'), '');
    expect(box.auditRows().filter(({ action }) => action === 'skill.call').length).toBeGreaterThan(0);
  });
});

it('forwards what a chat does while it lasts, where config.yaml lists a receiver', async () => {
  using box = new Sandbox();
  const got: string[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      got.push((request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString());
      response.end();
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  mkdirSync(box.data, { recursive: true, mode: 0o700 });
  writeFileSync(join(box.root, 'token'), 'a-secret-of-thirty-two-characters!\n', { mode: 0o600 });
  writeFileSync(
    join(box.data, 'config.yaml'),
    `audit:\n  forward:\n    - name: "here"\n      kind: "webhook"\n      url: "http://127.0.0.1:${address.port}/"\n      token-file: "${join(box.root, 'token')}"\n`,
  );
  try {
    await box.chatUntil('/hash text abc\n', () => got.some((body) => body.includes('skill.result')));
    expect(got.join('')).toContain('skill.call');
    expect(got.join('')).not.toContain('ba7816bf');
  } finally {
    server.close();
    server.closeAllConnections();
  }
});
