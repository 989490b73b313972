import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import wabt from 'wabt';
import { encodeUtf8 } from '../../base/bytes.ts';
import type { CallOutcome, CallSpec } from '../call.ts';
import { type CallLimits, DEFAULT_LIMITS } from '../limits.ts';
import { prepareModule } from '../module/prepare.ts';
import type { Guest } from './guest.ts';
import type { CallOptions, Pool } from './pool.ts';
import { NOWHERE } from './where.ts';

const tools = await wabt();

/** The imports that the guests below use, and one page of memory of which the text from 1024 on is `data`. */
function withImports(body: string, data: string, pages: string): string {
  const text = data.replaceAll('\\', '\\5c').replaceAll('"', '\\22').replaceAll('\n', '\\0a').replaceAll('\0', '\\00');
  return `(module
    (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_close" (func $fd_close (param i32) (result i32)))
    (import "wasi_snapshot_preview1" "path_open"
      (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "clock_time_get" (func $clock_time_get (param i32 i64 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
    (memory (export "memory") ${pages})
    (data (i32.const 1024) "${text}")
    (func $write (param $fd i32) (param $at i32) (param $bytes i32)
      (i32.store (i32.const 0) (local.get $at))
      (i32.store (i32.const 4) (local.get $bytes))
      (drop (call $fd_write (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8))))
    ${body})`;
}

/** A guest from WebAssembly text, held to the limits. */
export function guestOf(
  digest: string,
  body: string,
  limits: CallLimits = DEFAULT_LIMITS,
  data = '',
  pages = '2',
): Guest {
  using module = parsed(withImports(body, data, pages));
  return { digest, module: prepareModule(module.bytes, limits).bytes };
}

function parsed(text: string): Disposable & { readonly bytes: Uint8Array } {
  const module = tools.parseWat('guest.wat', text);
  return { bytes: module.toBinary({}).buffer, [Symbol.dispose]: () => module.destroy() };
}

/** Copies stdin to stdout. */
export const ECHO = guestOf(
  'echo',
  `(func (export "_start") (local $n i32)
    (loop $more
      (i32.store (i32.const 0) (i32.const 2048))
      (i32.store (i32.const 4) (i32.const 65536))
      (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
      (local.set $n (i32.load (i32.const 8)))
      (if (local.get $n) (then (call $write (i32.const 1) (i32.const 2048) (local.get $n)) (br $more)))))`,
);

export const ENDLESS = guestOf('endless', `(func (export "_start") (loop $l (br $l)))`);

/** Writes the data to `fd` again and again. */
export function flood(fd: number, data: string): Guest {
  const body = `(func (export "_start") (loop $l (call $write (i32.const ${fd}) (i32.const 1024) (i32.const ${data.length})) (br $l)))`;
  return guestOf(`flood ${fd} ${data}`, body, DEFAULT_LIMITS, data);
}

export interface TestCall {
  readonly spec?: Partial<CallSpec>;
  readonly limits?: Partial<CallLimits>;
  readonly options?: Partial<CallOptions>;
}

export function callWith(pool: Pool, guest: Guest, { spec, limits, options }: TestCall = {}): Promise<CallOutcome> {
  return pool.call(
    guest,
    { args: ['guest'], env: [], stdin: new Uint8Array(), limits: { ...DEFAULT_LIMITS, ...limits }, ...spec },
    { where: NOWHERE, signal: AbortSignal.timeout(60_000), ...options },
  );
}

/** What the echo guest must answer. */
export async function echoes(pool: Pool, text: string, call: TestCall = {}): Promise<boolean> {
  const outcome = await callWith(pool, ECHO, { ...call, spec: { stdin: encodeUtf8(text), ...call.spec } });
  return outcome.kind === 'exited' && outcome.code === 0 && Buffer.from(outcome.stdout).toString() === text;
}

/** A directory that goes with its holder. */
export function scratch(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'wirken-pool-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}
