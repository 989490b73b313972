import { parseArgs } from 'node:util';
import { allReached, type Outcome, tableJson, tableText } from './table.ts';

/** Every row, in the order of the table; loaded when it is measured, so that no row carries another's modules. */
const ROWS: Readonly<Record<string, () => Promise<{ readonly measure: () => Promise<readonly Outcome[]> }>>> = {
  'warm-call': () => import('./rows/warm-call.ts'),
  'two-in-flight': () => import('./rows/two-in-flight.ts'),
  'fresh-instance': () => import('./rows/fresh-instance.ts'),
  'open-read-close': () => import('./rows/open-read-close.ts'),
  'cold-start': () => import('./rows/cold-start.ts'),
  verify: () => import('./rows/verify.ts'),
  'code-stats': () => import('./rows/code-stats.ts'),
  lyrik: () => import('./rows/lyrik.ts'),
  gate: () => import('./rows/gate.ts'),
  memory: () => import('./rows/memory.ts'),
  'audit-verify': () => import('./rows/audit-verify.ts'),
  'audit-proof': () => import('./rows/audit-proof.ts'),
  'audit-append': () => import('./rows/audit-append.ts'),
};

const { values, positionals } = parseArgs({
  options: { json: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
  allowPositionals: true,
});

const unknown = positionals.filter((name) => !Object.hasOwn(ROWS, name));
if (values.help || unknown.length > 0) {
  if (unknown.length > 0) console.error(`no row ${unknown.join(', ')}`);
  console.error(`usage: npm run bench -- [--json] [${Object.keys(ROWS).join(' | ')}]…`);
  process.exit(values.help ? 0 : 2);
}

// That some of what is measured is experimental is no news here.
process.removeAllListeners('warning');

const outcomes: Outcome[] = [];
for (const [name, load] of Object.entries(ROWS)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  console.error(`measuring ${name} …`);
  const { measure } = await load();
  outcomes.push(...(await measure()));
  globalThis.gc?.();
}
console.log(values.json ? JSON.stringify(tableJson(outcomes), undefined, 2) : tableText(outcomes));
process.exit(allReached(outcomes) ? 0 : 1);
