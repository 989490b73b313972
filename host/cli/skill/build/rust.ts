import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BuildPorts } from './ports.ts';
import type { EntrySpec } from './project.ts';
import { buildFailed, findProgram, runProgram, toolchainMissing } from './toolchain.ts';

/** The same target under its new and its old name. */
const TARGETS = ['wasm32-wasip1', 'wasm32-wasi'] as const;
const INSTALL = 'rustup target add wasm32-wasip1, or on Debian: apt-get install rustc libstd-rust-dev-wasm32 lld-19.';
const FLAGS = ['--edition', '2021', '-C', 'opt-level=s', '-C', 'lto=yes', '-C', 'panic=abort', '-C', 'strip=symbols'];

interface Compiler {
  readonly rustc: string;
  readonly target: (typeof TARGETS)[number];
}

/** @throws HostError `toolchain-missing`, `build-failed` with the compiler's words; `signal.reason` */
export async function buildRust({ entry }: EntrySpec, ports: BuildPorts): Promise<Uint8Array> {
  const { rustc, target } = await findCompiler(ports);
  const scratch = mkdtempSync(join(tmpdir(), 'wirken-build-'));
  try {
    const output = join(scratch, 'skill.wasm');
    const linker = linkerFlags(ports);
    const args = [...FLAGS, '--target', target, ...linker, `--remap-path-prefix=${ports.dir}=.`, entry, '-o', output];
    const { code, said } = await runProgram(rustc, args, { cwd: ports.dir, env: ports.env, signal: ports.signal });
    if (code !== 0) throw buildFailed(said, ports.dir);
    if (said.trim() !== '') ports.note(said.trim());
    return new Uint8Array(readFileSync(output));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Debian's compiler brings no linker of its own. */
function linkerFlags({ env }: BuildPorts): readonly string[] {
  const linker = findProgram(['rust-lld', 'wasm-ld-19', 'wasm-ld'], env);
  // An older compiler packs its metadata into archives, at which a newer linker warns, and warnings would be fatal.
  return linker === undefined ? [] : ['-C', `linker=${linker}`, '-C', 'link-arg=--no-fatal-warnings'];
}

/** The first compiler that has the target; rustup's stands before the system's. */
async function findCompiler({ env, dir, signal }: BuildPorts): Promise<Compiler> {
  for (const rustc of [findProgram(['rustc'], env), findProgram(['/usr/bin/rustc'], env)]) {
    if (rustc === undefined) continue;
    for (const target of TARGETS) {
      const args = ['--print', 'target-libdir', '--target', target];
      const { code, said } = await runProgram(rustc, args, { cwd: dir, env, signal });
      if (code === 0 && existsSync(said.trim())) return { rustc, target };
    }
  }
  throw toolchainMissing('A Rust compiler with the target wasm32-wasip1', INSTALL);
}
