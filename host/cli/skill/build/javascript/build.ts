import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeUtf8 } from '../../../../base/bytes.ts';
import { HostError } from '../../../../base/error.ts';
import { concatBytes } from '../../../../base/bytes.ts';
import { sdkDir } from '../../sdk.ts';
import type { BuildPorts } from '../ports.ts';
import type { EntrySpec } from '../project.ts';
import { Engine } from './engine.ts';
import { COMMONJS, SkillModules } from './modules.ts';
import { lengthed, snapshotModule } from './snapshot.ts';
import { TOOLS_SECTION } from './tools-section.ts';

const STACK_BYTES = 1024 * 1024;
/** Letters of the functions that the glue of the engine knows (sdk-skill/js/engine/glue.mjs). */
const FUNCTIONS = [
  'wa',
  'wb',
  'wr',
  'ww',
  'wc',
  'wo',
  'wd',
  'ws',
  'wf',
  'wp',
  'wn',
  'wm',
  'wu',
  'wx',
  'wv',
  'wg',
  'p',
  'd',
  'e',
  'x',
];

export interface JavaScriptBuilt {
  readonly wasm: Uint8Array;
  /** The tools that the code declares, as JSON. */
  readonly tools: string;
}

/**
 * Runs the modules of a skill up to the point where a call would begin, and makes that state of the engine a module of its own: a call
 * starts there, with everything parsed and every top level run.
 * @throws HostError `build-failed`
 */
export function buildJavaScript({ entry }: EntrySpec, { dir }: BuildPorts): JavaScriptBuilt {
  const sdk = join(sdkDir(), 'js');
  const module = new Uint8Array(readFileSync(join(sdk, 'engine', 'engine.wasm')));
  let engine: Engine | undefined;
  const evaluate = (code: string, id: string): string => {
    if (engine === undefined) throw new TypeError('no engine yet');
    return engine.text(code, id);
  };
  engine = new Engine(module, FUNCTIONS, new SkillModules({ dir, sdk, entry, evaluate }));
  engine.text(COMMONJS, 'wirken:commonjs');
  engine.run("import 'wirken:program.ts'", 'wirken:start');
  const tools = engine.text("String(globalThis['wirken:tools'])", 'wirken:tools');
  if (tools === 'undefined') {
    throw new HostError('build-failed', `${entry}: its modules never came to their end, or it has no default export`, {
      remedy: 'Export a skill: `export default defineSkill({ tools: { … } })`.',
    });
  }
  const language = /\.m?ts$/.test(entry) ? 'TypeScript' : 'JavaScript';
  return {
    tools,
    wasm: snapshotModule(module, {
      memory: engine.memory(),
      stackBytes: STACK_BYTES,
      exports: ['memory', '_start'],
      custom: new Map([
        ['producers', producers(language)],
        [TOOLS_SECTION, encodeUtf8(tools)],
      ]),
    }),
  };
}

/** Source: WebAssembly tool conventions, "producers section". */
function producers(language: string): Uint8Array {
  const text = (value: string): Uint8Array => lengthed(encodeUtf8(value));
  const field = (name: string, value: string, version: string): Uint8Array =>
    concatBytes(text(name), Uint8Array.of(1), text(value), text(version));
  return concatBytes(
    Uint8Array.of(2),
    field('language', language, ''),
    field('processed-by', 'wirken skill build', ''),
  );
}
