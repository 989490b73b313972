import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { HostError, systemCode } from '../../base/error.ts';
import type { Json } from '../../base/jcs.ts';
import { shown } from '../../base/shown.ts';
import { sha256 } from '../../skill/digest.ts';
import { PATHS } from '../../skill/names.ts';
import { readBundleDir } from '../../skill/read-bundle.ts';
import type { Skill } from '../../skill/skill.ts';
import { verify, verifyDev } from '../../skill/verify.ts';
import { CEILINGS } from '../../wasi/limits.ts';
import { bytesText } from '../audit/bytes-text.ts';
import { localTime } from '../audit/time.ts';
import type { Context } from '../context.ts';
import { openHost } from '../host.ts';
import { EXIT } from '../output.ts';
import { asksLines, keyText, permissionsJson, trustText } from './describe.ts';
import { inspectProgram, type ProgramFacts } from './inspect/program.ts';
import { type LastRun, lastRuns } from './inspect/last-runs.ts';

const MAX_RUNS = 5;
const PAGE_KIB = 64;

/** What is known of a bundle; a program alone has none. */
interface Inspected {
  readonly skill: Skill;
  /** Whose word there is for it, or why it would not load. */
  readonly standing: string;
  readonly refusal?: string;
  readonly runs: readonly LastRun[];
}

/** `skill inspect DIR|FILE`: what a program is made of, who signed it, what it may do, and what it did. Nothing is run. */
export async function skillInspect(context: Context, untrusted: string): Promise<number> {
  const path = resolve(context.cwd, untrusted);
  const isFile = statOf(path, untrusted).isFile();
  const inspected = isFile ? undefined : inspectBundle(context, path);
  const wasm = isFile ? readProgram(path, untrusted) : inspected?.skill.wasm;
  const program = wasm === undefined ? undefined : inspectProgram(wasm);
  const digest = wasm === undefined ? undefined : sha256(wasm);
  context.out.result(
    [
      ...(inspected === undefined ? [] : bundleLines(inspected)),
      ...(program === undefined ? ['program   none: a text for a model'] : programLines(program, digest ?? '')),
      ...(inspected === undefined ? [] : runLines(inspected.runs)),
    ].join('\n'),
    {
      ok: true,
      ...(inspected === undefined ? {} : bundleJson(inspected)),
      program: program === undefined ? null : programJson(program, digest ?? ''),
    },
  );
  return EXIT.done;
}

function statOf(path: string, untrusted: string): ReturnType<typeof statSync> & object {
  try {
    return statSync(path);
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    throw new HostError('not-found', `there is nothing at ${shown(untrusted, 400)}`, {
      file: untrusted,
      remedy: 'Name the directory of a skill, or a .wasm file.',
    });
  }
}

function readProgram(path: string, untrusted: string): Uint8Array {
  if (statSync(path).size > CEILINGS.moduleBytes) {
    throw new HostError('module-too-large', `${shown(untrusted, 400)} is larger than any program may be`);
  }
  return new Uint8Array(readFileSync(path));
}

function inspectBundle(context: Context, dir: string): Inspected {
  const raw = readBundleDir(dir);
  const dev = verifyDev(raw);
  if ('kind' in dev) throw new HostError(dev.code, dev.message, { file: dev.file ?? dir, remedy: dev.remedy });
  const signed = raw.files.has(PATHS.sig) ? verify(raw, openHost(context).verifyContext(raw.name)) : undefined;
  const skill = signed === undefined || 'kind' in signed ? dev.value : signed.value;
  const refusal = signed !== undefined && 'kind' in signed ? `${signed.code}: ${signed.message}` : undefined;
  return {
    skill,
    standing: signed === undefined ? 'not signed' : trustText(skill.trust),
    ...(refusal === undefined ? {} : { refusal, standing: `would not load: ${refusal}` }),
    runs: lastRuns(context.config.dataDir, [skill.digest, dev.value.digest], MAX_RUNS),
  };
}

