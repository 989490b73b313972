import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../limits.ts';
import { callWith, guestOf, scratch } from './fixtures.ts';
import type { Guest } from './guest.ts';
import { type Pool, startPool } from './pool.ts';

const cache = scratch();
let pool: Pool;
beforeAll(() => {
  // One runner: what a call leaves behind is there for the next.
  pool = startPool({ cacheDir: cache.path, size: 1, spare: 0 });
});
afterAll(async () => {
  await pool[Symbol.asyncDispose]();
  cache[Symbol.dispose]();
});

/** Exits with `answer`, then `spoil` is no more than what it did before. */
function guest(name: string, body: string, answer: string, pages = '2'): Guest {
  return guestOf(name, `${body} (call $proc_exit ${answer}))`, DEFAULT_LIMITS, 'secret', pages);
}

async function answers(...guests: readonly Guest[]): Promise<readonly unknown[]> {
  const codes: unknown[] = [];
  for (const one of guests) {
    const outcome = await callWith(pool, one);
    codes.push(outcome.kind === 'exited' ? outcome.code : outcome.kind);
  }
  return codes;
}

/** Counts every byte of its memory that is not zero, then writes over all of it. */
function searcher(name: string, pages = '2'): Guest {
  return guest(
    name,
    `(func (export "_start") (local $at i32) (local $end i32) (local $found i32)
      (local.set $end (i32.mul (memory.size) (i32.const 65536)))
      (loop $next
        (if (i32.load8_u (local.get $at)) (then (local.set $found (i32.add (local.get $found) (i32.const 1)))))
        (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 1))) (local.get $end))))
      (memory.fill (i32.const 0) (i32.const 0xaa) (local.get $end))`,
    '(local.get $found)',
    pages,
  );
}

describe('a call finds nothing of the one before', () => {
  it.for(['0', '1', '2', '17', '32', '33'])('in a memory of %s pages', async (pages) => {
    // Without a page there is no room for the data, and no guest.
    const found = pages === '0' ? 'trap' : 6;
    const one = searcher(`search ${pages}`, pages);
    expect(await answers(one, one, one)).toEqual([found, found, found]);
  });

  it('when other modules run in between', async () => {
    const [one, other] = [searcher('one'), searcher('other')];
    expect(await answers(one, other, one, other, other, one)).toEqual([6, 6, 6, 6, 6, 6]);
  });

  it('when the one before trapped or met a limit', async () => {
    const body = `(func (export "_start")
      (if (i32.load8_u (i32.const 4096)) (then (call $proc_exit (i32.const 99))))
      (memory.fill (i32.const 4096) (i32.const 0xaa) (i32.const 65536))`;
    const trap = guest('traps', `${body} unreachable`, '(i32.const 0)');
    expect(await answers(trap, trap)).toEqual(['trap', 'trap']);
    const deep = guest('deep', `(func $f (call $f)) ${body} (call $f)`, '(i32.const 0)');
    expect(await answers(deep, deep)).toEqual(['limit', 'limit']);
  });

  it('in its data, of which it may have dropped some', async () => {
    const one = guest(
      'data',
      `(data $late "\\05") (func (export "_start") (local $seen i32)
        (memory.init $late (i32.const 8) (i32.const 0) (i32.const 1))
        (data.drop $late)
        (local.set $seen (i32.load8_u (i32.const 1024)))
        (i32.store8 (i32.const 1024) (i32.const 0))`,
      '(i32.add (local.get $seen) (i32.load8_u (i32.const 8)))',
    );
    const s = 's'.charCodeAt(0) + 5;
    expect(await answers(one, one, one)).toEqual([s, s, s]);
  });

  it('in its globals', async () => {
    const one = guest(
      'globals',
      `(global $g (mut i32) (i32.const 1)) (func (export "_start")
        (global.set $g (i32.mul (global.get $g) (i32.const 2)))`,
      '(global.get $g)',
    );
    expect(await answers(one, one, one)).toEqual([2, 2, 2]);
  });

  it('in its tables, contents and sizes', async () => {
    const one = guest(
      'tables',
      `(type $answer (func (result i32))) (table $t 2 8 funcref) (elem (i32.const 0) $first)
       (func $first (result i32) (i32.const 1)) (func $second (result i32) (i32.const 2))
       (elem declare func $second)
       (func (export "_start") (local $seen i32)
        (local.set $seen (i32.add (call_indirect (type $answer) (i32.const 0)) (i32.mul (i32.const 16) (table.size $t))))
        (table.set $t (i32.const 0) (ref.func $second))
        (drop (table.grow $t (ref.func $second) (i32.const 3)))`,
      '(local.get $seen)',
    );
    expect(await answers(one, one, one)).toEqual([33, 33, 33]);
  });

  it('in the size of its memory', async () => {
    const grows = guest(
      'grows',
      `(func (export "_start") (local $size i32)
        (local.set $size (memory.size))
        (drop (memory.grow (i32.const 5)))
        (i32.store (i32.const 393212) (i32.const 1))`,
      '(local.get $size)',
    );
    expect(await answers(grows, grows, grows)).toEqual([2, 2, 2]);
  });

  it('in how far it may grow', async () => {
    const body = '(func (export "_start")';
    const answer = '(i32.eq (memory.grow (i32.const 30)) (i32.const -1)))';
    const small = { ...DEFAULT_LIMITS, memoryBytes: 1024 * 1024 };
    const wide = guestOf('reach', `${body} (call $proc_exit ${answer})`);
    const narrow = guestOf('reach', `${body} (call $proc_exit ${answer})`, small);
    const codes: unknown[] = [];
    for (const _ of [1, 2]) {
      const first = await callWith(pool, wide);
      const second = await callWith(pool, narrow, { limits: small });
      codes.push(first.kind === 'exited' && first.code, second.kind === 'exited' && second.code);
    }
    expect(codes).toEqual([0, 1, 0, 1]);
  });
});
