import { execFileSync } from 'node:child_process';
import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WorkspaceDir } from '../../workspace/dir.ts';
import { DEFAULT_LIMITS } from '../limits.ts';
import { buildCommand, buildLoud, buildSkill, buildSocket, buildText } from './fixtures/build.ts';
import { worldOf, type WorldSpec } from './fixtures/world.ts';
import { loadComponent, type LoadedComponent } from './load.ts';
import { prepareComponent } from './prepare.ts';
import { type ComponentEnd, runComponent } from './run.ts';
import { transpileComponent } from './transpile.ts';

const LIMITS = { ...DEFAULT_LIMITS, memoryBytes: 4 * 1024 * 1024 };
const UNREACHABLE = expect.stringContaining('unreachable') as string;
const signal = new AbortController().signal;

async function load(bytes: Uint8Array, limits = LIMITS): Promise<LoadedComponent> {
  const { meta, modules } = prepareComponent(await transpileComponent(bytes, { limits, signal }), limits);
  return loadComponent(JSON.parse(JSON.stringify(meta)) as typeof meta, modules);
}

function run(loaded: LoadedComponent, spec: WorldSpec): ComponentEnd & { stdout: string; stderr: string } {
  const { world, stdout, stderr } = worldOf(spec);
  const ended = runComponent(loaded, world);
  return { ...ended, stdout: stdout(), stderr: stderr() };
}

let command: LoadedComponent;
let skill: LoadedComponent;
let root: string;
let workspace: WorkspaceDir;

beforeAll(async () => {
  command = await load(await buildCommand());
  skill = await load(await buildSkill());
  root = mkdtempSync(join(tmpdir(), 'wirken-component-ws-'));
  mkdirSync(join(root, 'ws'));
  workspace = WorkspaceDir.openAmbient(join(root, 'ws'));
  writeFileSync(join(root, 'secret'), 'secret');
  writeFileSync(join(root, 'ws/a.txt'), 'in a\n');
  mkdirSync(join(root, 'ws/dir'));
  writeFileSync(join(root, 'ws/dir/b.txt'), 'in b\n');
  symlinkSync('..', join(root, 'ws/out'));
  symlinkSync(join(root, 'secret'), join(root, 'ws/absolute'));
  symlinkSync('dir/b.txt', join(root, 'ws/inside'));
  linkSync(join(root, 'secret'), join(root, 'ws/hard'));
  execFileSync('mkfifo', [join(root, 'ws/fifo')]);
});

afterAll(() => {
  workspace.close();
  rmSync(root, { recursive: true });
});

const writable = (): WorldSpec => ({ workspace: workspace.handle('read-write') });

