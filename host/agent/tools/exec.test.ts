import { spawn } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../base/jcs.ts';
import { enclosedJob, ENVIRONMENT } from './exec/bubblewrap.ts';
import { SandboxProbe } from './exec/sandbox-probe.ts';
import { runProgram } from './exec/program.ts';
import { textIn, ToolScene } from './testing.ts';

const FIXTURE = fileURLToPath(new URL('exec/in-terminal.fixture.ts', import.meta.url));
const sandbox = await new SandboxProbe().sandbox();
/** A descriptor that whoever started wirken forgot. */
const LEFT_OPEN = 40;
const isSandboxed = sandbox.kind === 'bubblewrap';

function marker(): string {
  return `3${Math.random().toString().slice(2, 9)}`;
}

/** Programs of this machine whose arguments hold the word. */
function running(word: string): readonly string[] {
  return readdirSync('/proc').filter((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      return readFileSync(`/proc/${name}/cmdline`, 'latin1').split('\0').includes(word);
    } catch {
      return false;
    }
  });
}

async function gone(word: string): Promise<void> {
  await expect.poll(() => running(word), { timeout: 10_000 }).toEqual([]);
}

async function bash(
  scene: ToolScene,
  script: string,
  more: { readonly [name: string]: Json } = {},
): Promise<Record<string, Json>> {
  return await scene.done('exec', { argv: ['bash', '-c', script], ...more });
}

// Without a sandbox the tests of the sandbox are a known failure of this machine, and this one is what is promised instead.
it.runIf(sandbox.kind === 'none')(`known failure here: ${sandbox.kind === 'none' ? sandbox.why : ''}`, async () => {
  using scene = new ToolScene();
  expect(await scene.call('exec', { argv: ['true'] })).toMatchObject({ kind: 'failed', code: 'unsupported' });
});

