import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { BuildPorts } from './ports.ts';
import type { EntrySpec } from './project.ts';
import { buildFailed, runProgram, toolchainMissing } from './toolchain.ts';

const INSTALL = 'npm install assemblyscript@0.28.20 in the directory above the skill: a bundle holds no node_modules.';
/** An abort traps: its message would need an import that does not exist here. */
const FLAGS = ['--optimizeLevel', '3', '--shrinkLevel', '1', '--runtime', 'minimal', '--use', 'abort=', '--noAssert'];

/** @throws HostError `toolchain-missing`, `build-failed` with the compiler's words; `signal.reason` */
export async function buildAssemblyScript(
  { entry }: EntrySpec,
  { dir, env, signal, note }: BuildPorts,
): Promise<Uint8Array> {
  const compiler = findCompiler(dir);
  if (compiler === undefined) throw toolchainMissing('The AssemblyScript compiler', INSTALL);
  const scratch = mkdtempSync(join(tmpdir(), 'wirken-build-'));
  try {
    const output = join(scratch, 'skill.wasm');
    const args = [compiler, entry, ...FLAGS, '--outFile', output];
    const { code, said } = await runProgram(process.execPath, args, { cwd: dir, env, signal });
    if (code !== 0 || !existsSync(output)) throw buildFailed(said, dir);
    if (said.trim() !== '') note(said.trim());
    return new Uint8Array(readFileSync(output));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** In a node_modules above the skill. */
function findCompiler(dir: string): string | undefined {
  for (let at = dir; ; at = dirname(at)) {
    const file = join(at, 'node_modules', 'assemblyscript', 'bin', 'asc.js');
    if (existsSync(file)) return file;
    if (at === dirname(at)) return undefined;
  }
}
