import { stripTypeScriptTypes } from 'node:module';
import { dirname, join } from 'node:path';

const IMPORT = /^import\s+(?!type\s)(?:(\{[^}]*\}|\*\s+as\s+\w+|\w+)\s+from\s+)?'([^']+)';/gm;
const DYNAMIC = /([^.\w])import\('(\.{1,2}\/[^']+\.ts)'\)/g;
const EXPORT = /^export (?=(?:async )?(?:function\*?|const|class) (\w+))/gm;
const EXPORT_LIST = /^export \{([^}]*)\};/gm;
const UNKNOWN = /^(?:import|export)\b(?!\.|\()|\bimport\.meta\b/m;

/**
 * One CommonJS script that does what the entry does with all that it imports: a process that starts from it opens one file and not
 * forty, and never loads Node's loader of modules. Each module becomes a function that runs once, at its first import, so that what
 * is imported dynamically costs nothing before.
 * Our own modules only: named exports, no cycles, no top-level `await` but in the entry.
 * @param sources path → TypeScript, everything that the entry reaches
 * @throws TypeError for a form of import or export that is not known here
 */
export function joinModules(entry: string, sources: ReadonlyMap<string, string>): string {
  const reached = reachedFrom(entry, sources);
  const names = new Map([...reached].map((path, index) => [path, `module${index}`]));
  const nameOf = (from: string, specifier: string): string => {
    const name = names.get(join(dirname(from), specifier));
    if (name === undefined) throw new TypeError(`${from} imports ${specifier}, which is not there`);
    return name;
  };
  const parts = [...names].map(([path, name]) => {
    const exported: string[] = [];
    const body = stripped(path, sources)
      .replaceAll('import.meta.url', '__filename')
      .replace(IMPORT, (_, what: string | undefined, specifier: string) => {
        const value = specifier.startsWith('.')
          ? `${nameOf(path, specifier)}()`
          : `process.getBuiltinModule('${specifier}')`;
        return what === undefined ? `${value};` : `const ${pattern(what)} = ${value};`;
      })
      .replace(
        DYNAMIC,
        (_, before: string, specifier: string) => `${before}Promise.resolve(${nameOf(path, specifier)}())`,
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
    return path === entry ? `(async () => {\n${body}\n})();\n` : `const ${name} = once(() => {\n${body}\nreturn { ${exported.join(', ')} };\n});\n`;
  });
  return `'use strict';\nfunction once(run) {\n  let value;\n  return () => (value ??= run());\n}\n${parts.join('\n')}`;
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
  return stripTypeScriptTypes(sources.get(path) ?? '');
}

/** What stands between `import` and `from`, as the left side of an assignment. */
function pattern(what: string): string {
  return what.startsWith('{') ? what.replaceAll(/\s+as\s+/g, ': ') : what.replace(/^\*\s+as\s+/, '');
}
