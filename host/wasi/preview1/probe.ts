import { encodeUtf8 } from '../../base/bytes.ts';
import type { DirHandle } from '../../workspace/layer.ts';
import { steppedClock } from '../clock.ts';
import { createTmpFs } from '../fs/tmp.ts';
import { seededRandom } from '../random.ts';
import { cappedSink, memorySource } from '../stdio.ts';
import type { GuestWorld } from '../world.ts';
import { ALL_RIGHTS } from './abi.ts';
import { Preview1Call } from './call.ts';
import { ERRNO } from './errno.ts';
import type { Preview1Name } from './functions.ts';
import { preview1Imports } from './imports.ts';

const PAGE_BYTES = 65_536;

/** A world for tests: nothing in it but what `parts` says, a clock and randomness that repeat, `/tmp` of 1 MiB at descriptor 3. */
export function testWorld(parts: Partial<GuestWorld> = {}): GuestWorld & { readonly tmp: DirHandle } {
  const clock = steppedClock({ startNs: 1_000_000_000_000n, stepNs: 1_000_000n });
  const tmp = createTmpFs({ maxBytes: 1 << 20, maxNodes: 1000, clock });
  return {
    tmp,
    args: [],
    env: [],
    stdin: memorySource(new Uint8Array(0)),
    stdout: cappedSink(1 << 20, 'output'),
    stderr: cappedSink(1 << 20, 'output'),
    mounts: [{ guestPath: '/tmp', dir: tmp }],
    clock,
    random: seededRandom(new Uint8Array(32)),
    maxDescriptors: 16,
    maxWrittenBytes: 1 << 20,
    ...parts,
  };
}

/** The functions of one call as a guest of one page of memory would call them; for tests. */
export class Probe {
  readonly memory = new WebAssembly.Memory({ initial: 1, maximum: 4 });
  readonly call: Preview1Call;
  readonly #functions: ReadonlyMap<string, unknown>;

  constructor(world: GuestWorld = testWorld()) {
    this.call = new Preview1Call(world);
    this.call.memory.attach(this.memory);
    this.#functions = new Map(Object.entries(preview1Imports(this.call).wasi_snapshot_preview1));
  }

  /** Calls a function with its raw parameters; answers the errno's name, `''` for success. */
  run(name: Preview1Name, ...params: readonly (number | bigint)[]): string {
    const answer = this.raw(name, ...params);
    return answer === 0
      ? ''
      : (Object.entries(ERRNO).find(([, number]) => number === answer)?.[0] ?? `errno ${String(answer)}`);
  }

  raw(name: Preview1Name, ...params: readonly (number | bigint)[]): unknown {
    const callee = this.#functions.get(name);
    if (typeof callee !== 'function') throw new TypeError(`no function ${name}`);
    return Reflect.apply(callee, undefined, params);
  }

  get view(): DataView {
    return new DataView(this.memory.buffer);
  }

  u32(at: number): number {
    return this.view.getUint32(at, true);
  }

  u64(at: number): bigint {
    return this.view.getBigUint64(at, true);
  }

  bytes(at: number, length: number): Uint8Array {
    return new Uint8Array(this.memory.buffer).slice(at, at + length);
  }

  text(at: number, length: number): string {
    return Buffer.from(this.bytes(at, length)).toString();
  }

  put(at: number, content: string | Uint8Array): number {
    const bytes = typeof content === 'string' ? encodeUtf8(content) : content;
    new Uint8Array(this.memory.buffer).set(bytes, at);
    return bytes.length;
  }

  iovecs(at: number, ...list: readonly (readonly [number, number])[]): void {
    list.forEach(([start, length], index) => {
      this.view.setUint32(at + index * 8, start, true);
      this.view.setUint32(at + index * 8 + 4, length, true);
    });
  }

  /** Opens a path beneath descriptor `dir` with what `how` says; answers the descriptor or the errno's name. */
  open(
    path: string,
    how: {
      rights?: number;
      inheriting?: number;
      oflags?: number;
      fdflags?: number;
      follow?: boolean;
      dir?: number;
    } = {},
  ): number | string {
    const { rights = ALL_RIGHTS, inheriting = ALL_RIGHTS, oflags = 0, fdflags = 0, follow = false, dir = 3 } = how;
    const at = PAGE_BYTES - 8192;
    const length = this.put(at, path);
    const refusal = this.run(
      'path_open',
      dir,
      follow ? 1 : 0,
      at,
      length,
      oflags,
      BigInt(rights),
      BigInt(inheriting),
      fdflags,
      at - 8,
    );
    return refusal === '' ? this.u32(at - 8) : refusal;
  }

  /** One path in, one errno out. */
  path(name: 'path_create_directory' | 'path_remove_directory' | 'path_unlink_file', path: string, dir = 3): string {
    return this.run(name, dir, 4096, this.put(4096, path));
  }

  write(fd: number, content: string | Uint8Array): string {
    this.iovecs(8, [4096, this.put(4096, content)]);
    return this.run('fd_write', fd, 8, 1, 0);
  }

  /** Up to `length` bytes as text, or the errno's name after `!`. */
  read(fd: number, length: number): string {
    this.iovecs(8, [4096, length]);
    const refusal = this.run('fd_read', fd, 8, 1, 0);
    return refusal === '' ? this.text(4096, this.u32(0)) : `!${refusal}`;
  }

  rename(from: string, to: string): string {
    const length = this.put(4096, from);
    return this.run('path_rename', 3, 4096, length, 3, 8192, this.put(8192, to));
  }

  link(from: string, to: string, follow = false): string {
    const length = this.put(4096, from);
    return this.run('path_link', 3, follow ? 1 : 0, 4096, length, 3, 8192, this.put(8192, to));
  }

  symlink(target: string, path: string): string {
    const length = this.put(4096, target);
    return this.run('path_symlink', 4096, length, 3, 8192, this.put(8192, path));
  }

  stat(
    path: string,
    follow = false,
  ): { kind: number; nlink: bigint; size: bigint; mtim: bigint; ino: bigint } | string {
    const refusal = this.run('path_filestat_get', 3, follow ? 1 : 0, 4096, this.put(4096, path), 8192);
    if (refusal !== '') return refusal;
    return {
      kind: this.view.getUint8(8192 + 16),
      ino: this.u64(8192 + 8),
      nlink: this.u64(8192 + 24),
      size: this.u64(8192 + 32),
      mtim: this.u64(8192 + 48),
    };
  }

  /** The names that `fd_readdir` gives, through a buffer of that many bytes. */
  list(fd: number, bufferBytes = 4096): readonly string[] | string {
    const names: string[] = [];
    let cookie = 0n;
    for (;;) {
      const refusal = this.run('fd_readdir', fd, 4096, bufferBytes, cookie, 0);
      if (refusal !== '') return refusal;
      const end = 4096 + this.u32(0);
      let at = 4096;
      while (at + 24 <= end && at + 24 + this.u32(at + 16) <= end) {
        names.push(this.text(at + 24, this.u32(at + 16)));
        cookie = this.u64(at);
        at += 24 + this.u32(at + 16);
      }
      if (end - 4096 < bufferBytes) return names;
    }
  }
}
