import { readFileSync, writeSync } from 'node:fs';
import { registerHooks } from 'node:module';

/**
 * A process that transpiles one component: bytes on stdin; on stdout a u32 (big-endian) and as many bytes of JSON, `{ error }` or
 * `{ files: [name, bytes][], imports, exports }`, then the files. Its one argument is the URL of the transpiler.
 */
interface Transpiler {
  readonly $init: Promise<void>;
  generate(component: Uint8Array, options: object): Generated;
}

interface Generated {
  readonly files: readonly (readonly [string, Uint8Array])[];
  readonly imports: readonly string[];
  readonly exports: readonly (readonly [string, string])[];
}

const OPTIONS = {
  name: 'component',
  map: [],
  instantiation: { tag: 'sync' },
  noTypescript: true,
  noNodejsCompat: true,
  noComponentErrorWrapping: true,
  tlaCompat: false,
  base64Cutoff: 0,
  validLiftingOptimization: false,
  noNamespacedExports: true,
  multiMemory: false,
};

const SHIM = new URL(import.meta.url.endsWith('.ts') ? './shim.ts' : './shim.js', import.meta.url).href;

registerHooks({
  resolve: (specifier, context, next) =>
    specifier.startsWith('@bytecodealliance/preview2-shim/')
      ? { url: SHIM, format: SHIM.endsWith('.ts') ? 'module-typescript' : 'module', shortCircuit: true }
      : next(specifier, context),
});

try {
  const transpiler: unknown = await import(process.argv[2] ?? '');
  if (!isTranspiler(transpiler)) throw new TypeError('this is no transpiler');
  await transpiler.$init;
  const { files, imports, exports } = transpiler.generate(readFileSync(0), OPTIONS);
  answer({ files: files.map(([name, bytes]) => [name, bytes.length]), imports, exports });
  for (const [, bytes] of files) write(bytes);
} catch (error) {
  answer({ error: reason(error) });
}

function isTranspiler(module: unknown): module is Transpiler {
  return typeof module === 'object' && module !== null && 'generate' in module && '$init' in module;
}

/** A component's error is a string in `payload` or the thrown value itself. */
function reason(error: unknown): string {
  if (typeof error === 'string') return error;
  if (!(error instanceof Error)) return 'it gave up';
  return 'payload' in error && typeof error.payload === 'string' ? error.payload : error.message;
}

function answer(head: object): void {
  const json = Buffer.from(JSON.stringify(head));
  const size = Buffer.alloc(4);
  size.writeUInt32BE(json.length);
  write(size);
  write(json);
}

function write(bytes: Uint8Array): void {
  let at = 0;
  while (at < bytes.length) {
    try {
      at += writeSync(1, bytes, at);
    } catch (error) {
      // a pipe may be non-blocking
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
    }
  }
}
