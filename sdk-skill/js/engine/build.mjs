// Makes engine.wasm: QuickJS-ng, as the npm package quickjs-wasi has it, merged with a glue that reads and writes through WASI alone.
//   node sdk-skill/js/engine/build.mjs FOLDER     the folder holds quickjs.wasm of quickjs-wasi@3.6.2
//   --check                                       changes nothing; 1 if engine.wasm is not what comes out
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { glueText } from './glue.mjs';

const QUICKJS_SHA256 = 'd4c9375f2b1ca4dc95f72c8aa2982a7a9951ac8011490d79c6582df732b4bbd9';
const here = dirname(fileURLToPath(import.meta.url));
const TARGET = join(here, 'engine.wasm');

/** What the builder of a skill calls, and what the finished skill has of it. */
const KEPT = [
  'memory',
  '_initialize',
  '_start',
  'wasm_malloc',
  'wasm_free',
  'qjs_init',
  'qjs_set_module_loader',
  'qjs_set_max_stack_size',
  'qjs_eval',
  'qjs_new_host_function',
  'qjs_get_global',
  'qjs_set_prop_string',
  'qjs_get_prop_string',
  'qjs_is_exception',
  'qjs_get_exception',
  'qjs_is_job_pending',
  'qjs_execute_pending_job',
  'qjs_get_string_len',
  'qjs_promise_state',
  'qjs_promise_result',
  'qjs_new_string',
  'qjs_throw',
  'qjs_run_gc',
];

const [folder, check] = process.argv.slice(2);
const quickjs = join(folder ?? '', 'quickjs.wasm');
const digest = createHash('sha256').update(readFileSync(quickjs)).digest('hex');
if (digest !== QUICKJS_SHA256) throw new Error(`${quickjs} is another one: sha256 ${digest}`);

const scratch = mkdtempSync(join(tmpdir(), 'wirken-engine-'));
try {
  const at = (name) => join(scratch, name);
  const { default: wabt } = await import('wabt');
  const glue = (await wabt()).parseWat('glue.wat', glueText(), {});
  writeFileSync(at('glue.wasm'), glue.toBinary({ write_debug_names: false }).buffer);
  run('wasm-merge', [quickjs, 'engine', at('glue.wasm'), 'env', '-o', at('merged.wasm'), '--all-features']);
  const graph = KEPT.map((name) => ({ name, root: true, export: name }));
  writeFileSync(at('graph.json'), JSON.stringify(graph));
  const features = [
    '--enable-bulk-memory',
    '--enable-sign-ext',
    '--enable-mutable-globals',
    '--enable-nontrapping-float-to-int',
  ];
  run('wasm-metadce', [at('merged.wasm'), '--graph-file', at('graph.json'), '-o', at('kept.wasm'), '--all-features']);
  run('wasm-opt', [
    at('kept.wasm'),
    '-O2',
    '--strip-debug',
    '--strip-producers',
    '--strip-target-features',
    ...features,
    '-o',
    at('engine.wasm'),
  ]);
  const made = readFileSync(at('engine.wasm'));
  if (check === '--check') process.exitCode = Buffer.compare(made, readFileSync(TARGET)) === 0 ? 0 : 1;
  else writeFileSync(TARGET, made);
  console.log(`engine.wasm  ${made.length} bytes${process.exitCode === 1 ? ', not the one that is here' : ''}`);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

function run(tool, args) {
  const program = join(dirname(createRequire(import.meta.url).resolve('wabt')), '..', '.bin', tool);
  const { status, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${tool}: ${error?.message ?? stderr}`);
}
