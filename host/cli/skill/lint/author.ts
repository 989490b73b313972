import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { HostError } from '../../../base/error.ts';
import { shown } from '../../../base/shown.ts';
import type { RawBundle } from '../../../skill/bundle.ts';
import type { Finding } from '../../../skill/lint/finding.ts';
import { PATHS } from '../../../skill/names.ts';
import { readBundleDir } from '../../../skill/read-bundle.ts';
import { verifyDev } from '../../../skill/verify.ts';
import { CEILINGS } from '../../../wasi/limits.ts';
import { inspectModule } from '../../../wasi/module/inspect.ts';
import { layerOf } from '../../../wasi/module/layer.ts';
import { TOOLS_SECTION } from '../build/javascript/tools-section.ts';
import { agree } from '../build/manifest-tools.ts';
import { customSection } from '../inspect/program.ts';
import { readCases } from '../test/case.ts';
import { keptCoverage } from '../test/kept.ts';

/** What can be said of a bundle beyond its manifest: of its program, its cases, and what they did when they last ran. */
export function authorFindings(dir: string, cacheDir: string): readonly Finding[] {
  const findings: Finding[] = [];
  if (existsSync(join(dir, 'node_modules'))) {
    findings.push(
      fault(
        'node-modules',
        'node_modules',
        'A bundle holds no node_modules',
        'Move it and package.json to the directory above.',
      ),
    );
  }
  let raw: RawBundle;
  try {
    raw = readBundleDir(dir);
  } catch (error) {
    // The other rules say it.
    if (error instanceof HostError) return findings;
    throw error;
  }
  return [...findings, ...programFindings(raw), ...caseFindings(dir), ...coverageFindings(raw, cacheDir)];
}

function* programFindings(raw: RawBundle): Generator<Finding> {
  const wasm = raw.files.get(PATHS.wasm);
  const skillMd = raw.files.get(PATHS.skillMd);
  if (wasm === undefined || skillMd === undefined || layerOf(wasm) === 'component') return;
  try {
    inspectModule(wasm, CEILINGS);
    const tools = customSection(wasm, TOOLS_SECTION);
    if (tools !== undefined && !agree(skillMd, new TextDecoder().decode(tools))) {
      yield fault(
        'tools-disagree',
        PATHS.skillMd,
        'The code declares other tools than SKILL.md states',
        'Run `wirken skill build`, which writes them.',
      );
    }
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    const { file, remedy } = error.details;
    yield fault(error.code, file ?? PATHS.wasm, error.message, remedy);
  }
}

function* caseFindings(dir: string): Generator<Finding> {
  try {
    readCases(dir);
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    const { file, remedy } = error.details;
    if (error.code !== 'not-found') yield fault(error.code, file ?? 'tests', error.message, remedy);
  }
}

/** Only if the cases ran since the last change. */
function* coverageFindings(raw: RawBundle, cacheDir: string): Generator<Finding> {
  const verified = verifyDev(raw);
  if ('kind' in verified) return;
  const coverage = keptCoverage(cacheDir, verified.value.digest);
  if (coverage === undefined) return;
  const warn = (rule: string, message: string, remedy: string): Finding => ({
    severity: 'warning',
    rule,
    file: PATHS.skillMd,
    message,
    remedy,
  });
  for (const grant of coverage.grantsKnown ? coverage.unusedGrants : []) {
    yield warn('grant-unused', `No case needs ${shown(grant, 400)}`, 'Drop it, or write the case that needs it.');
  }
  for (const tool of coverage.untestedTools) {
    yield warn('tool-untested', `No case calls the tool ${shown(tool, 80)}`, 'Write one in tests/.');
  }
}

function fault(rule: string, file: string, message: string, remedy?: string): Finding {
  return { severity: 'error', rule, file, message, ...(remedy === undefined ? {} : { remedy }) };
}