describe('a wasi:cli/command', () => {
  it.for<[string, string[], WorldSpec, ComponentEnd['end'], RegExp]>([
    ['stdin and stdout', ['echo'], { stdin: 'ö in\0put' }, { kind: 'exited', code: 0 }, /^ö in\0put$/],
    ['no stdin', ['echo'], {}, { kind: 'exited', code: 0 }, /^$/],
    ['no environment of the host', ['env'], {}, { kind: 'exited', code: 0 }, /^none\n$/],
    ['an environment that it is given', ['env'], { env: ['NAME=a=b'] }, { kind: 'exited', code: 0 }, /^a=b\n$/],
    ['exit 0', ['exit', '0'], {}, { kind: 'exited', code: 0 }, /^$/],
    // `wasi:cli/exit.exit` knows ok and err alone
    ['exit 3', ['exit', '3'], {}, { kind: 'exited', code: 1 }, /^$/],
    ['a return code', ['unknown'], {}, { kind: 'exited', code: 1 }, /^$/],
    ['clocks', ['clocks'], {}, { kind: 'exited', code: 0 }, /^slept 1, wall \d{10}\n$/],
    [
      'given clocks',
      ['clocks'],
      { isDeterministic: true },
      { kind: 'exited', code: 0 },
      /^slept 1, wall 1700000000\n$/,
    ],
    ['random', ['random'], {}, { kind: 'exited', code: 0 }, /^[0-9a-f]{32}$/],
    ['/tmp', ['write', '/tmp/x', 'hello'], {}, { kind: 'exited', code: 0 }, /^5 bytes\n$/],
    ['a trap', ['trap'], {}, { kind: 'trap', message: UNREACHABLE }, /^$/],
    ['no file at all', ['show', '/etc/passwd'], {}, { kind: 'exited', code: 1 }, /^open: /],
    ['nothing outside of /tmp', ['show', '/tmp/../etc/passwd'], {}, { kind: 'exited', code: 1 }, /^open: /],
  ])('has %s', ([, args, spec, end, stdout]) => {
    const ended = run(command, { ...spec, args });
    expect(ended.end).toEqual(end);
    expect(ended.stdout).toMatch(stdout);
    expect(ended.memoryBytes).toBeGreaterThan(0);
  });

  it('says on stderr what it says', () => expect(run(command, { args: ['echo'] }).stderr).toBe('said\n'));

  it('gets the same from the same seed', () => {
    const [a, b] = [0, 1].map(() => run(command, { args: ['random'], isDeterministic: true }).stdout);
    expect(a).toBe(b);
    expect(run(command, { args: ['random'] }).stdout).not.toBe(a);
  });

  it.for<[string, string[], RegExp]>([
    ['a file', ['show', '/workspace/a.txt'], /^in a\n$/],
    ['a file further down', ['show', '/workspace/dir/b.txt'], /^in b\n$/],
    ['a symlink inside', ['show', '/workspace/inside'], /^in b\n$/],
    ['a listing', ['list', '/workspace/dir'], /^\. 1\n\.\. 1\nb\.txt 0\n$/],
    ['writing', ['write', '/workspace/new', 'one'], /^3 bytes\n$/],
    ['appending', ['write', '/workspace/new', 'two'], /^6 bytes\n$/],
    ['making a directory', ['mkdir', '/workspace/made'], /^$/],
    ['renaming', ['rename', '/workspace/new', '/workspace/made/moved'], /^$/],
    ['linking', ['symlink', '../dir', '/workspace/made/link'], /^$/],
    ['reading through it', ['show', '/workspace/made/link/b.txt'], /^in b\n$/],
    ['removing', ['unlink', '/workspace/made/moved'], /^$/],
  ])('works in the workspace: %s', ([, args, stdout]) => {
    const ended = run(command, { ...writable(), args });
    expect(ended.stdout).toMatch(stdout);
    expect(ended.end).toEqual({ kind: 'exited', code: 0 });
  });

  it.for<[string, string[]]>([
    ['..', ['show', '/workspace/../secret']],
    ['.. further in', ['show', '/workspace/dir/../../secret']],
    ['a symlink that leaves', ['show', '/workspace/out/secret']],
    ['an absolute symlink', ['show', '/workspace/absolute']],
    ['/proc', ['show', '/proc/self/environ']],
    ['a FIFO', ['show', '/workspace/fifo']],
    ['a symlink of its own that leaves', ['symlink', '../secret', '/workspace/own']],
    ['an absolute symlink of its own', ['symlink', '/etc/passwd', '/workspace/own']],
    ['a hard link to what leaves', ['link', '/workspace/out/secret', '/workspace/own']],
    ['renaming out', ['rename', '/workspace/a.txt', '/workspace/out/a.txt']],
    ['renaming to another file system', ['rename', '/workspace/a.txt', '/tmp/a.txt']],
    ['writing through a hard link', ['write', '/workspace/hard', 'x']],
  ])('does not leave the workspace by %s', ([, args]) => {
    const ended = run(command, { ...writable(), args });
    expect(ended.end).toEqual({ kind: 'exited', code: 1 });
    expect(ended.stdout).toMatch(/^(open|symlink|link|rename): /);
    expect(ended.stdout).not.toContain('secret\n');
    expect(readFileSync(join(root, 'secret'), 'utf8')).toBe('secret');
    expect(readFileSync(join(root, 'ws/a.txt'), 'utf8')).toBe('in a\n');
  });

  it('writes nothing that is read-only', () => {
    const args = ['write', '/workspace/a.txt', 'x'];
    const ended = run(command, { workspace: workspace.handle('read-only'), args });
    expect(ended.stdout).toMatch(/^open: /);
    expect(readFileSync(join(root, 'ws/a.txt'), 'utf8')).toBe('in a\n');
  });

  it('is stopped by endless output', () => {
    const ended = run(command, { args: ['flood'], outputBytes: 100_000 });
    expect(ended.end).toMatchObject({ kind: 'limit', limit: 'output' });
    expect(ended.stdout.length).toBe(100_000);
  });

  it('opens only so many files', () => {
    const { stdout } = run(command, { ...writable(), args: ['open-many', '/workspace/a.txt'], descriptors: 12 });
    // three streams and two mounts stand open from the start
    expect(stdout).toMatch(/^7 then /);
  });

  it('may open again what it closed, and leaves nothing open', () => {
    const open = (): number => readdirSync('/proc/self/fd').length;
    run(command, { ...writable(), args: ['show', '/workspace/a.txt'] });
    const before = open();
    const args = ['reopen', '/workspace/a.txt', '/workspace/dir'];
    expect(run(command, { ...writable(), args, descriptors: 12 })).toMatchObject({ stdout: '', end: { code: 0 } });
    run(command, { ...writable(), args: ['open-many', '/workspace/a.txt'] });
    run(command, { ...writable(), args: ['open-many', '/workspace/dir'] });
    expect(open()).toBe(before);
  });

  it('writes only so much', () => {
    expect(run(command, { args: ['fill', '/tmp/x'] }).stdout).toMatch(/^1048576 then /);
    expect(run(command, { args: ['sparse', '/tmp/x'] }).stdout).toMatch(/^truncate: .*\npwrite: /);
  });

  it('grows its memory up to the limit and no further', () => {
    const ended = run(command, { args: ['grow'] });
    expect(ended.stdout).toMatch(/, 64 in all\n$/);
    expect(ended.memoryBytes).toBe(LIMITS.memoryBytes);
  });

  it('is as new at each call', () => {
    for (let call = 0; call < 50; call += 1) {
      expect(run(command, { args: ['echo'], stdin: String(call) }).stdout).toBe(String(call));
      expect(run(command, { args: ['trap'] }).end.kind).toBe('trap');
    }
  });
});

