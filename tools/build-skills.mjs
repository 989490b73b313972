// Builds skills/<name>/skill.wasm from skills/_src/<name>/*.c and skills/_src/common/*.c; lyrik from tree-sitter's sources too.
//   --check        builds elsewhere, compares with the files that are there, changes nothing; 1 if one differs
//   --only NAME    that skill alone (may be repeated)
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync, cpSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildFresh, PREBUILT } from './wasm/build-one.ts';
import { cGuests } from './wasm/guests.ts';
import { buildRules } from './lyrik-rules.mjs';
import { buildLyrik } from './wasm/lyrik.mjs';
import { compileC, findToolchain } from './wasm/toolchain.ts';

const skillsDir = join(dirname(dirname(fileURLToPath(import.meta.url))), 'skills');
const sourceDir = join(skillsDir, '_src');

/** Names of the bundled skills that have sources and a bundle. */
export function skillNames() {
  return readdirSync(sourceDir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== 'common')
    .map((entry) => entry.name)
    .filter((name) => existsSync(join(skillsDir, name, 'SKILL.md')))
    .sort();
}

/**
 * Bytes of one skill, built in a directory of its own whose path differs each time.
 * @param {import('./wasm/toolchain.ts').Toolchain} toolchain
 * @param {string} name
 * @returns {Promise<Uint8Array>}
 */
export async function buildSkill(toolchain, name) {
  if (name === 'lyrik') return await buildLyrik(toolchain);
  const dir = mkdtempSync(join(tmpdir(), 'wirken-skill-'));
  try {
    const sources = ['common', name].flatMap((folder) => {
      cpSync(join(sourceDir, folder), join(dir, folder), { recursive: true });
      return readdirSync(join(dir, folder))
        .filter((file) => file.endsWith('.c'))
        .sort()
        .map((file) => `${folder}/${file}`);
    });
    compileC(toolchain, dir, sources, join(dir, 'skill.wasm'));
    return new Uint8Array(readFileSync(join(dir, 'skill.wasm')));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** @param {readonly string[]} argv */
async function main(argv) {
  const { values } = parseArgs({
    args: [...argv],
    options: { check: { type: 'boolean', default: false }, only: { type: 'string', multiple: true } },
  });
  const names = values.only ?? skillNames();
  const toolchain = findToolchain();
  let differing = 0;
  for (const name of names) {
    if (!skillNames().includes(name)) throw new Error(`no skill ${JSON.stringify(name)} in skills/_src`);
    if (name === 'lyrik' && !buildRules(join(skillsDir, name), values.check)) {
      differing += Number(values.check);
      console.log(
        `skills/lyrik/rules/compiled.bin  ${values.check ? 'is not what the rules compile to' : 'new: sign the bundle'}`,
      );
    }
    const built = await buildSkill(toolchain, name);
    const target = join(skillsDir, name, 'skill.wasm');
    const same = existsSync(target) && Buffer.compare(readFileSync(target), built) === 0;
    if (!same && values.check) {
      differing++;
      console.error(
        `skills/${name}/skill.wasm is not what its source builds; run: npm run build:skills, then sign the bundle`,
      );
    } else if (!same) {
      writeFileSync(target, built);
    }
    if (same || !values.check)
      console.log(`skills/${name}/skill.wasm  ${built.length} bytes${same ? '' : '  new: sign the bundle'}`);
  }
  if (values.only === undefined) differing += prebuilt(toolchain, values.check);
  return differing === 0 ? 0 : 1;
}

/**
 * The C guests of the tests, built and kept under the digest of their sources, so that the tests run where there is no compiler.
 * Answers how many differ.
 * @param {import('./wasm/toolchain.ts').Toolchain} toolchain
 * @param {boolean} check
 */
function prebuilt(toolchain, check) {
  const wanted = new Map();
  for (const { source, flags } of cGuests()) {
    const { name, bytes } = buildFresh(toolchain, source, flags);
    wanted.set(name, bytes);
  }
  mkdirSync(PREBUILT, { recursive: true });
  const there = new Set(readdirSync(PREBUILT));
  const wrong = [...wanted].filter(
    ([name, bytes]) => !there.has(name) || Buffer.compare(readFileSync(join(PREBUILT, name)), bytes) !== 0,
  );
  const stale = [...there].filter((name) => !wanted.has(name));
  if (check && wrong.length + stale.length > 0) {
    console.error(
      `test-skills/prebuilt: ${wrong.length} are not what their sources build, ${stale.length} are left over`,
    );
    return wrong.length + stale.length;
  }
  for (const [name, bytes] of check ? [] : wrong) writeFileSync(join(PREBUILT, name), bytes);
  for (const name of check ? [] : stale) rmSync(join(PREBUILT, name));
  console.log(`test-skills/prebuilt  ${wanted.size} guests of tests`);
  return 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    process.exitCode = await main(process.argv.slice(2));
  } catch (error) {
    console.error(`build:skills: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}
