import { readFileSync } from 'node:fs';
import { createRequire, findPackageJSON, isBuiltin } from 'node:module';
import { pathToFileURL } from 'node:url';

const REQUIRE = /require\((['"])([^'"]+)\1\)/g;

/** Packages as JavaScript that defines `packages(name)`, and the files that went into it. */
export interface JoinedPackages {
  readonly text: string;
  readonly files: readonly string[];
}

/** Packages whose functions of these names load them at their first call, and not before. */
export type LazyPackages = Readonly<Record<string, readonly string[]>>;

/**
 * CommonJS packages with all that they require, as one piece: each file a function that runs when it is first required, as Node would
 * run it. Whatever is not CommonJS, and what is required by a computed name, stays with Node.
 * @param from absolute path of the file that requires them
 */
export function joinPackages(names: readonly string[], from: string, lazy: LazyPackages = {}): JoinedPackages {
  const files = new Map<string, string>();
  const index = new Map<string, number>();
  const visit = (path: string): number => {
    const known = index.get(path);
    if (known !== undefined) return known;
    const number = index.size;
    index.set(path, number);
    const text = readFileSync(path, 'utf8');
    const own = createRequire(path);
    const requires = new Map<string, number>();
    for (const [, , specifier = ''] of text.matchAll(REQUIRE)) {
      const found = Object.hasOwn(lazy, specifier) ? undefined : resolved(own, specifier);
      if (found !== undefined) requires.set(specifier, visit(found));
    }
    const table = JSON.stringify(Object.fromEntries(requires));
    files.set(path, `[${JSON.stringify(path)}, ${table}, function (exports, require, module) {${text}\n}]`);
    return number;
  };
  const entries = names.flatMap((name): [string, number][] => {
    const path = resolved(createRequire(from), name);
    return path === undefined ? [] : [[name, visit(path)]];
  });
  const parts = [...index.keys()].map((path) => files.get(path) ?? '');
  return {
    text: runtime(from, JSON.stringify(Object.fromEntries(entries)), JSON.stringify(lazy), parts),
    files: [...index.keys()],
  };
}

function resolved(require: NodeJS.Require, specifier: string): string | undefined {
  if (isBuiltin(specifier)) return undefined;
  try {
    const path = require.resolve(specifier);
    return path.endsWith('.js') && isCommonJs(require, path) ? path : undefined;
  } catch {
    return undefined;
  }
}

/** What Node makes of a `.js` file stands in the nearest package.json; a file that needs the loader of modules is never taken. */
function isCommonJs(require: NodeJS.Require, path: string): boolean {
  const file = findPackageJSON(pathToFileURL(path));
  if (file === undefined) return false;
  const described: unknown = require(file);
  return typeof described === 'object' && described !== null && !('type' in described && described.type === 'module');
}

function runtime(from: string, entries: string, lazy: string, parts: readonly string[]): string {
  return `const packages = (() => {
  const { createRequire } = process.getBuiltinModule('node:module');
  const files = [${parts.join(',\n')}];
  const loaded = [];
  const lazy = ${lazy};
  const load = (number) => {
    if (loaded[number] !== undefined) return loaded[number].exports;
    const [path, table, run] = files[number];
    const module = (loaded[number] = { exports: {}, id: path, filename: path });
    let own;
    const fromNode = (name) => (own ??= createRequire(path))(name);
    run.call(module.exports, module.exports, (name) => {
      const at = table[name];
      if (at !== undefined) return load(at);
      const late = lazy[name];
      if (late === undefined) return fromNode(name);
      return Object.fromEntries(late.map((key) => [key, (...args) => fromNode(name)[key](...args)]));
    }, module);
    return module.exports;
  };
  const entries = ${entries};
  let own;
  return (name) => (entries[name] === undefined ? (own ??= createRequire(${JSON.stringify(from)}))(name) : load(entries[name]));
})();
`;
}
