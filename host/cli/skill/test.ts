import { resolve } from 'node:path';
import { HostError } from '../../base/error.ts';
import { shown } from '../../base/shown.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../output.ts';
import { cacheDirOf } from '../runs.ts';
import { AuthorSandbox } from './sandbox.ts';
import { readCases } from './test/case.ts';
import { keepCoverage } from './test/kept.ts';
import { playCases, type Report } from './test/play.ts';
import { playedText, reportJson, summaryText } from './test/report.ts';

export interface TestFlags {
  readonly filter?: string;
}

/** `skill test DIR`: every case of the skill, in the sandbox. */
export async function skillTest(context: Context, dir: string, flags: TestFlags): Promise<number> {
  const report = await runTests(context, dir, flags);
  context.out.result(summaryText(report, shown(dir, 400), context.style), reportJson(report));
  return report.played.every(({ differences }) => differences.length === 0) ? EXIT.done : EXIT.refused;
}

/** The same without the summary: cases are told of as they end. */
export async function runTests(context: Context, dir: string, { filter }: TestFlags): Promise<Report> {
  const path = resolve(context.cwd, dir);
  const cases = readCases(path).filter(({ name }) => filter === undefined || name.includes(filter));
  if (cases.length === 0) {
    throw new HostError('not-found', `no case has ${shown(filter ?? '', 80)} in its name`, {
      remedy: 'Without --filter every case runs.',
    });
  }
  await using sandbox = new AuthorSandbox(context, 'skill test');
  const own = await sandbox.open(path);
  if (own.skill.wasm === undefined) {
    throw new HostError('not-found', 'there is no skill.wasm to test', {
      file: path,
      remedy: `Build it first: wirken skill build ${shown(dir, 400)}`,
    });
  }
  const report = await playCases(sandbox, own, cases, (played) => {
    if (!context.out.json) context.out.result(playedText(played, context.style), null);
  });
  if (filter === undefined) keepCoverage(cacheDirOf(context), own.skill.digest, report.coverage);
  return report;
}
