import { encodeUtf8 } from '../../../../base/bytes.ts';
import { buildFailed } from '../toolchain.ts';

/** The exports of the engine that a build calls; all numbers are addresses, lengths or flags. */
type Calls = Readonly<Record<string, (...args: readonly number[]) => number>>;

/** Answers what the engine asks while it links modules. */
export interface ModuleSource {
  /** The id of what a module means by a specifier. @throws HostError */
  resolve(specifier: string, importer: string): string;
  /** The source of a module as an ES module in plain JavaScript. @throws HostError */
  load(id: string): string;
}

const MODULE = 1;
const REJECTED = 2;
const STACK_BYTES = 512 * 1024;
const BADF = 8;
const INVAL = 28;
const NORMALIZE = -1;
const LOAD = -2;
/** Builds are to give the same bytes again: time stands still and chance has no choice. */
const BUILD_TIME_NS = 1_577_836_800_000_000_000n;

/** QuickJS in this process, while a skill is built: its modules are loaded once, and its memory becomes the skill's. */
export class Engine {
  readonly #calls: Calls;
  readonly #memory: WebAssembly.Memory;
  readonly #source: ModuleSource;
  #failure: Error | undefined;

  constructor(engine: Uint8Array<ArrayBuffer>, functions: readonly string[], source: ModuleSource) {
    this.#source = source;
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(engine), {
      wasi_snapshot_preview1: this.#imports(),
    });
    const { memory, ...calls } = exports;
    if (!(memory instanceof WebAssembly.Memory)) throw new TypeError('an engine without memory');
    this.#memory = memory;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the engine is ours, and exports functions of numbers alone
    this.#calls = calls as unknown as Calls;
    this.#call('_initialize');
    if (this.#call('qjs_init') !== 0) throw new TypeError('the engine did not start');
    this.#call('qjs_set_module_loader', 1);
    this.#call('qjs_set_max_stack_size', STACK_BYTES);
    for (const name of functions) this.#define(name);
  }

  /** Its whole memory, a copy. */
  memory(): Uint8Array {
    this.#call('qjs_run_gc');
    return new Uint8Array(this.#memory.buffer.slice(0));
  }

  /**
   * Runs a module to its end, and the modules that it imports before it.
   * @throws HostError `build-failed` with what was thrown and where; what the source throws
   */
  run(code: string, id: string): void {
    const promise = this.#eval(code, id, MODULE);
    while (this.#call('qjs_is_job_pending') !== 0) this.#call('qjs_execute_pending_job');
    if (this.#call('qjs_promise_state', promise) === REJECTED)
      throw this.#fault(this.#call('qjs_promise_result', promise));
  }

  /** The value of a script as text. @throws HostError `build-failed` */
  text(code: string, id: string): string {
    return this.#text(this.#eval(code, id, 0));
  }

  #eval(code: string, id: string, flags: number): number {
    const source = this.#place(code);
    const name = this.#place(id);
    const value = this.#call('qjs_eval', source.at, source.bytes, name.at, flags);
    this.#call('wasm_free', source.at);
    this.#call('wasm_free', name.at);
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#call('qjs_is_exception', value) !== 0) throw this.#fault(this.#call('qjs_get_exception'));
    return value;
  }

  #fault(error: number): Error {
    if (this.#failure !== undefined) return this.#failure;
    const part = (name: string): string => this.#text(this.#call('qjs_get_prop_string', error, this.#place(name).at));
    const trace = part('stack')
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line.startsWith('at ') && !line.includes('wirken:'))
      .map((line) => `\n  ${line}`)
      .join('');
    return buildFailed(`${part('name')}: ${part('message')}${trace}`);
  }

  #define(name: string): void {
    const { at, bytes } = this.#place(name);
    const made = this.#call('qjs_new_host_function', at, bytes, 0);
    this.#call('qjs_set_prop_string', this.#call('qjs_get_global'), this.#place(`wirken:${name}`).at, made);
  }

  #text(value: number): string {
    const length = this.#call('wasm_malloc', 8);
    const at = this.#call('qjs_get_string_len', value, length);
    return this.#read(at, new DataView(this.#memory.buffer).getUint32(length, true));
  }

  #read(at: number, bytes: number): string {
    return new TextDecoder().decode(new Uint8Array(this.#memory.buffer, at, bytes));
  }

  #readZeroTerminated(at: number): string {
    const memory = new Uint8Array(this.#memory.buffer);
    return this.#read(at, memory.indexOf(0, at) - at);
  }

  /** A text in the engine's memory, zero-terminated. It stays there: a build is short. */
  #place(text: string): { readonly at: number; readonly bytes: number } {
    const bytes = encodeUtf8(text);
    const at = this.#call('wasm_malloc', bytes.length + 1);
    const memory = new Uint8Array(this.#memory.buffer);
    memory.set(bytes, at);
    memory[at + bytes.length] = 0;
    return { at, bytes: bytes.length };
  }

  #call(name: string, ...args: readonly number[]): number {
    const call = this.#calls[name];
    if (call === undefined) throw new TypeError(`the engine has no ${name}`);
    return call(...args);
  }

  /** All that the engine needs of a system before the skill runs: a clock, chance, and its modules. */
  #imports(): WebAssembly.Imports[string] {
    const refuse = (): number => BADF;
    const known: WebAssembly.Imports[string] = {
      clock_time_get: (_id: number, _precision: bigint, at: number) => {
        new DataView(this.#memory.buffer).setBigUint64(at, BUILD_TIME_NS, true);
        return 0;
      },
      random_get: (at: number, bytes: number) => {
        new Uint8Array(this.#memory.buffer, at, bytes).fill(7);
        return 0;
      },
      proc_exit: () => {
        throw new TypeError('a module ended the process while it was built');
      },
      path_readlink: (which: number, a: number, _0: number, b: number, _1: number, answer: number) =>
        this.#answer(which, a, b, answer),
    };
    return new Proxy(known, {
      get: (target, name) => (typeof name === 'string' ? (target[name] ?? refuse) : undefined),
    });
  }

  #answer(which: number, a: number, b: number, answer: number): number {
    if (which !== NORMALIZE && which !== LOAD) return BADF;
    try {
      const text =
        which === NORMALIZE
          ? this.#source.resolve(this.#readZeroTerminated(b), this.#readZeroTerminated(a))
          : this.#source.load(this.#readZeroTerminated(a));
      const { at, bytes } = this.#place(text);
      const view = new DataView(this.#memory.buffer);
      view.setUint32(answer, at, true);
      if (which === LOAD) view.setUint32(b, bytes, true);
      return 0;
    } catch (error) {
      // The engine goes on to fail in its own words; these are better.
      this.#failure ??= error instanceof Error ? error : new TypeError(String(error));
      return INVAL;
    }
  }
}
