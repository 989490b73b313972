import { resolve } from 'node:path';
import { shown } from '../../base/shown.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../output.ts';
import { buildProject } from './build/build.ts';

/** `skill build DIR`: the sources of a skill to its `skill.wasm`. */
export async function skillBuild(context: Context, dir: string): Promise<number> {
  const { language, bytes, digest, toolsWritten } = await buildProject({
    dir: resolve(context.cwd, dir),
    env: context.env,
    signal: context.signal,
    note: (text) => context.out.note(text),
  });
  const where = shown(dir, 400);
  context.out.result(
    [
      `Built ${where}/skill.wasm from ${language}: ${bytes} bytes, sha256 ${digest}`,
      ...(toolsWritten ? ['The tools in SKILL.md were written anew: the code declares others than it had.'] : []),
      `Next: wirken skill test ${where}`,
    ].join('\n'),
    { ok: true, language, bytes, sha256: digest, tools_written: toolsWritten, next: [`wirken skill test ${where}`] },
  );
  return EXIT.done;
}
