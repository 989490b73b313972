import type { AuditReport, Finding } from '../../audit/verify.ts';
import type { Style } from '../terminal/style.ts';
import type { VerifyKey } from './verify-key.ts';
import { counted } from './counted.ts';
import { shortSession } from './find-session.ts';

const VERDICTS = {
  0: 'OK',
  10: 'DIVERGENT: what is kept beside the rows is not what they commit to',
  11: 'BROKEN: this is not what was written',
  12: 'NOT VERIFIED: there is nothing to verify, or it cannot be read',
} as const satisfies Record<AuditReport['exitCode'], string>;

/** A report for a person. @param what was verified */
export function reportText(what: string, report: AuditReport, key: VerifyKey, style: Style): string {
  const { rows, sessions, heads, tree, content, exitCode } = report;
  const look = exitCode === 0 ? style.good : style.bad;
  const kept = [
    `${content.opened} opened`,
    ...(content.redacted > 0 ? [`${content.redacted} redacted`] : []),
    ...(content.notKept > 0 ? [`${content.notKept} too large to be kept`] : []),
    ...(content.notGiven > 0 ? [`${content.notGiven} not part of it`] : []),
  ];
  return [
    style.bold(`${what}: `) + look(VERDICTS[exitCode]),
    ...findingLines(report, style),
    `  rows         ${rows} in ${counted(sessions, 'session')}, ${heads} of them signed heads`,
    ...(tree === undefined
      ? []
      : [`  tree         ${counted(tree.size, 'row')}, root ${tree.root}`, `  checkpoints  ${checkpointText(tree)}`]),
    `  contents     ${kept.join(', ')}`,
    `  key          ${key.hex}`,
    ...(key.source === 'given'
      ? []
      : [
          '               pinned beside the log: whoever could rewrite the log could exchange it; give --key from elsewhere',
        ]),
    ...unattestedLines(report, style),
    ...report.unseen.map((text) => `${style.warn('not seen')}: ${text}`),
  ].join('\n');
}

function checkpointText({
  storedCheckpoints,
  givenCheckpoints,
  verifiedSize,
}: NonNullable<AuditReport['tree']>): string {
  const counts = `${storedCheckpoints} kept with the log, ${givenCheckpoints} kept elsewhere`;
  return verifiedSize === 0 ? counts : `${counts}; the last that holds covers ${counted(verifiedSize, 'row')}`;
}

/** What was found, and how much more of it there is. */
export function findingLines(
  { findings, counts }: Pick<AuditReport, 'findings' | 'counts'>,
  style: Style,
): readonly string[] {
  const lines = findings.map((finding) => `${style.bad(placeOf(finding))}: ${finding.reason} [${finding.kind}]`);
  for (const [kind, count] of counts) {
    const left = count - findings.filter((finding) => finding.kind === kind).length;
    if (left > 0) lines.push(`and ${left} more of [${kind}]`);
  }
  return lines;
}

function placeOf({ id, session, seq }: Finding): string {
  if (id === undefined) return 'the log';
  if (session === undefined) return `row ${id}`;
  return `row ${id} (session ${shortSession(session)}${seq === undefined ? '' : `, row ${seq} of it`})`;
}

function unattestedLines({ unattested }: AuditReport, style: Style): readonly string[] {
  const { rows, sessions } = unattested;
  if (rows === 0) return [];
  const named = sessions.map(({ session, rows, id }) => `${rows} of session ${shortSession(session)} from row ${id}`);
  const all = named.join(', ');
  return [`${style.warn('not yet attested')}: ${counted(rows, 'row')}, no head stands over them: ${all}`];
}
