import { resolve } from 'node:path';
import { shown, shownText } from '../../base/shown.ts';
import { lintBundle, type Finding } from '../../skill/lint.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../output.ts';
import { cacheDirOf } from '../runs.ts';
import type { Style } from '../terminal/style.ts';

/** Exits 1 if anything is an error, also what `--fix` has repaired none of. */
export async function skillLint(context: Context, dir: string, flags: { readonly fix?: boolean }): Promise<number> {
  const path = resolve(context.cwd, dir);
  const findings = [
    ...lintBundle(path, { fix: flags.fix === true }),
    ...(await import('./lint/author.ts')).authorFindings(path, cacheDirOf(context)),
  ].filter((one, at, all) => all.findIndex((other) => other.rule === one.rule && other.message === one.message) === at);
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  context.out.result(
    findings.length === 0
      ? `Nothing to find fault with. Next: wirken skill sign ${dir}`
      : findings.map((finding) => findingText(finding, context.style)).join('\n'),
    { ok: errors === 0, findings: findings.map((finding) => ({ ...finding })) },
  );
  return errors === 0 ? EXIT.done : EXIT.refused;
}

function findingText({ severity, rule, file, line, message, remedy }: Finding, style: Style): string {
  const place = `${shown(file, 400)}${line === undefined ? '' : `:${line}`}`;
  const look = severity === 'error' ? style.bad : severity === 'warning' ? style.warn : style.good;
  const next = remedy === undefined ? '' : `\n  ${shownText(remedy)}`;
  return `${place}: ${look(severity)}: ${shown(rule)}: ${shownText(message)}${next}`;
}
