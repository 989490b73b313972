// The C compiler for skills: found, checked, and called with one fixed set of flags.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

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

/**
 * The path of a clang that makes WASI modules.
 * @throws Error with the command that installs it
 */
export function findClang(): string {
  for (const name of [process.env['WASI_CLANG'], 'clang-19', 'clang-20', 'clang-21', 'clang']) {
    if (name && majorOf(name) >= LEAST_CLANG) {
      if (!['wasm-ld-19', 'wasm-ld'].some((linker) => spawnSync(linker, ['--version']).status === 0)) break;
      if (process.platform === 'linux' && !existsSync('/usr/include/wasm32-wasi/wasi/api.h')) break;
      return name;
    }
  }
  throw new Error(
    `clang ${LEAST_CLANG} or later, lld, wasi-libc or the wasm32 builtins are missing. On Debian: ${APT}`,
  );
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
  clang: string,
  root: string,
  sources: readonly string[],
  output: string,
  more: readonly string[] = [],
): void {
  const args = [...C_FLAGS, `-ffile-prefix-map=${root}=.`, ...more, ...sources, '-o', output];
  const { status, stderr } = spawnSync(clang, args, {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
  });
  if (status !== 0) throw new Error(`${sources.join(' ')}: ${stderr.trim()}`);
}