describe.runIf(isSandboxed)('exec in bubblewrap', () => {
  it('runs a program and tells how it went', async () => {
    using scene = new ToolScene();
    scene.put('src/f', 'hello\n');
    const outcome = await scene.call('exec', { argv: ['cat', 'f', '-', 'nosuch'], cwd: 'src', stdin: 'from stdin\n' });
    expect(outcome).toMatchObject({
      kind: 'done',
      exitCode: 1,
      value: { exit_code: 1, ended: 'exited', stdout: 'hello\nfrom stdin\n', stdout_bytes: 17, sandbox: 'bubblewrap' },
    });
    expect(outcome.kind === 'done' && outcome.text).toContain('── stderr\ncat: nosuch: No such file');
  });

  it('asks for the words as they are, and hands them over as they are', async () => {
    using scene = new ToolScene();
    const argv = ['printf', '%s|', '$HOME', '`id`', '; ls *', '--', '-n', '', 'ä "\'\n'];
    expect(await scene.done('exec', { argv })).toMatchObject({ stdout: '$HOME|`id`|; ls *|--|-n||ä "\'\n|' });
    expect(scene.gate.log.decisions).toMatchObject([{ tier: 3, action: { kind: 'ShellExec', argv } }]);
  });

  it('writes to the workspace, and to a /tmp of its own', async () => {
    using scene = new ToolScene();
    const value = await bash(scene, 'pwd; echo made > f; echo tmp > /tmp/x; cat /tmp/x; ls /tmp');
    expect(value).toMatchObject({ exit_code: 0, stdout: '/workspace\ntmp\nx\n' });
    expect(readFileSync(scene.path('f'), 'utf8')).toBe('made\n');
    expect(await bash(scene, 'ls /tmp')).toMatchObject({ stdout: '' });
  });

  it.for([
    ['a file outside', (scene: ToolScene) => `cat ${scene.outside}/secret.txt`],
    ['the data directory', (scene: ToolScene) => `ls ${scene.dataDir}`],
    ['the home directory', () => 'ls /root /home'],
    ['passwords', () => 'cat /etc/shadow'],
    ['by a symlink', () => 'cat out/secret.txt'],
    ['by its own root', () => 'ls /proc/1/root/var'],
    ['by the descriptors of others', () => 'cat /proc/*/fd/*/../outside/secret.txt /proc/*/cwd/../outside/secret.txt'],
    ['what runs outside', () => `grep -l ${process.pid} /proc/[0-9]*/stat`],
  ] as const)('does not see %s', async ([, script]) => {
    using scene = new ToolScene();
    symlinkSync('../outside', scene.path('out'));
    const value = await bash(scene, script(scene));
    expect(value['exit_code']).not.toBe(0);
    expect(value['stdout']).toBe('');
  });

  // Each would leave everything as it is, should it succeed.
  it.for([
    ['the system', ': >> /usr/bin/env'],
    ['the root', 'touch /x'],
    ['configuration', ': >> /etc/passwd'],
    ['devices', 'touch /dev/x'],
    ['the kernel’s switches', 'cat /proc/sys/vm/swappiness > /proc/sys/vm/swappiness'],
    ['the handler of core dumps', 'cat /proc/sys/kernel/core_pattern > /proc/sys/kernel/core_pattern'],
    ['mounts', 'mount -o remount,rw /usr'],
    ['a file outside', 'echo x > out/secret.txt'],
  ] as const)('cannot change %s', async ([, script]) => {
    using scene = new ToolScene();
    symlinkSync('../outside', scene.path('out'));
    expect((await bash(scene, script))['exit_code']).not.toBe(0);
    expect(readFileSync(join(scene.outside, 'secret.txt'), 'utf8')).toBe('the secret');
  });

  it('hides the data directory also where everything is readable', async () => {
    using scene = new ToolScene();
    // Not in /tmp, which no program sees anyway.
    const readable = mkdtempSync('/var/tmp/wirken-tools-');
    const dataDir = join(readable, 'deep', 'data');
    mkdirSync(dataDir, { recursive: true });
    writeFileSync(join(readable, 'file'), 'readable');
    writeFileSync(join(dataDir, 'key'), 'the key');
    if (sandbox.kind !== 'bubblewrap') return;
    const argv = ['bash', '-c', `cat ${readable}/file; ls ${dataDir}; cat ${dataDir}/key; touch ${dataDir}/x`];
    const system = ['/usr', '/bin', '/lib', '/lib64', readable];
    const job = enclosedJob(
      { sandbox, argv, cwd: '.', dataDir, system },
      { workspaceFd: scene.workspace.fd, stdin: '', timeoutMs: 10_000 },
    );
    const ended = await runProgram(job, new AbortController().signal);
    expect(ended).toMatchObject({ kind: 'ended', stdout: { text: 'readable' } });
    expect(readdirSync(dataDir)).toEqual(['key']);
    rmSync(readable, { recursive: true });
  });

  it('has no network, not even to this machine', async () => {
    using scene = new ToolScene();
    let connections = 0;
    const server = createServer(() => (connections += 1));
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const value = await bash(scene, `cat /proc/net/dev; echo hi > /dev/tcp/127.0.0.1/${port}`);
    server.close();
    expect(value['exit_code']).not.toBe(0);
    expect(textIn(value, 'stdout').match(/^ *\w+:/gm)).toEqual([expect.stringMatching(/^ *lo:$/)]);
    expect(connections).toBe(0);
  });

  it('has an environment of wirken’s making, no rights and no way to get any', async () => {
    process.env['WIRKEN_TEST_SECRET'] = 'leaks';
    using scene = new ToolScene();
    const { stdout } = await scene.done('exec', { argv: ['env'] });
    delete process.env['WIRKEN_TEST_SECRET'];
    expect(
      textIn({ stdout: stdout ?? null }, 'stdout')
        .trim()
        .split('\n')
        .sort(),
    ).toEqual([...Object.entries(ENVIRONMENT).map(([name, value]) => `${name}=${value}`), 'PWD=/workspace'].sort());
    const status = textIn(await scene.done('exec', { argv: ['cat', '/proc/self/status'] }), 'stdout');
    expect(status).toMatch(/^CapEff:\t0+$/m);
    expect(status).toMatch(/^CapBnd:\t0+$/m);
    expect(status).toMatch(/^NoNewPrivs:\t1$/m);
    expect((await scene.done('exec', { argv: ['unshare', '-U', 'true'] }))['exit_code']).not.toBe(0);
    const limits = await bash(scene, 'ulimit -u; ulimit -c');
    if (sandbox.kind === 'bubblewrap' && sandbox.limiter !== undefined)
      expect(limits).toMatchObject({ stdout: '512\n0\n' });
  });

  it('gets neither the terminal nor the descriptors of whoever started wirken', async () => {
    using scene = new ToolScene();
    const outside = openSync('/', 'r');
    const result = join(scene.base, 'result');
    const script = 'ls -l /proc/self/fd /proc/1/fd; cat /proc/self/stat; exec 5<>/dev/tty';
    // `script` gives it a terminal that it could be controlled by. Node itself sees to low descriptors, not to one behind a gap.
    const command = [process.execPath, FIXTURE, result, 'bash', '-c', script].map((word) => `'${word}'`).join(' ');
    const stdio: ('ignore' | number)[] = ['ignore', 'ignore', 'ignore'];
    stdio[LEFT_OPEN] = outside;
    const child = spawn('/usr/bin/script', ['-qec', command, '/dev/null'], {
      stdio: Array.from(stdio, (one) => one ?? 'ignore'),
    });
    await new Promise((resolve) => {
      child.once('close', resolve);
    });
    closeSync(outside);
    const outcome = JSON.parse(readFileSync(result, 'utf8'));
    expect(outcome).toMatchObject({ kind: 'done', value: { exit_code: 1 } });
    expect(outcome.value.stderr).toContain('/dev/tty');
    // Pipes, nothing, and what bubblewrap itself waits by: no file and no directory.
    const links: readonly string[] = outcome.value.stdout.match(/(?<= -> )\S+/g);
    expect(
      links.filter((target) => !/^(?:socket:|pipe:|anon_inode:|\/dev\/null$|\/proc\/\d+\/fd$)/.test(target)),
    ).toEqual([]);
    expect(links).toContain('/dev/null');
    const [, , , , , session, terminal] = outcome.value.stdout
      .split('\n')
      .find((line: string) => /^\d+ \(/.test(line))
      .split(' ');
    expect(Number(session)).not.toBe(0);
    expect(Number(terminal)).toBe(0);
  });

  it('leaves nothing running behind', async () => {
    using scene = new ToolScene();
    const word = marker();
    const script = `setsid sleep ${word} >/dev/null 2>&1 & (sleep ${word} &); sleep ${word} & disown; exit 0`;
    expect(await bash(scene, script)).toMatchObject({ exit_code: 0, ended: 'exited' });
    await gone(word);
  });

  it('ends many processes as it ends one', async () => {
    using scene = new ToolScene();
    const word = marker();
    const script = `for i in {1..60}; do setsid sleep ${word} & done; wait`;
    expect(await bash(scene, script, { timeout_s: 1 })).toMatchObject({ ended: 'timeout' });
    await gone(word);
  });

  it('asks a program to end before it makes it end', async () => {
    using scene = new ToolScene();
    const polite = "trap 'echo bye; exit 3' TERM; while :; do sleep 0.05; done";
    expect(await bash(scene, polite, { timeout_s: 1 })).toMatchObject({
      ended: 'timeout',
      exit_code: 3,
      stdout: 'bye\n',
    });
    const deaf = "trap '' TERM; while :; do sleep 0.05; done";
    expect(await bash(scene, deaf, { timeout_s: 1 })).toMatchObject({ ended: 'timeout', exit_code: 137 });
  });

  it('is cancelled with all that it started, and then says so', async () => {
    using scene = new ToolScene();
    const word = marker();
    const stop = new AbortController();
    const call = scene.call('exec', { argv: ['bash', '-c', `sleep ${word} & sleep ${word}`] }, stop.signal);
    await expect.poll(() => running(word).length, { timeout: 10_000 }).toBeGreaterThan(1);
    stop.abort(new Error('enough'));
    await expect(call).rejects.toThrow('enough');
    await gone(word);
    expect(scene.audit.rows.at(-1)).toMatchObject({
      action: 'tool.result',
      detail: { tool: 'exec', outcome: 'cancelled' },
    });
  });

  it('is ended when it writes without end, and keeps the front and the end', async () => {
    using scene = new ToolScene();
    const value = await scene.done('exec', { argv: ['yes', 'no'] });
    expect(value).toMatchObject({ ended: 'output' });
    expect(Number(value['stdout_bytes'])).toBeGreaterThan(64 * 1024 * 1024);
    const long = await scene.done('exec', { argv: ['seq', '1', '100000'] });
    expect(long).toMatchObject({ exit_code: 0, ended: 'exited', stdout_bytes: 588_895 });
    expect(long['stdout']).toMatch(/^1\n2\n[^]*\n… 523,\d+ bytes left out …\n[^]*\n100000\n$/);
  });

  it.for([
    ['a program that is not there', ['nosuch'], 'not-found', 'there is no program nosuch'],
    ['a file that is no program', ['/workspace/f'], 'io', 'could not be started'],
    ['no program', [''], 'arguments-invalid', 'names no program'],
    ['no words', [], 'arguments-invalid', 'argv'],
    ['a zero byte', ['ls', 'a\0b'], 'arguments-invalid', 'zero byte'],
    ['too many bytes', ['ls', 'x'.repeat(128 * 1024)], 'arguments-invalid', 'bytes'],
  ] as const)('says what is wrong with %s', async ([, argv, code, message]) => {
    using scene = new ToolScene();
    scene.put('f', 'text');
    const outcome = await scene.call('exec', { argv: [...argv] });
    expect(outcome).toMatchObject({ kind: 'failed', code });
    expect(outcome.kind === 'failed' && outcome.message).toContain(message);
  });

  it.for([
    ['a directory that is not there', { cwd: 'x' }, 'not-found'],
    ['a file', { cwd: 'f' }, 'not-found'],
    ['a way out', { cwd: '..' }, 'path-escapes'],
    ['a symlink out', { cwd: 'out' }, 'path-escapes'],
    ['too much input', { stdin: 'x'.repeat(1024 * 1024 + 1) }, 'limit-exceeded'],
    ['too much time', { timeout_s: 601 }, 'arguments-invalid'],
  ] as const)('asks nobody about %s', async ([, more, code]) => {
    using scene = new ToolScene();
    scene.put('f');
    symlinkSync('../outside', scene.path('out'));
    expect(await scene.ending('exec', { argv: ['true'], ...more })).toBe(code);
    expect(scene.gate.log.decisions).toEqual([]);
  });

  it('takes input that nobody reads', async () => {
    using scene = new ToolScene();
    expect(await scene.done('exec', { argv: ['true'], stdin: 'x'.repeat(1024 * 1024) })).toMatchObject({
      exit_code: 0,
    });
  });

  it('works in the directory that was opened, wherever its path leads by now', async () => {
    using scene = new ToolScene();
    scene.put('f', 'the opened one');
    const elsewhere = join(scene.base, 'moved');
    renameSync(scene.work, elsewhere);
    symlinkSync('outside', scene.work);
    expect(await bash(scene, 'cat f; cat secret.txt')).toMatchObject({ stdout: 'the opened one', exit_code: 1 });
    renameSync(scene.work, join(scene.base, 'link'));
    renameSync(elsewhere, scene.work);
  });
});

describe('exec without a sandbox', () => {
  it.for([
    ['bubblewrap is missing', [], 'is not installed'],
    ['bubblewrap fails', ['/bin/false'], 'does not work here'],
  ] as const)('is refused before anybody is asked where %s', async ([, programs, why]) => {
    using scene = new ToolScene({
      exec: { sandbox: new SandboxProbe(programs).sandbox, allowUnsandboxed: false, dataDir: '/nowhere' },
    });
    const outcome = await scene.call('exec', { argv: ['touch', 'made'] });
    expect(outcome).toMatchObject({ kind: 'failed', code: 'unsupported' });
    expect(JSON.stringify(outcome)).toContain(why);
    expect(JSON.stringify(outcome)).toContain('exec.unsandboxed');
    expect(scene.gate.log.decisions).toEqual([]);
    expect(existsSync(scene.path('made'))).toBe(false);
  });

  const bare = (): ToolScene =>
    new ToolScene({ exec: { sandbox: new SandboxProbe([]).sandbox, allowUnsandboxed: true, dataDir: '/nowhere' } });

  it('runs where the operator allows it, and says that it was none', async () => {
    using scene = bare();
    scene.put('d/f', 'here');
    const outcome = await scene.call('exec', { argv: ['bash', '-c', 'cat f; env'], cwd: 'd' });
    expect(outcome).toMatchObject({ kind: 'done', value: { exit_code: 0, sandbox: 'none' } });
    expect(outcome.kind === 'done' && outcome.text).toContain('sandbox: none');
    expect(outcome.kind === 'done' && outcome.value['stdout']).toMatch(/^here/);
    expect(outcome.kind === 'done' && outcome.value['stdout']).not.toContain('NODE');
    expect(await scene.ending('exec', { argv: ['nosuch'] })).toBe('not-found');
  });

  it('ends the whole group, and waits for no stream that a daemon holds', async () => {
    using scene = bare();
    const word = marker();
    expect(await bash(scene, `(trap '' TERM; exec sleep ${word}) & sleep 60`, { timeout_s: 1 })).toMatchObject({
      ended: 'timeout',
      sandbox: 'none',
    });
    await gone(word);
    // Without a sandbox a program that it leaves behind in peace stays.
    expect(await bash(scene, `sleep ${word} & echo done`)).toMatchObject({
      exit_code: 0,
      stdout: 'done\n',
      ended: 'exited',
    });
    for (const pid of running(word)) process.kill(Number(pid));
    await gone(word);
  });
});