describe('a wirken:skill', () => {
  it.for<[string, string, string, Partial<ComponentEnd>, string, string]>([
    ['ok', 'echo', '{"a":"ö"}', { end: { kind: 'exited', code: 0 }, result: { ok: '{"a":"ö"}' } }, '{"a":"ö"}', ''],
    ['an empty ok', 'echo', '', { end: { kind: 'exited', code: 0 }, result: { ok: '' } }, '', ''],
    [
      'err',
      'fail',
      '{}',
      { end: { kind: 'exited', code: 1 }, result: { err: 'no such thing' } },
      '',
      'no such thing\n',
    ],
    ['a trap', 'trap', '{}', { end: { kind: 'trap', message: UNREACHABLE } }, '', ''],
  ])('answers %s', ([, tool, input, expected, stdout, stderr]) => {
    expect(run(skill, { args: [tool], stdin: input })).toMatchObject({ ...expected, stdout, stderr });
  });

  it('answers no more than the limit', () => {
    const ended = run(skill, { args: ['large'], stdin: '{}', outputBytes: 1000 });
    expect(ended.end).toMatchObject({ kind: 'limit', limit: 'output' });
    expect(ended.result).toBeUndefined();
  });

  it('prints to the log, not into its result', async () => {
    const loud = await load(await buildLoud());
    const ended = run(loud, { args: ['now'], stdin: '{}', isDeterministic: true });
    expect(ended).toMatchObject({ stdout: '1700000000', stderr: 'printed by now\n', end: { kind: 'exited', code: 0 } });
  });

  it('takes a long input', () => {
    const stdin = 'x'.repeat(300_000);
    expect(run(skill, { args: ['echo'], stdin }).stdout).toBe(stdin);
  });
});

/** A command in text whose `run` has `body`; `imports` and `lowered` bring functions in as `$f`. */
function text(imports: string, lowered: string, signature: string, body: string): string {
  return `(component
    ${imports}
    (core module $libc (memory (export "memory") 1)
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024)))
    (core instance $libc (instantiate $libc))
    (core func $f (canon lower ${lowered}))
    (core module $m (import "i" "f" (func $f ${signature})) (func $run (export "run") (result i32) ${body} (i32.const 0)))
    (core instance $m (instantiate $m (with "i" (instance (export "f" (func $f))))))
    (func $run (result (result)) (canon lift (core func $m "run")))
    (instance $exported (export "run" (func $run)))
    (export "wasi:cli/run@0.2.3" (instance $exported)))`;
}

