import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { joinModules, joinTable, reachedFrom } from './join.ts';
import { joinPackages } from './join-packages.ts';
import { scratch } from './pool/fixtures.ts';

function output(text: string): string {
  using dir = scratch();
  const script = join(dir.path, 'script.cjs');
  writeFileSync(script, text);
  return execFileSync(process.execPath, [script], { encoding: 'utf8' });
}

it('joins what an entry reaches, each module once, dynamic ones when they are wanted', () => {
  const sources = new Map([
    [
      'main.ts',
      "import { a, type T } from './lib/a.ts';\nimport * as path from 'node:path';\nconst x: T = a;\nconsole.log('main', x, path.sep);\nconst { b } = await import('./lib/b.ts');\nconsole.log(b());\n",
    ],
    [
      'lib/a.ts',
      "import type { U } from './types.ts';\nexport type T = U;\nconsole.log('a');\nexport const a: T = 1;\n",
    ],
    [
      'lib/b.ts',
      "import { a as one } from './a.ts';\nconsole.log('b');\nfunction two(): number {\n  return one + 1;\n}\nexport { two };\nexport function b(): number {\n  return two();\n}\n",
    ],
    ['never.ts', "console.log('never');\n"],
  ]);
  expect(output(joinModules('main.ts', sources))).toBe('a\nmain 1 /\nb\n2\n');
});

it('gives each module its own URL and packages from where it is told', () => {
  const sources = new Map([
    [
      'main.ts',
      "import './a.ts';\nimport { parse } from 'yaml';\nconsole.log(import.meta.url, parse('[1]').length);\n",
    ],
    ['a.ts', 'console.log(import.meta.url, import.meta.filename);\n'],
  ]);
  const text = joinModules('main.ts', sources, {
    urlOf: (path) => `file:///x/${path}`,
    packages: joinPackages(['yaml', 'gray-matter'], import.meta.filename).text,
  });
  expect(output(text)).toBe('file:///x/a.ts /x/a.ts\nfile:///x/main.ts 1\n');
});

it('answers a dynamic import of a CommonJS package as Node does: its exports, and they as the default', () => {
  const sources = new Map([
    [
      'main.ts',
      "const { default: Sqlite } = await import('better-sqlite3');\nconst { parse, default: all } = await import('yaml');\nconsole.log(new Sqlite(':memory:').open, parse('[1]').length, all.parse === parse);\n",
    ],
  ]);
  const packages =
    "const packages = (name) => require(require('node:module').createRequire(" +
    JSON.stringify(import.meta.filename) +
    ').resolve(name));\n';
  expect(output(joinModules('main.ts', sources, { packages }))).toBe('true 1 true\n');
});

it('joins packages with all that they require, and leaves to Node what is no CommonJS', () => {
  const { text, files } = joinPackages(['gray-matter', 'marked'], import.meta.filename);
  expect(files.some((path) => path.endsWith('esprima.js'))).toBe(true);
  expect(files.some((path) => path.includes('marked'))).toBe(false);
  const use =
    "console.log(packages('gray-matter')('---\\na: 1\\n---\\nb').data.a, packages('marked').parse('*c*').trim());";
  expect(output(`${text}${use}`)).toBe('1 <p><em>c</em></p>\n');
});

it('leaves a package alone until one of its functions is called, where it is told to', () => {
  const { text, files } = joinPackages(['gray-matter'], import.meta.filename, { 'js-yaml': ['safeLoad', 'safeDump'] });
  expect(files.some((path) => path.includes('js-yaml'))).toBe(false);
  const use =
    "const loaded = () => Object.keys(require.cache).some((path) => path.includes('js-yaml'));" +
    "const matter = packages('gray-matter'); const before = loaded();" +
    "console.log(before, matter('---\\na: 1\\n---\\nb').data.a, loaded());";
  expect(output(`${text}${use}`)).toBe('false 1 true\n');
});

it('joins packages made of modules, and names of Node that a module gives to what it imports', () => {
  const sources = new Map([
    ['main.ts', "import { one, Two } from 'pack';\nconsole.log(one(), new Two().pid > 0);\n"],
    [
      '../pack/index.js',
      "import process from 'node:process';\nimport { three } from './three.js';\n/**\n * import.meta.dirname\n */\nclass Two { pid = process.pid; }\nconst one = () => three;\nexport { one, Two as Two };\n",
    ],
    ['../pack/three.js', 'export const three = 3;\n'],
  ]);
  expect(output(joinModules('main.ts', sources, { inline: { pack: '../pack/index.js' } }))).toBe('3 true\n');
});

it('runs a late module at the first call of one of its functions', () => {
  const sources = new Map([
    [
      'main.ts',
      "import { a as b } from './a.ts';\nimport { hash } from 'node:crypto';\nconsole.log('main');\nconsole.log(b(1), hash('md5', '', 'hex').length);\n",
    ],
    ['a.ts', "console.log('a');\nexport function a(n: number): number {\n  return n + 1;\n}\nexport const c = 1;\n"],
  ]);
  const late = { late: ['a.ts', 'node:crypto'] };
  expect(output(joinModules('main.ts', sources, late))).toBe('main\na\n2 32\n');
  sources.set('main.ts', "import { c } from './a.ts';\nconsole.log(c);\n");
  expect(() => joinModules('main.ts', sources, late)).toThrow(TypeError);
  sources.set('main.ts', "import { KeyObject } from 'node:crypto';\nconsole.log(KeyObject);\n");
  expect(() => joinModules('main.ts', sources, late)).toThrow(TypeError);
});

it('joins a table of modules, which another script takes from it', () => {
  const sources = new Map([
    ['main.ts', "import { head } from './head.ts';\nimport { a } from './a.ts';\nconsole.log('main', head(), a.n);\n"],
    ['head.ts', "import { a } from './a.ts';\nexport function head(): number {\n  return (a.n += 1);\n}\n"],
    ['a.ts', "console.log('a');\nexport const a = { n: 1 };\n"],
  ]);
  const given = reachedFrom('head.ts', sources);
  expect([...given].sort()).toEqual(['a.ts', 'head.ts']);
  const head = joinTable('head.ts', sources);
  const host = joinModules('main.ts', sources, { given });
  expect(host).not.toContain("console.log('a')");
  const use = `const given = ((require) => {${head}})(require);\nconsole.log(given['head.ts']().head());\n${host}`;
  expect(output(use)).toBe('a\n2\nmain 3 3\n');
});

it('writes ASCII that means the same', () => {
  const source =
    "type T = '–é😀';\nconst t: T = '–é😀';\nconsole.log(t, '\\–\\\\–', /[–é]/u.test('é'), /^\u{1f600}$/u.test('😀'), `\u00a0 `); // –\n";
  const text = joinModules('main.ts', new Map([['main.ts', source]]));
  expect(text).toMatch(/^[\0-\x7f]*$/);
  expect(output(text)).toBe('–é😀 –\\– true true \u00a0 \n');
});

it.for<readonly [string, string]>([
  ['a default export', 'export default 1;\n'],
  ['a variable that may change', 'export let a = 1;\n'],
  ['everything of another', "export * from './a.ts';\n"],
  ['a module that is not there', "import { a } from './nowhere.ts';\n"],
  ['a package, where none may be', "import { a } from 'yaml';\n"],
  ['a property of import.meta', 'console.log(import.meta.dirname);\n'],
])('refuses %s', ([, source]) => {
  expect(() => joinModules('main.ts', new Map([['main.ts', source]]))).toThrow(TypeError);
});
