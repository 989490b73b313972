import { existsSync, readFileSync, statSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { HostError } from '../../../../base/error.ts';
import { shown } from '../../../../base/shown.ts';
import type { ModuleSource } from './engine.ts';
import { readPackage, resolveModule } from './resolve.ts';

/** Ids of the SDK's own modules begin so; those of every other one are paths relative to the skill. */
const SDK = 'wirken:';
const PACKAGE = '@wirken/skill';
const ENTRY = 'wirken:entry';
const MAX_SOURCE_BYTES = 16 * 1024 * 1024;
const REQUIRE = /\brequire\s*\(\s*(['"])([^'"\n]+)\1\s*\)/g;
const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;

export interface SourceSpec {
  /** Absolute: the skill. */
  readonly dir: string;
  /** The module that exports the skill, relative to `dir`. */
  readonly entry: string;
  /** Absolute: `js/` of the SDK. */
  readonly sdk: string;
  /** Runs a script in the engine, for what can only be known by running it; answers its value as text. */
  readonly evaluate: (code: string, id: string) => string;
}

/** The modules of a skill: its own, the SDK's, and those of packages, whichever way they are written. */
export class SkillModules implements ModuleSource {
  readonly #spec: SourceSpec;
  /** CommonJS modules that the engine knows. */
  readonly #registered = new Set<string>();

  constructor(spec: SourceSpec) {
    this.#spec = spec;
  }

  resolve(specifier: string, importer: string): string {
    if (specifier === ENTRY) return this.#idOf(resolve(this.#spec.dir, this.#spec.entry));
    if (specifier.startsWith(SDK)) return specifier;
    if (specifier === PACKAGE) return `${SDK}skill.ts`;
    if (importer.startsWith(SDK)) return `${SDK}${specifier.replace(/^\.\//, '')}`;
    return this.#idOf(resolveModule(specifier, this.#fileOf(importer), 'import'));
  }

  load(id: string): string {
    const file = this.#fileOf(id);
    const source = readSource(file);
    if (/\.m?ts$/.test(file)) return this.#stripped(source, id);
    if (file.endsWith('.json')) return `export default ${source}`;
    return isCommonJs(file, source) ? this.#wrapped(id, source) : source;
  }

  #idOf(file: string): string {
    return relative(this.#spec.dir, file);
  }

  #fileOf(id: string): string {
    return id.startsWith(SDK) ? join(this.#spec.sdk, id.slice(SDK.length)) : resolve(this.#spec.dir, id);
  }

  /** Types are blanked out, so that every line and column stays where it was. */
  #stripped(source: string, id: string): string {
    try {
      return stripTypeScriptTypes(source, { mode: 'strip' });
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      throw new HostError('build-failed', `${shown(id, 400)}: ${error.message}`, {
        remedy: 'Only types that can be erased are taken: no enum, namespace or parameter property.',
      });
    }
  }

  /** A CommonJS module as an ES module: `module.exports` is its default, and each of its members an export. */
  #wrapped(id: string, source: string): string {
    this.#register(id, source);
    const name = JSON.stringify(id);
    const members: unknown = JSON.parse(
      this.#spec.evaluate(`JSON.stringify(Object.keys(Object(globalThis['wirken:require'](${name}))))`, 'wirken:names'),
    );
    const names = (Array.isArray(members) ? members : []).filter(
      (one) => typeof one === 'string' && one !== 'default' && IDENTIFIER.test(one),
    );
    return [
      `const exported = globalThis['wirken:require'](${name});`,
      'export default exported;',
      ...names.map((one, at) => `const m${at} = exported[${JSON.stringify(one)}]; export { m${at} as ${one} };`),
    ].join('\n');
  }

  /** Tells the engine of a CommonJS module and of all that it requires by name. */
  #register(id: string, source: string): void {
    if (this.#registered.has(id)) return;
    this.#registered.add(id);
    const file = this.#fileOf(id);
    const needed: Record<string, string> = {};
    for (const [, , specifier = ''] of source.matchAll(REQUIRE)) {
      const found = this.#required(specifier, file);
      if (found === undefined) continue;
      const target = this.#idOf(found);
      needed[specifier] = target;
      const text = readSource(found);
      this.#register(target, found.endsWith('.json') ? `module.exports = ${text}` : text);
    }
    // One line in front, so that columns and all lines but the first are those of the file.
    const code = `globalThis['wirken:commonjs'](${JSON.stringify(id)}, ${JSON.stringify(needed)}, function (exports, require, module, __filename, __dirname) {${source}\n})`;
    this.#spec.evaluate(code, id);
  }

  /** What is not there is only missed when it is called: packages ask for what they can do without. */
  #required(specifier: string, importer: string): string | undefined {
    try {
      const found = resolveModule(specifier, importer, 'require');
      return isCommonJs(found, readSource(found)) || found.endsWith('.json') ? found : undefined;
    } catch (error) {
      if (error instanceof HostError) return undefined;
      throw error;
    }
  }
}

/** What stands for the module system of CommonJS in the engine. */
export const COMMONJS = `{
  const known = new Map(), loaded = new Map();
  globalThis['wirken:commonjs'] = (id, needed, run) => { known.set(id, { needed, run }); };
  globalThis['wirken:require'] = (id) => {
    const before = loaded.get(id);
    if (before !== undefined) return before.exports;
    const { needed, run } = known.get(id);
    const module = { exports: {}, id };
    loaded.set(id, module);
    const require = (name) => {
      if (Object.hasOwn(needed, name)) return globalThis['wirken:require'](needed[name]);
      throw new Error('Cannot find module ' + JSON.stringify(name) + ' (required by ' + id + ')');
    };
    run.call(module.exports, module.exports, require, module, id, id.replace(/\\/?[^/]*$/, ''));
    return module.exports;
  };
}`;

function readSource(file: string): string {
  const { size } = statSync(file);
  if (size <= MAX_SOURCE_BYTES) return readFileSync(file, 'utf8');
  throw new HostError('build-failed', `${shown(file, 400)} is larger than 16 MiB`, { remedy: 'Import less.' });
}

/** By its ending, then by the package.json above it, then by how it is written. */
function isCommonJs(file: string, source: string): boolean {
  if (file.endsWith('.cjs')) return true;
  if (!file.endsWith('.js')) return false;
  for (let dir = dirname(file); ; dir = dirname(dir)) {
    const manifest = join(dir, 'package.json');
    if (existsSync(manifest)) {
      const { type } = readPackage(manifest);
      if (type === 'module') return false;
      if (type === 'commonjs') return true;
      break;
    }
    if (dir === dirname(dir)) break;
  }
  return !/^\s*(?:import\b(?!\s*\()|export\b)/m.test(source);
}
