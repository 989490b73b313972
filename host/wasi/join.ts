import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { dirname, join } from 'node:path';

const IMPORT = /^import\s+(?!type\s)(?:(\{[^}]*\}|\*\s+as\s+\w+|\w+)\s+from\s+)?'([^']+)';/gm;
const DYNAMIC_PACKAGE = /([^.\w])import\('([^.'][^']*)'\)/g;
const OWN_URL = /\bimport\.meta\.url\b/g;
const DYNAMIC = /([^.\w])import\('(\.{1,2}\/[^']+\.ts)'\)/g;
const EXPORT = /^export (?=(?:async )?(?:function\*?|const|class) (\w+))/gm;
const EXPORT_LIST = /^export \{([^}]*)\};/gm;
const UNKNOWN = /^(?:import|export)\b(?!\.|\()|\bimport\.meta\b/m;

/** Static imports, but those of types, and dynamic ones. */
const REACHES = /(?:^(?:import|export)\s+(?!type\s)(?:[^;'"]*?\sfrom\s+)?|[^.\w]import\()'(\.{1,2}\/[^']+\.ts)'/gm;

export interface JoinOptions {
  /** `import.meta.url` of a module. Default: the script's own path. */
  readonly urlOf?: (path: string) => string;
  /** JavaScript that defines `packages(name)`. Default: no package may be imported. */
  readonly packages?: string;
}

/**
 * One CommonJS script that does what the entry does with all that it imports: a process that starts from it opens one file and not
 * forty, and never loads Node's loader of modules. Each module becomes a function that runs once, at its first import, so that what
 * is imported dynamically costs nothing before.
 * Our own modules only: named exports, no cycles, no top-level `await` but in the entry.
 * @param sources path → TypeScript, everything that the entry reaches
 * @throws TypeError for a form of import or export that is not known here
 */
export function joinModules(
  entry: string,
  sources: ReadonlyMap<string, string>,
  { urlOf, packages }: JoinOptions = {},
): string {
  const reached = reachedFrom(entry, sources);
  const names = new Map([...reached].map((path, index) => [path, `module${index}`]));
  const nameOf = (from: string, specifier: string): string => {
    const name = names.get(join(dirname(from), specifier));
    if (name === undefined) throw new TypeError(`${from} imports ${specifier}, which is not there`);
    return name;
  };
  const external = (specifier: string): string => {
    if (specifier.startsWith('node:')) return `process.getBuiltinModule('${specifier}')`;
    if (packages === undefined) throw new TypeError(`${specifier} is a package, and none may be imported here`);
    return `packages('${specifier}')`;
  };
  const parts = [...names].map(([path, name]) => {
    const exported: string[] = [];
    const body = stripped(path, sources)
      .replace(OWN_URL, () => (urlOf === undefined ? '__filename' : JSON.stringify(urlOf(path))))
      .replace(IMPORT, (_, what: string | undefined, specifier: string) => {
        const value = specifier.startsWith('.') ? `${nameOf(path, specifier)}()` : external(specifier);
        return what === undefined ? `${value};` : `const ${pattern(what)} = ${value};`;
      })
      .replace(
        DYNAMIC,
        (_, before: string, specifier: string) => `${before}Promise.resolve(${nameOf(path, specifier)}())`,
      )
      .replace(
        DYNAMIC_PACKAGE,
        (_, before: string, specifier: string) => `${before}Promise.resolve(${external(specifier)})`,
      )
      .replace(EXPORT_LIST, (_, list: string) => {
        exported.push(...list.split(',').map((name) => name.trim()));
        return '';
      })
      .replace(EXPORT, (_, name: string) => {
        exported.push(name);
        return '';
      });
    if (UNKNOWN.test(body)) throw new TypeError(`${path} imports or exports in a way that cannot be joined`);
    return path === entry
      ? `(async () => {\n'use strict';\n${body}\n})();\n`
      : `const ${name} = once(() => {\n'use strict';\n${body}\nreturn { ${exported.join(', ')} };\n});\n`;
  });
  return `${packages ?? ''}function once(run) {\n  let value;\n  return () => (value ??= run());\n}\n${parts.join('\n')}`;
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
function reachedFrom(entry: string, sources: ReadonlyMap<string, string>): readonly string[] {
  const reached = new Set([entry]);
  for (const path of reached) {
    const text = stripped(path, sources);
    const specifiers = [...text.matchAll(IMPORT), ...text.matchAll(DYNAMIC)].map(([, , specifier = '']) => specifier);
    for (const specifier of specifiers) if (specifier.startsWith('.')) reached.add(join(dirname(path), specifier));
  }
  return [...reached].toReversed();
}

function stripped(path: string, sources: ReadonlyMap<string, string>): string {
  const source = sources.get(path);
  if (source === undefined) throw new TypeError(`${path} is imported and not there`);
  return stripTypeScriptTypes(source);
}

/** What stands between `import` and `from`, as the left side of an assignment. */
function pattern(what: string): string {
  return what.startsWith('{') ? what.replaceAll(/\s+as\s+/g, ': ') : what.replace(/^\*\s+as\s+/, '');
}
