import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CallOutcome } from '../call.ts';
import { DEFAULT_LIMITS } from '../limits.ts';
import { callWith, ECHO, ENDLESS, echoes, flood, guestOf, scratch } from './fixtures.ts';
import { type Pool, startPool } from './pool.ts';
import { NOWHERE } from './where.ts';

const cache = scratch();
let pool: Pool;
beforeAll(() => {
  pool = startPool({ cacheDir: cache.path, size: 4 });
});
afterAll(async () => {
  await pool[Symbol.asyncDispose]();
  cache[Symbol.dispose]();
});

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();
const shape = (outcome: CallOutcome): string =>
  outcome.kind === 'limit'
    ? `limit ${outcome.limit}`
    : outcome.kind === 'exited'
      ? `exit ${outcome.code}`
      : outcome.kind;

describe('one call', () => {
  it('answers what the guest wrote, how it ended and what stood around it', async () => {
    const outcome = await callWith(pool, ECHO, { spec: { stdin: Buffer.from('{"a":1}') } });
    if (outcome.kind !== 'exited') throw new Error(outcome.kind);
    expect([outcome.code, text(outcome.stdout), outcome.stderrCut]).toEqual([0, '{"a":1}', false]);
    expect(outcome.fences).toEqual(['wasm', 'permission', 'landlock', 'own-process']);
    expect(outcome.usage.memoryBytes).toBe(131_072);
  });

  it.for([0, 1, 65_535, 65_536, 65_537, 1_000_000, 8 * 1024 * 1024])('carries %i bytes both ways', async (bytes) => {
    const stdin = Buffer.alloc(bytes, 'wirken ');
    const outcome = await callWith(pool, ECHO, { spec: { stdin } });
    expect(outcome.kind === 'exited' && Buffer.compare(outcome.stdout, stdin)).toBe(0);
  });

  it('keeps stderr and takes progress out of it', async () => {
    const lines = 'first\n{"progress":{"done":3,"total":10,"message":"x"}}\nlast';
    const body = `(func (export "_start") (call $write (i32.const 2) (i32.const 1024) (i32.const ${lines.length})) (call $proc_exit (i32.const 7)))`;
    const events: unknown[] = [];
    const outcome = await callWith(pool, guestOf('stderr', body, DEFAULT_LIMITS, lines), {
      options: { onProgress: (event) => events.push(event) },
    });
    expect(shape(outcome)).toBe('exit 7');
    expect(outcome.kind === 'exited' && text(outcome.stderr)).toBe('first\nlast');
    expect(events).toEqual([{ done: 3, total: 10, message: 'x' }]);
  });

  it('tells guests apart by their digest alone', async () => {
    const one = guestOf('the one', '(func (export "_start") (call $proc_exit (i32.const 1)))');
    const other = guestOf('the other', '(func (export "_start") (call $proc_exit (i32.const 2)))');
    const codes = [];
    for (const guest of [one, other, one, other]) codes.push(shape(await callWith(pool, guest)));
    expect(codes).toEqual(['exit 1', 'exit 2', 'exit 1', 'exit 2']);
  });

  it('compiles the same digest anew under other limits', async () => {
    const grow = '(func (export "_start") (call $proc_exit (i32.eq (memory.grow (i32.const 30)) (i32.const -1))))';
    const small = { ...DEFAULT_LIMITS, memoryBytes: 1024 * 1024 };
    expect(shape(await callWith(pool, guestOf('grow', grow)))).toBe('exit 0');
    expect(shape(await callWith(pool, guestOf('grow', grow, small), { limits: small }))).toBe('exit 1');
    expect(shape(await callWith(pool, guestOf('grow', grow)))).toBe('exit 0');
  });

  it('drops guests that were not used for long, and gets them again', async () => {
    const guests = Array.from({ length: 20 }, (_, code) =>
      guestOf(`many ${code}`, `(func (export "_start") (call $proc_exit (i32.const ${code})))`),
    );
    for (const round of [0, 1]) {
      for (const [code, guest] of guests.entries())
        expect([round, shape(await callWith(pool, guest))]).toEqual([round, `exit ${code}`]);
    }
  });

  it('leaves nothing of a call to the next one', async () => {
    const body = `(global $g (mut i32) (i32.const 0)) (func (export "_start")
      (global.set $g (i32.add (global.get $g) (i32.const 1)))
      (i32.store (i32.const 512) (i32.add (i32.load (i32.const 512)) (i32.const 1)))
      (call $proc_exit (i32.add (global.get $g) (i32.load (i32.const 512)))))`;
    const guest = guestOf('fresh', body);
    for (const _ of [1, 2, 3]) expect(shape(await callWith(pool, guest))).toBe('exit 2');
  });

  it('gives the same world twice when it is fixed', async () => {
    const body = `(func (export "_start")
      (drop (call $random_get (i32.const 2048) (i32.const 32)))
      (drop (call $clock_time_get (i32.const 0) (i64.const 1) (i32.const 2080)))
      (drop (call $clock_time_get (i32.const 0) (i64.const 1) (i32.const 2088)))
      (call $write (i32.const 1) (i32.const 2048) (i32.const 48)))`;
    const guest = guestOf('world', body);
    const fixed = { startNs: 1_000_000_000n, stepNs: 5n, seed: new Uint8Array(32).fill(7) };
    const outputs = [];
    for (const determinism of [fixed, fixed, { ...fixed, seed: new Uint8Array(32).fill(8) }, undefined]) {
      const outcome = await callWith(pool, guest, determinism === undefined ? {} : { spec: { determinism } });
      outputs.push(outcome.kind === 'exited' ? Buffer.from(outcome.stdout).toString('hex') : outcome.kind);
    }
    expect(outputs[0]).toBe(outputs[1]);
    expect(new Set(outputs).size).toBe(3);
    expect(Buffer.from(outputs[0] ?? '', 'hex').readBigUInt64LE(32)).toBe(1_000_000_000n);
    expect(Buffer.from(outputs[0] ?? '', 'hex').readBigUInt64LE(40)).toBe(1_000_000_005n);
  });

  it('says what the engine refuses', async () => {
    const outcome = await callWith(pool, { digest: 'broken', module: Buffer.from('\0asm\x01\0\0\0\x03\x02\x01\x05') });
    expect(outcome).toMatchObject({ kind: 'refused', code: 'module-invalid' });
  });
});