const EXIT = '(import "wasi:cli/exit@0.2.0" (instance $e (export "exit" (func (param "status" (result))))))';
const STDIN = `(import "wasi:io/streams@0.2.0" (instance $s (export "input-stream" (type (sub resource)))))
  (alias export $s "input-stream" (type $is))
  (import "wasi:cli/stdin@0.2.9" (instance $e (alias outer 1 $is (type $t)) (export "get-stdin" (func (result (own $t))))))`;
const RANDOM = `(import "wasi:random/random@0.2.0" (instance $e
  (export "get-random-bytes" (func (param "len" u64) (result (list u8))))))`;
describe('a hostile component', () => {
  it.for<[string, string, ComponentEnd['end']]>([
    [
      'that asks for as many random bytes as there are',
      text(
        RANDOM,
        '(func $e "get-random-bytes") (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))',
        '(param i64 i32)',
        '(call $f (i64.const -1) (i32.const 0))',
      ),
      { kind: 'trap', message: expect.stringContaining('random bytes at once') as string },
    ],
    [
      'that catches its own exit',
      text(EXIT, '(func $e "exit")', '(param i32)', '(block $b (try_table (catch_all $b) (call $f (i32.const 1))))'),
      { kind: 'exited', code: 1 },
    ],
    [
      'that takes resources without end',
      text(STDIN, '(func $e "get-stdin")', '(result i32)', '(loop $l (drop (call $f)) (br $l))'),
      { kind: 'trap', message: 'the guest holds more than 16384 resources' },
    ],
    [
      'that calls itself without end',
      text(EXIT, '(func $e "exit")', '(param i32)', '(drop (call $run))'),
      { kind: 'limit', limit: 'call-depth', message: expect.any(String) as string },
    ],
  ])('%s ends alone', async ([, source, end]) => {
    const loaded = await load(await buildText(source));
    expect(run(loaded, {}).end).toEqual(end);
    expect(run(command, { args: ['echo'], stdin: 'on' }).stdout).toBe('on');
  });

  it('shares one budget over all instances', async () => {
    const source = `(component
      (core module $m (memory (export "memory") 1)
        (func (export "run") (result i32) (loop $l (br_if $l (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
          (i32.const 0)))
      ${'(core instance (instantiate $m))'.repeat(7)}
      (core instance $i (instantiate $m))
      (func $run (result (result)) (canon lift (core func $i "run")))
      (instance $exported (export "run" (func $run)))
      (export "wasi:cli/run@0.2.3" (instance $exported)))`;
    const ended = run(await load(await buildText(source)), {});
    expect(ended.end).toEqual({ kind: 'exited', code: 0 });
    // an eighth of 64 pages, and seven times one page
    expect(ended.memoryBytes).toBe(15 * 65_536);
    const large = source.replace('"memory") 1', '"memory") 9');
    await expect(load(await buildText(large))).rejects.toMatchObject({ code: 'limit-exceeded' });
  });

  it('gets no socket', async () => {
    expect(run(await load(await buildSocket()), {}).end).toEqual({ kind: 'exited', code: 0 });
  });

  it('has ended even if its script swallows the end', () => {
    const swallow: LoadedComponent['instantiate'] = (_, imports) => {
      const exit = imports['wasi:cli/exit']?.['exitWithCode'] as (code: number) => void;
      const run = (): void => {
        try {
          exit(7);
        } catch {
          // as generated code might
        }
      };
      return { [command.exportName]: { run } };
    };
    expect(run({ ...command, instantiate: swallow }, {}).end).toEqual({ kind: 'exited', code: 7 });
  });

  it('gets no instance that was not counted', async () => {
    const loaded = { ...skill, instances: new Map([...skill.modules.values()].map((module) => [module, 0])) };
    expect(run(loaded, { args: ['echo'] }).end).toMatchObject({ kind: 'limit', limit: 'memory' });
  });
});
