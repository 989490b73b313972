import { readFileSync } from 'node:fs';
import { isBuiltin, stripTypeScriptTypes } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const IMPORT = /^import\s+(?!type\s)(?:(\{[^}]*\}|\*\s+as\s+\w+|\w+)\s+from\s+)?'([^']+)';/gm;
const DYNAMIC_PACKAGE = /([^.\w])import\('([^.'][^']*)'\)/g;
const OWN_URL = /\bimport\.meta\.url\b/g;
const OWN_FILE = /\bimport\.meta\.filename\b/g;
const DYNAMIC = /([^.\w])import\('(\.{1,2}\/[^']+\.ts)'\)/g;
const EXPORT = /^export (?=(?:async )?(?:function\*?|const|class) (\w+))/gm;
const EXPORT_LIST = /^export \{([^}]*)\};/gm;
const UNKNOWN = /^(?:import|export)\b(?!\.|\()|^(?!\s*\*).*\bimport\.meta\b/m;

/** Static imports, but those of types, and dynamic ones. */
const REACHES = /(?:^(?:import|export)\s+(?!type\s)(?:[^;'"]*?\sfrom\s+)?|[^.\w]import\()'(\.{1,2}\/[^']+\.[jt]s)'/gm;

export interface JoinOptions {
  /** `import.meta.url` of a module. Default: the script's own path. */
  readonly urlOf?: (path: string) => string;
  /** JavaScript that defines `packages(name)`. Default: no package may be imported. */
  readonly packages?: string;
  /** Packages that are among the sources: name → path of what it exports. They are of the same form as our own modules. */
  readonly inline?: Readonly<Record<string, string>>;
  /** Modules, Node's among them, that run at the first call of one of their functions, and not when they are imported. */
  readonly late?: readonly string[];
  /** Modules that are not in the script: another has them in the table that it answered, and `given` is that table. */
  readonly given?: ReadonlySet<string>;
}

/**
 * One CommonJS script that does what the entry does with all that it imports: a process that starts from it opens one file and not
 * forty, and never loads Node's loader of modules. Each module becomes a function that runs once, at its first import, so that what
 * is imported dynamically costs nothing before.
 * Our own modules only: named exports, no cycles, no top-level `await` but in the entry.
 * @param sources path → TypeScript, everything that the entry reaches
 * @throws TypeError for a form of import or export that is not known here
 */
export function joinModules(entry: string, sources: ReadonlyMap<string, string>, options: JoinOptions = {}): string {
  return joined(entry, sources, options, false);
}

/**
 * The same, but nothing runs: the body of a function that answers a table of all the modules, path → what runs it once and answers its
 * exports. Whoever has it may run the entry, and give it to the script that comes after.
 */
export function joinTable(entry: string, sources: ReadonlyMap<string, string>, options: JoinOptions = {}): string {
  return joined(entry, sources, options, true);
}

/** What an entry reaches, itself included: paths beneath the root. */
export function reachedFrom(
  entry: string,
  sources: ReadonlyMap<string, string>,
  inline: JoinOptions['inline'] = {},
): ReadonlySet<string> {
  return new Set(reachedInOrder(entry, sources, resolver(inline)));
}

type Resolve = (from: string, specifier: string) => string | undefined;

/** The path of a module among the sources. */
function resolver(inline: Readonly<Record<string, string>>): Resolve {
  return (from, specifier) => (specifier.startsWith('.') ? join(dirname(from), specifier) : inline[specifier]);
}

function joined(
  entry: string,
  sources: ReadonlyMap<string, string>,
  { urlOf, packages, inline = {}, late = [], given = new Set() }: JoinOptions,
  isTable: boolean,
): string {
  const pathOf = resolver(inline);
  const reached = reachedInOrder(entry, sources, pathOf);
  const names = new Map([...reached].map((path, index) => [path, `module${index}`]));
  const external = (specifier: string): string => {
    // A module may call what it imports `process`.
    if (specifier.startsWith('node:')) return `globalThis.process.getBuiltinModule('${specifier}')`;
    if (packages === undefined) throw new TypeError(`${specifier} is a package, and none may be imported here`);
    return `packages('${specifier}')`;
  };
  const valueOf = (from: string, specifier: string): string => {
    const path = pathOf(from, specifier);
    if (path === undefined) return external(specifier);
    const name = names.get(path);
    if (name === undefined) throw new TypeError(`${from} imports ${specifier}, which is not there`);
    return `${name}()`;
  };
  /** What a dynamic import of it answers: of a CommonJS package, its exports are the default as well. */
  const namespaceOf = (from: string, specifier: string): string =>
    pathOf(from, specifier) === undefined ? `namespaceOf(${valueOf(from, specifier)})` : valueOf(from, specifier);
  const parts = [...names].map(([path, name]) => {
    if (given.has(path)) return `const ${name} = given[${JSON.stringify(path)}];\n`;
    const exported: string[] = [];
    const body = stripped(path, sources)
      .replace(OWN_URL, () => (urlOf === undefined ? '__filename' : JSON.stringify(urlOf(path))))
      .replace(OWN_FILE, () => (urlOf === undefined ? '__filename' : JSON.stringify(fileURLToPath(urlOf(path)))))
      .replace(IMPORT, (_, what: string | undefined, specifier: string) => {
        const value = valueOf(path, specifier);
        const imported = pathOf(path, specifier) ?? specifier;
        if (late.includes(imported)) return lateFunctions(what, value, functionsOf(imported, sources));
        return what === undefined ? `${value};` : `const ${pattern(what)} = ${value};`;
      })
      .replace(
        DYNAMIC,
        (_, before: string, specifier: string) => `${before}Promise.resolve(${valueOf(path, specifier)})`,
      )
      .replace(
        DYNAMIC_PACKAGE,
        (_, before: string, specifier: string) => `${before}Promise.resolve(${namespaceOf(path, specifier)})`,
      )
      .replace(EXPORT_LIST, (_, list: string) => {
        exported.push(...list.split(',').map((name) => name.trim().replace(/^(\w+)\s+as\s+(\w+)$/, '$2: $1')));
        return '';
      })
      .replace(EXPORT, (_, name: string) => {
        exported.push(name);
        return '';
      });
    if (UNKNOWN.test(body)) throw new TypeError(`${path} imports or exports in a way that cannot be joined`);
    return path === entry && !isTable
      ? `(async () => {\n'use strict';\n${body}\n})();\n`
      : `const ${name} = once(() => {\n'use strict';\n${body}\nreturn { ${exported.join(', ')} };\n});\n`;
  });
  if (isTable) {
    const rows = [...names].map(([path, name]) => `${JSON.stringify(path)}: ${name}`);
    parts.push(`return { ${rows.join(', ')} };\n`);
  }
  return ascii(`${packages ?? ''}${HELPERS}${parts.join('\n')}`);
}

const HELPERS = `function once(run) {
  let value;
  return () => (value ??= run());
}
function namespaceOf(exported) {
  return exported[Symbol.toStringTag] === 'Module' ? exported : { ...exported, default: exported };
}
`;

/** The same program: V8 reads it faster, and keeps it in half the memory. */
function ascii(text: string): string {
  return text.replaceAll(/(\\*)([\u0080-\uffff])/g, (_, before: string, unit: string) => {
    // One that stands behind a backslash means itself.
    const kept = before.slice(before.length % 2);
    return `${kept}\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** Every module that the entries reach by relative imports: path beneath `root` → TypeScript, sorted. */
export function readSources(root: string, entries: readonly string[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const waiting = [...entries];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (found.has(path)) continue;
    const source = readFileSync(join(root, path), 'utf8');
    found.set(path, source);
    for (const [, specifier = ''] of source.matchAll(REACHES)) waiting.push(join(dirname(path), specifier));
  }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The entry comes last. */
function reachedInOrder(entry: string, sources: ReadonlyMap<string, string>, pathOf: Resolve): readonly string[] {
  const reached = new Set([entry]);
  for (const path of reached) {
    const text = stripped(path, sources);
    for (const form of [IMPORT, DYNAMIC, DYNAMIC_PACKAGE]) {
      for (const [, , specifier = ''] of text.matchAll(form)) {
        const found = pathOf(path, specifier);
        if (found !== undefined) reached.add(found);
      }
    }
  }
  return [...reached].toReversed();
}

function stripped(path: string, sources: ReadonlyMap<string, string>): string {
  const source = sources.get(path);
  if (source === undefined) throw new TypeError(`${path} is imported and not there`);
  // Where a type held other letters than ASCII's, blanks of as many bytes stand now.
  return stripTypeScriptTypes(source).replaceAll(/[\u00a0\u2002\ufeff]/g, (blank, at: number) =>
    source[at] === blank ? blank : ' ',
  );
}

/** Each function of `what` as one that loads its module when it is called. */
function lateFunctions(what: string | undefined, module: string, isFunction: (name: string) => boolean): string {
  const names = what
    ?.match(/^\{([^}]*)\}$/)?.[1]
    ?.split(',')
    .map((name) => name.trim());
  // A module of Node's as a whole.
  if (names === undefined) return `const ${pattern(what ?? '{}')} = ${module};`;
  return names
    .filter((name) => name !== '')
    .map((name) => {
      const [own = '', local = own] = name.split(/\s+as\s+/);
      if (!isFunction(own)) throw new TypeError(`${own} is no function, and its module is to be loaded late`);
      return `const ${local} = (...args) => ${module}.${own}(...args);`;
    })
    .join(' ');
}

/** Whether a module exports a function of a name; not a class. */
function functionsOf(module: string, sources: ReadonlyMap<string, string>): (name: string) => boolean {
  if (isBuiltin(module)) {
    const exported: unknown = process.getBuiltinModule(module);
    if (typeof exported !== 'object' || exported === null) return () => false;
    return (name) => /^[a-z]/.test(name) && typeof Reflect.get(exported, name) === 'function';
  }
  const source = stripped(module, sources);
  return (name) => new RegExp(`^export (?:async )?function ${name}\\(`, 'm').test(source);
}

/** What stands between `import` and `from`, as the left side of an assignment. */
function pattern(what: string): string {
  return what.startsWith('{') ? what.replaceAll(/\s+as\s+/g, ': ') : what.replace(/^\*\s+as\s+/, '');
}
