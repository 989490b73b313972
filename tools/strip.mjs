// `prepack` of the package: Node refuses .ts files under node_modules, so what is published is the same source with its types
// blanked out, under dist/, together with the bundled skills and the registry's root key.
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const host = join(root, 'host');
const dist = join(host, 'dist');

rmSync(dist, { recursive: true, force: true });
const sources = globSync('**/*.ts', { cwd: host, exclude: ['node_modules/**', 'dist/**', '**/fixtures/**'] }).filter(
  (file) => !/(?:\.test(?:-d)?|\.fixture|(?:^|[/\\])(?:testing(?:-\w+)?|probe))\.ts$/.test(file),
);
for (const file of sources) {
  const target = join(dist, file.replace(/\.ts$/, '.js'));
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, withJsSpecifiers(stripTypeScriptTypes(readFileSync(join(host, file), 'utf8'))));
}
for (const skill of globSync('*/SKILL.md', { cwd: join(root, 'skills') }).map(dirname)) {
  cpSync(join(root, 'skills', skill), join(dist, 'skills', skill), { recursive: true });
}
// What `wirken skill new` and `build` take from the SDK: templates, headers, the engine for JavaScript, all of it data here.
cpSync(join(root, 'sdk-skill'), join(dist, 'sdk-skill'), { recursive: true });
for (const file of ['README.md', 'LICENSE'])
  if (existsSync(join(root, file))) cpSync(join(root, file), join(host, file));
console.error(`stripped ${sources.length} files to host/dist`);

/** Relative specifiers, in imports, dynamic imports and `new URL(…, import.meta.url)`, end in .js once the files do. */
function withJsSpecifiers(source) {
  return source.replace(/(['"])(\.{1,2}\/[^'"\n]+)\.ts\1/g, '$1$2.js$1');
}