const LINE = '{"progress":{"done":1}}\n';
const TOUCH_ALL = `(func (export "_start") (local $at i32)
  (loop $l (br_if $l (i32.ne (memory.grow (i32.const 16)) (i32.const -1))))
  (call $proc_exit (memory.size)))`;
const RECURSE =
  '(func $f (param i32) (result i32) (i32.add (i32.const 1) (call $f (local.get 0)))) (func (export "_start") (drop (call $f (i32.const 1))))';

describe('limits', () => {
  const small = { memoryBytes: 4 * 1024 * 1024 };
  it.for([
    ['an endless loop', ENDLESS, { wallTimeMs: 150 }, 'limit wall-time'],
    [
      'an endless start function',
      guestOf('start', '(func $s (loop $l (br $l))) (start $s) (func (export "_start"))'),
      { wallTimeMs: 150 },
      'limit wall-time',
    ],
    ['a flood of output', flood(1, 'x'.repeat(1000)), { outputBytes: 100_000 }, 'limit output'],
    ['a flood of stderr', flood(2, 'x'.repeat(1000)), { wallTimeMs: 300 }, 'limit wall-time'],
    ['a flood of progress', flood(2, LINE), { progressEvents: 100 }, 'limit progress-events'],
    ['memory to the limit', guestOf('grow all', TOUCH_ALL, { ...DEFAULT_LIMITS, ...small }), small, 'exit 50'],
    ['deep recursion', guestOf('deep', RECURSE), {}, 'limit call-depth'],
    ['a trap', guestOf('trap', '(func (export "_start") unreachable)'), {}, 'trap'],
    ['input over the limit', ECHO, { inputBytes: -1 }, 'refused'],
  ] as const)('%s', async ([, guest, limits, expected]) => {
    expect(shape(await callWith(pool, guest, { limits }))).toBe(expected);
    expect(await echoes(pool, 'and on it goes')).toBe(true);
  });

  it('keeps the tail of stderr when time runs out', async () => {
    const said = 'about to loop\n';
    const body = `(func (export "_start") (call $write (i32.const 2) (i32.const 1024) (i32.const ${said.length})) (loop $l (br $l)))`;
    const outcome = await callWith(pool, guestOf('said', body, DEFAULT_LIMITS, said), { limits: { wallTimeMs: 200 } });
    expect(outcome.kind === 'limit' && text(outcome.stderr)).toBe(said);
  });

  it('keeps no more of stderr than allowed, and says that it was cut', async () => {
    const body = `(func (export "_start") (local $i i32) (loop $l
      (call $write (i32.const 2) (i32.const 1024) (i32.const 10))
      (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 5000)))))`;
    const outcome = await callWith(pool, guestOf('long', body, DEFAULT_LIMITS, 'abcdefghi\n'), {
      limits: { stderrBytes: 25 },
    });
    expect(outcome.kind === 'exited' && [text(outcome.stderr), outcome.stderrCut]).toEqual([
      'fghi\nabcdefghi\nabcdefghi\n',
      true,
    ]);
  });

  it('does not count the time while a person is asked', async () => {
    const outcome = await callWith(pool, ENDLESS, {
      limits: { wallTimeMs: 200 },
      options: {
        pauseDeadline(control) {
          control.pause();
          control.pause();
          setTimeout(() => control.resume(), 600);
        },
      },
    });
    expect(outcome.kind === 'limit' && outcome.usage.wallMs > 700).toBe(true);
  });
});

