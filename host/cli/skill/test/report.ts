import { shown } from '../../../base/shown.ts';
import type { Json } from '../../../base/jcs.ts';
import type { Style } from '../../terminal/style.ts';
import type { Played, Report } from './play.ts';

/** One line for a case, and one for each way in which it came out otherwise. */
export function playedText({ name, file, differences }: Played, style: Style): string {
  if (differences.length === 0) return `${style.good('ok')}    ${shown(name, 200)}`;
  const lines = differences.map((line) => `        ${line}`);
  return [`${style.bad('FAIL')}  ${shown(name, 200)}  (${shown(file, 200)})`, ...lines].join('\n');
}

/** How many passed, what was not tested, what to do next. */
export function summaryText({ played, coverage }: Report, dir: string, style: Style): string {
  const failed = played.filter(({ differences }) => differences.length > 0).length;
  const gaps = [
    ...coverage.untestedTools.map((tool) => `${style.warn('untested')}  the tool ${tool}: write a case for it`),
    ...coverage.unusedGrants.map(
      (grant) =>
        `${style.warn('unused')}    ${shown(grant, 1024)}: no case needs it; drop it, or write the case that does`,
    ),
    ...(coverage.grantsKnown
      ? []
      : ['Nothing is said of grants: a case was ended by a limit, or did too much to be recorded.']),
  ];
  const next =
    failed === 0
      ? `Next: wirken skill lint ${dir} && wirken skill sign ${dir}`
      : `Next: correct the skill or its cases, then wirken skill test ${dir}`;
  return [...gaps, `${played.length - failed} of ${played.length} cases passed`, next].join('\n');
}

export function reportJson({ played, coverage }: Report): { readonly [key: string]: Json } {
  return {
    ok: played.every(({ differences }) => differences.length === 0),
    passed: played.filter(({ differences }) => differences.length === 0).length,
    failed: played.filter(({ differences }) => differences.length > 0).length,
    cases: played.map(({ name, file, tool, differences }) => ({
      name,
      file,
      tool,
      ok: differences.length === 0,
      differences: [...differences],
    })),
    untested_tools: [...coverage.untestedTools],
    unused_grants: coverage.grantsKnown ? [...coverage.unusedGrants] : null,
  };
}
