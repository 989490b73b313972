// The folder list is the architecture: imports point one way. Prints each import that does not, and each cycle; exits 1 then.
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseSync } from 'oxc-parser';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** What each folder may import of ours, besides itself. */
const CORE = ['base', 'policy', 'workspace', 'skill', 'wasi'];
const SERVICES = ['consent', 'audit', 'vault', 'ipc', 'gateway', 'agent', 'llm', 'mcp'];
const MAY_IMPORT = {
  base: [],
  policy: ['base'],
  workspace: ['base', 'policy'],
  skill: ['base', 'policy', 'workspace'],
  wasi: ['base', 'policy', 'workspace', 'skill'],
  ...Object.fromEntries(SERVICES.map((service) => [service, CORE])),
  'config.ts': ['base', 'config-file.ts'],
  'config-file.ts': ['base', 'config.ts'],
  cli: [...CORE, ...SERVICES, 'config.ts'],
  'main.ts': [...CORE, ...SERVICES, 'config.ts', 'cli'],
};
/** Folders whose logic takes its powers as arguments: the Node modules that they may use all the same. */
const NODE_MODULES_OF = { policy: [], base: ['node:util', 'node:buffer'] };

const files = globSync(['host/**/*.ts', 'tools/**/*.ts', 'test-skills/**/*.ts'], { cwd: root }).filter(
  (file) => !file.includes('node_modules') && !file.startsWith(join('host', 'dist')),
);
const faults = [];
const graph = new Map();

for (const file of files) {
  const source = readFileSync(join(root, file), 'utf8');
  const { module, errors } = parseSync(file, source);
  for (const error of errors) faults.push(`${file}: ${error.message}`);
  const targets = [
    ...module.staticImports.map((entry) => entry.moduleRequest.value),
    ...module.staticExports.flatMap((entry) =>
      entry.entries.flatMap(({ moduleRequest }) => moduleRequest?.value ?? []),
    ),
    ...module.dynamicImports.flatMap(({ moduleRequest }) =>
      literal(source.slice(moduleRequest.start, moduleRequest.end)),
    ),
  ];
  const isTest = /\.test(-d)?\.ts$/.test(file) || file.includes('fixtures');
  const own = [];
  for (const target of targets) {
    if (target.startsWith('.')) {
      const path = normalize(join(dirname(file), target));
      own.push(path);
      if (!isTest) checkDirection(file, path);
    } else checkPackage(file, target, isTest);
  }
  if (!isTest) graph.set(file, own);
}
findCycles();

for (const fault of faults) console.error(fault);
if (faults.length === 0) console.error(`imports: ${files.length} files, each points the right way`);
process.exit(faults.length === 0 ? 0 : 1);

function literal(text) {
  const match = /^(['"])(.*)\1$/.exec(text);
  return match ? [match[2]] : [];
}

function areaOf(file) {
  const [top, area] = file.split(sep);
  return top === 'host' ? area : undefined;
}

function checkDirection(file, target) {
  const from = areaOf(file);
  const to = areaOf(target);
  if (from === undefined) return;
  if (to === undefined) faults.push(`${file}: imports ${target}, which lies outside host/`);
  else if (from !== to && !MAY_IMPORT[from]?.includes(to))
    faults.push(`${file}: host/${from} may not import host/${to} (${target})`);
}

function checkPackage(file, target, isTest) {
  const area = areaOf(file);
  if (isTest || area === undefined) return;
  const allowed = NODE_MODULES_OF[area];
  if (allowed && !allowed.includes(target)) faults.push(`${file}: host/${area} is pure and may not import ${target}`);
}

function findCycles() {
  const state = new Map();
  const visit = (file, path) => {
    if (state.get(file) === 'done') return;
    if (state.get(file) === 'open') {
      faults.push(
        `cycle: ${[...path.slice(path.indexOf(file)), file].map((entry) => relative('', entry)).join(' → ')}`,
      );
      return;
    }
    state.set(file, 'open');
    for (const next of graph.get(file) ?? []) visit(next, [...path, file]);
    state.set(file, 'done');
  };
  for (const file of graph.keys()) visit(file, []);
}