describe('many calls', () => {
  it('serves 200 at the same time, each its own', async () => {
    const answers = await Promise.all(Array.from({ length: 200 }, (_, index) => echoes(pool, `call ${index}`)));
    expect(answers.every(Boolean)).toBe(true);
  });

  it('refuses what the queue does not hold', async () => {
    await using narrow = startPool({ cacheDir: cache.path, size: 1, queue: 2 });
    const calls = Array.from({ length: 5 }, () => callWith(narrow, ECHO));
    expect((await Promise.all(calls)).map(shape)).toEqual(['exit 0', 'exit 0', 'exit 0', 'refused', 'refused']);
    expect(await Promise.all(calls.slice(3))).toMatchObject([{ code: 'queue-full' }, { code: 'queue-full' }]);
  });

  it('rejects a cancelled call with the reason, running or waiting', async () => {
    await using narrow = startPool({ cacheDir: cache.path, size: 1 });
    const running = new AbortController();
    const waiting = new AbortController();
    const calls = [running, waiting].map(({ signal }) => callWith(narrow, ENDLESS, { options: { signal } }));
    const third = echoes(narrow, 'third');
    waiting.abort(new Error('not any more'));
    await expect(calls[1]).rejects.toThrow('not any more');
    running.abort('a reason of any kind');
    await expect(calls[0]).rejects.toBe('a reason of any kind');
    expect(await third).toBe(true);
    await expect(callWith(narrow, ECHO, { options: { signal: AbortSignal.abort('before') } })).rejects.toBe('before');
  });

  it('warms up before it knows the guest', async () => {
    await using cold = startPool({ cacheDir: cache.path, spare: 0 });
    expect(await cold.warm(NOWHERE)).toEqual(['wasm', 'permission', 'landlock', 'own-process']);
    expect(await echoes(cold, 'warm')).toBe(true);
  });
});

describe('a caller whose own function throws', () => {
  const fail = (): never => {
    throw new Error('not today');
  };
  const stdio = {
    readStdin: async () => new Uint8Array(),
    writeStdout: () => undefined,
    writeStderr: () => undefined,
  };
  it.for([
    ['progress', flood(2, LINE), { onProgress: fail }],
    ['stdin', ECHO, { stdio: { ...stdio, readStdin: fail } }],
    ['stdout', flood(1, 'x'), { stdio: { ...stdio, writeStdout: fail } }],
    ['stderr', flood(2, 'x'), { stdio: { ...stdio, writeStderr: fail } }],
  ] as const)('for %s ends that call alone', async ([, guest, options]) => {
    const outcome = await callWith(pool, guest, { options });
    expect(outcome).toEqual({
      kind: 'crashed',
      message: 'it was ended: what it said could not be passed on: not today',
    });
    expect(await echoes(pool, 'and on it goes')).toBe(true);
  });
});

describe('live stdio', () => {
  it('asks for stdin when the guest wants it and passes output on at once', async () => {
    const chunks = ['one ', 'two ', 'three', ''];
    const out: string[] = [];
    const outcome = await callWith(pool, ECHO, {
      options: {
        stdio: {
          readStdin: async () => Buffer.from(chunks.shift() ?? ''),
          writeStdout: async (bytes) => void out.push(text(bytes)),
          writeStderr: () => undefined,
        },
      },
    });
    expect(shape(outcome)).toBe('exit 0');
    expect(out).toEqual(['one ', 'two ', 'three']);
  });

  it('keeps the limit of output', async () => {
    let bytes = 0;
    const outcome = await callWith(pool, flood(1, 'y'.repeat(700)), {
      limits: { outputBytes: 50_000 },
      options: {
        stdio: {
          readStdin: async () => new Uint8Array(),
          writeStdout: (chunk) => void (bytes += chunk.length),
          writeStderr: () => undefined,
        },
      },
    });
    expect([shape(outcome), bytes]).toEqual(['limit output', 50_000]);
  });
});
