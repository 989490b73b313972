import { existsSync, readFileSync, statSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { HostError } from '../../../../base/error.ts';
import { shown } from '../../../../base/shown.ts';

const EXTENSIONS = [
  '',
  '.ts',
  '.mts',
  '.js',
  '.mjs',
  '.cjs',
  '.json',
  '/index.ts',
  '/index.js',
  '/index.mjs',
  '/index.cjs',
];
const MAX_PACKAGE_BYTES = 1024 * 1024;

/** Whether a module is asked for by `import` or by `require`: packages may answer with another file. */
export type Asked = 'import' | 'require';

/** Nothing of Node is there at run time, so what a package has for browsers comes before what it has for Node. */
const CONDITIONS = {
  import: ['browser', 'import', 'module', 'default'],
  require: ['browser', 'require', 'default'],
} as const satisfies Record<Asked, readonly string[]>;

/**
 * The absolute path of the file that a specifier means in a module: a file beside it, or of a package in a `node_modules` above it.
 * @throws HostError `build-failed`
 */
export function resolveModule(specifier: string, importer: string, asked: Asked): string {
  if (specifier.startsWith('node:') || isBuiltin(specifier)) {
    throw unresolved(
      specifier,
      importer,
      'is part of Node, which a skill does not run in',
      'Files come through `context.workspace`; the rest is plain JavaScript.',
    );
  }
  if (specifier.startsWith('.') || specifier.startsWith('/')) {
    const file = existing(resolve(dirname(importer), specifier));
    if (file !== undefined) return file;
    throw unresolved(specifier, importer, 'is not there', 'Correct the path.');
  }
  const [, name = '', rest = ''] = /^((?:@[^/]+\/)?[^/]+)(?:\/(.*))?$/.exec(specifier) ?? [];
  for (let dir = dirname(importer); ; dir = dirname(dir)) {
    const root = join(dir, 'node_modules', name);
    if (existsSync(join(root, 'package.json'))) {
      const file = ofPackage(root, rest, asked);
      if (file !== undefined) return file;
      throw unresolved(
        specifier,
        importer,
        `is nothing that the package in ${shown(root, 400)} gives out`,
        'Import what its documentation names.',
      );
    }
    if (dir === dirname(dir)) break;
  }
  throw unresolved(
    specifier,
    importer,
    'is in no node_modules above the skill',
    `npm install ${shown(name, 100)} in the directory above the skill: a bundle holds no node_modules.`,
  );
}

function unresolved(specifier: string, importer: string, what: string, remedy: string): HostError {
  return new HostError('build-failed', `${shown(importer, 400)}: "${shown(specifier, 200)}" ${what}`, { remedy });
}

/** The file that a path means: itself, with an ending, or its index. `x.js` may stand for `x.ts`. */
function existing(path: string): string | undefined {
  const candidates = [...EXTENSIONS.map((ending) => `${path}${ending}`), path.replace(/\.(m?)js$/, '.$1ts')];
  return candidates.find((one) => statSync(one, { throwIfNoEntry: false })?.isFile());
}

function ofPackage(root: string, rest: string, asked: Asked): string | undefined {
  const file = join(root, 'package.json');
  const manifest = readPackage(file);
  const { exports: map, module: esm, browser, main } = manifest;
  if (map !== undefined && map !== null) {
    const target = targetOf(map, rest === '' ? '.' : `./${rest}`, CONDITIONS[asked]);
    return target === undefined ? undefined : existing(join(root, target));
  }
  if (rest !== '') return existing(join(root, rest));
  const entries = [browser, ...(asked === 'import' ? [esm] : []), main, 'index.js'];
  for (const entry of entries) {
    const found = typeof entry === 'string' ? existing(join(root, entry)) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Members of a package.json as they are; anything may stand in them. */
export function readPackage(file: string): { readonly [name: string]: unknown } {
  try {
    if (statSync(file).size > MAX_PACKAGE_BYTES) return {};
    const parsed: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return isObject(parsed) ? parsed : {};
  } catch {
    return {};
  }
}

/** Source: Node.js documentation, "Resolution and loading algorithm specification", PACKAGE_EXPORTS_RESOLVE. */
function targetOf(map: unknown, subpath: string, conditions: readonly string[]): string | undefined {
  const bySubpath = isObject(map) && Object.keys(map).some((key) => key.startsWith('.'));
  if (!bySubpath) return subpath === '.' ? chosen(map, conditions, '') : undefined;
  if (Object.hasOwn(map, subpath)) return chosen(map[subpath], conditions, '');
  const patterns = Object.keys(map)
    .filter((key) => key.includes('*'))
    .sort((a, b) => b.indexOf('*') - a.indexOf('*'));
  for (const pattern of patterns) {
    const [before = '', after = ''] = pattern.split('*');
    const fits = subpath.startsWith(before) && subpath.endsWith(after) && subpath.length >= pattern.length - 1;
    if (fits) return chosen(map[pattern], conditions, subpath.slice(before.length, subpath.length - after.length));
  }
  return undefined;
}

function chosen(target: unknown, conditions: readonly string[], star: string): string | undefined {
  if (typeof target === 'string') return target.startsWith('./') ? target.replaceAll('*', star) : undefined;
  if (Array.isArray(target)) return target.map((one) => chosen(one, conditions, star)).find((one) => one !== undefined);
  if (!isObject(target)) return undefined;
  for (const [condition, inner] of Object.entries(target)) {
    const found = conditions.includes(condition) ? chosen(inner, conditions, star) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

function isObject(value: unknown): value is { readonly [name: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
