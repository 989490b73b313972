import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CSpec } from './project.ts';
import type { BuildPorts } from './ports.ts';
import { buildFailed, findProgram, runProgram, toolchainMissing } from './toolchain.ts';

const LEAST_CLANG = 19;
const INSTALL =
  'On Debian: apt-get install clang-19 lld-19 wasi-libc libclang-rt-19-dev-wasm32. WASI_CLANG names another clang.';

/** The stack stands first in memory, so that overflowing it traps instead of reaching data. */
const FLAGS = [
  '--target=wasm32-wasi',
  '-std=gnu17',
  '-O2',
  '-Wall',
  '-Wextra',
  '-Wl,--strip-all',
  '-Wl,--keep-section=producers',
  '-Wl,--stack-first',
  '-Wl,-z,stack-size=1048576',
];

/** @throws HostError `toolchain-missing`, `build-failed` with the compiler's words; `signal.reason` */
export async function buildC({ sources, flags }: CSpec, ports: BuildPorts): Promise<Uint8Array> {
  const { clang, linker } = await findClang(ports);
  const scratch = mkdtempSync(join(tmpdir(), 'wirken-build-'));
  try {
    const output = join(scratch, 'skill.wasm');
    const args = [
      ...FLAGS,
      `-fuse-ld=${linker}`,
      `-ffile-prefix-map=${ports.dir}=.`,
      ...flags,
      ...sources,
      '-o',
      output,
    ];
    // clang runs whatever wasm-opt stands on the path, and the bytes would depend on it: there is no path.
    const env = { LC_ALL: 'C', PATH: '/nonexistent' };
    const { code, said } = await runProgram(clang, args, { cwd: ports.dir, env, signal: ports.signal });
    if (code !== 0) throw buildFailed(said, ports.dir);
    if (said.trim() !== '') ports.note(said.replaceAll(`${ports.dir}/`, '').trim());
    return new Uint8Array(readFileSync(output));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function findClang({
  env,
  dir,
  signal,
}: BuildPorts): Promise<{ readonly clang: string; readonly linker: string }> {
  const named = env['WASI_CLANG'];
  for (const name of [...(named === undefined ? [] : [named]), 'clang-19', 'clang-20', 'clang-21', 'clang']) {
    const clang = findProgram([name], env);
    const linker = findProgram([name.replace(/^.*clang/, 'wasm-ld'), 'wasm-ld-19', 'wasm-ld'], env);
    if (clang === undefined || linker === undefined) continue;
    const { said } = await runProgram(clang, ['--version'], { cwd: dir, env: { LC_ALL: 'C' }, signal });
    const isLinux = process.platform === 'linux';
    if (Number(/clang version (\d+)\./.exec(said)?.[1] ?? 0) < LEAST_CLANG) continue;
    if (!isLinux || named !== undefined || existsSync('/usr/include/wasm32-wasi/wasi/api.h')) return { clang, linker };
  }
  throw toolchainMissing(`A C compiler for WebAssembly (clang ${LEAST_CLANG} or later with wasi-libc)`, INSTALL);
}
