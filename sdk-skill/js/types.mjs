// Makes skill.types.d.ts, what an editor knows of `@wirken/skill`: one file for the copy that a new skill gets.
//   node sdk-skill/js/types.mjs [--check]
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const TARGET = join(here, 'skill.types.d.ts');
const PARTS = ['schema', 'error', 'workspace', 'skill'];
/** What only the runtime takes from a part. */
const INNER = /(?:\/\*\*(?:(?!\*\/)[^])*\*\/\n)?export declare function (?:objectOf|directory|toolsOf)\([^]*?;\n/g;
/** What of the web's globals is there. */
const GLOBALS = `declare global {
  class TextEncoder {
    encode(text?: string): Uint8Array;
  }
  class TextDecoder {
    constructor(label?: string);
    decode(bytes?: Uint8Array | ArrayBuffer): string;
  }
  const console: { [level in 'log' | 'info' | 'warn' | 'error' | 'debug']: (...values: readonly unknown[]) => void };
}
`;

const out = mkdtempSync(join(tmpdir(), 'wirken-types-'));
try {
  const args = [
    '-p',
    join(here, '..'),
    '--noEmit',
    'false',
    '--declaration',
    '--emitDeclarationOnly',
    '--rootDir',
    here,
    '--outDir',
    out,
  ];
  const { status, stdout } = spawnSync('tsc', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stdout);
  const text = PARTS.map((part) =>
    readFileSync(join(out, `${part}.d.ts`), 'utf8')
      .replace(/^(?:import|export) (?:type )?\{[^}]*\} from .*;\n/gm, '')
      .replace(/^export \{\};\n/gm, '')
      .replace(INNER, ''),
  ).join('\n');
  if (process.argv[2] !== '--check') writeFileSync(TARGET, `${text}\n${GLOBALS}`);
  else process.exitCode = plain(readFileSync(TARGET, 'utf8')) === plain(`${text}\n${GLOBALS}`) ? 0 : 1;
} finally {
  rmSync(out, { recursive: true, force: true });
}

/** Layout is the formatter's. */
function plain(text) {
  return text.replace(/[\s|;,()]+/g, '').replaceAll('"', "'");
}