function bundleLines({ skill, standing }: Inspected): readonly string[] {
  const { manifest } = skill;
  const { memoryBytes, timeMs, outputBytes } = manifest.limits;
  return [
    `skill     ${skill.name} ${manifest.version ?? '(no version)'}, ${skill.files.size} files`,
    `trust     ${shown(standing, 400)}`,
    `key       ${keyText(skill.key)}`,
    `digest    ${skill.digest}`,
    `asks for  ${asksLines(manifest.permissions).join('\n          ')}`,
    `limits    memory ${bytesText(memoryBytes)}, time ${timeMs / 1000} s, output ${bytesText(outputBytes)}`,
    `tools     ${manifest.tools.map(({ name }) => name).join(', ') || 'none'}`,
  ];
}

function programLines(facts: ProgramFacts, digest: string): readonly string[] {
  const { kind, bytes, imports, exports, sections, memories, functions, producers, refusal } = facts;
  const none = (lines: readonly string[]): string => (lines.length === 0 ? 'nothing' : lines.join('\n          '));
  return [
    `program   ${kind}, ${bytesText(bytes)}, sha256 ${digest}`,
    ...(refusal === undefined ? [] : [`refused   ${refusal.code}: ${shown(refusal.message, 400)}`]),
    `made by   ${none(producers.map((line) => shown(line, 200)))}`,
    `imports   ${none(imports.map((line) => shown(line, 200)))}`,
    `exports   ${none(exports.map((line) => shown(line, 200)))}`,
    ...memories.map(
      ({ initial, maximum }) =>
        `memory    ${bytesText(initial * PAGE_KIB * 1024)} at first, ${maximum === undefined ? 'no maximum of its own' : `at most ${bytesText(maximum * PAGE_KIB * 1024)}`}`,
    ),
    ...(functions === undefined ? [] : [`functions ${functions}`]),
    `sections  ${none(sections.map((one) => `${shown(one.name, 100)} ${bytesText(one.bytes)}`))}`,
  ];
}

function runLines(runs: readonly LastRun[]): readonly string[] {
  if (runs.length === 0) return ['last runs none in the audit log'];
  const lines = runs.map(({ ts, tool, outcome, exitCode, wallMs, session }) => {
    const exit = exitCode === undefined ? '' : ` (exit ${exitCode})`;
    return `${localTime(ts)}  ${tool}  ${outcome}${exit}${wallMs === undefined ? '' : `  ${wallMs} ms`}  ${shown(session, 80)}`;
  });
  return [`last runs ${lines.join('\n          ')}`, `Next: wirken session show ${shown(runs[0]?.session ?? '', 80)}`];
}

function bundleJson({ skill, standing, refusal, runs }: Inspected): { readonly [key: string]: Json } {
  return {
    name: skill.name,
    version: skill.manifest.version ?? null,
    digest: skill.digest,
    trust: refusal === undefined && skill.key !== undefined ? skill.trust.kind : null,
    standing,
    key: skill.key ?? null,
    asks: permissionsJson(skill.manifest.permissions),
    tools: skill.manifest.tools.map(({ name }) => name),
    runs: runs.map((run) => ({ ...run })),
  };
}

function programJson(facts: ProgramFacts, digest: string): Json {
  const { memories, sections, functions, refusal, ...rest } = facts;
  return {
    ...rest,
    imports: [...rest.imports],
    exports: [...rest.exports],
    producers: [...rest.producers],
    sha256: digest,
    sections: sections.map((one) => ({ ...one })),
    memories: memories.map(({ initial, maximum }) => ({
      initial_pages: initial,
      ...(maximum === undefined ? {} : { maximum_pages: maximum }),
    })),
    ...(functions === undefined ? {} : { functions }),
    ...(refusal === undefined ? {} : { refusal: { ...refusal } }),
  };
}
