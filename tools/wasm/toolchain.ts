// The C compiler for skills: found, checked, and called with one fixed set of flags.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';

const LEAST_CLANG = 19;
const APT = 'apt-get install -y clang-19 lld-19 wasi-libc libclang-rt-19-dev-wasm32';

/**
 * Measured on hash and code-stats: -Oz is a tenth smaller and 3 % slower than -O2, -O3 is neither smaller nor faster.
 * The stack stands first in memory, so that overflowing it traps instead of reaching data.
 */
export const C_FLAGS = Object.freeze([
  '--target=wasm32-wasi',
  '-std=gnu17',
  '-O2',
  '-Wall',
  '-Wextra',
  '-Werror',
  '-Wl,--strip-all',
  '-Wl,--stack-first',
  '-Wl,-z,stack-size=1048576',
]);

/** A compiler and its linker, both by their absolute paths. */
export interface Toolchain {
  readonly clang: string;
  readonly linker: string;
}

/**
 * A clang that makes WASI modules.
 * @throws Error with the command that installs it
 */
export function findToolchain(): Toolchain {
  for (const name of [process.env['WASI_CLANG'], 'clang-19', 'clang-20', 'clang-21', 'clang']) {
    const clang = name && onPath(name);
    const linker = onPath(name?.replace(/^.*clang/, 'wasm-ld') ?? '') ?? onPath('wasm-ld-19') ?? onPath('wasm-ld');
    if (clang && linker && majorOf(clang) >= LEAST_CLANG) {
      if (process.platform === 'linux' && !existsSync('/usr/include/wasm32-wasi/wasi/api.h')) break;
      return { clang, linker };
    }
  }
  throw new Error(
    `clang ${LEAST_CLANG} or later, lld, wasi-libc or the wasm32 builtins are missing. On Debian: ${APT}`,
  );
}

function onPath(name: string): string | undefined {
  if (name === '' || isAbsolute(name)) return name === '' || !existsSync(name) ? undefined : name;
  const dirs = (process.env['PATH'] ?? '').split(delimiter);
  return dirs.map((dir) => join(dir, name)).find((path) => isAbsolute(path) && existsSync(path));
}

function majorOf(name: string): number {
  const { status, stdout } = spawnSync(name, ['--version'], { encoding: 'utf8' });
  const version = status === 0 ? /clang version (\d+)\./.exec(stdout) : undefined;
  return version ? Number(version[1]) : 0;
}

/**
 * Compiles C files to a module. The bytes depend on the files, the flags and the compiler, not on where the files lie.
 * `root` is a directory that must not show in the output, `sources` are relative to it and in a fixed order; `more` are flags behind
 * the fixed ones.
 * @throws Error with the compiler's own words
 */
export function compileC(
  { clang, linker }: Toolchain,
  root: string,
  sources: readonly string[],
  output: string,
  more: readonly string[] = [],
): void {
  const args = [...C_FLAGS, `-fuse-ld=${linker}`, `-ffile-prefix-map=${root}=.`, ...more, ...sources, '-o', output];
  const { status, stderr } = spawnSync(clang, args, {
    cwd: root,
    encoding: 'utf8',
    // clang runs whatever wasm-opt stands on the path, and the bytes would depend on it: there is no path.
    env: { LC_ALL: 'C', PATH: '/nonexistent' },
  });
  if (status !== 0) throw new Error(`${sources.join(' ')}: ${stderr.trim()}`);
}
