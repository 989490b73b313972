import { randomFillSync } from 'node:crypto';
import { parseForwardConfig } from '../../audit/forward/parse-config.ts';
import type { ForwardSpec } from '../../audit/forward/spec.ts';
import {
  type Forwarding,
  forwardOnce,
  type ForwardOptions,
  type ForwardOutcome,
  startForwarding,
} from '../../audit/forward/start.ts';
import { forwardStatus, type ForwardStatus } from '../../audit/forward/status.ts';
import type { Json } from '../../base/jcs.ts';
import { HostError } from '../../base/error.ts';
import { systemClock } from '../../base/ports.ts';
import { shown } from '../../base/shown.ts';
import { ensureDataDir } from '../../config.ts';
import type { Context } from '../context.ts';
import { EXIT, widthOf } from '../output.ts';
import { tableLines } from '../terminal/table.ts';
import { counted } from './counted.ts';
import { ago, duration } from './time.ts';

/** `audit forward status` */
export async function forwardStatusCommand(context: Context): Promise<number> {
  const { config, out } = context;
  const now = systemClock.now();
  const all = forwardStatus(config.dataDir, specsOf(context), systemClock);
  out.result(
    all.length === 0
      ? `Nothing is forwarded: audit.forward of ${shown(config.file, 4096)} lists no receiver.`
      : statusText(context, all, now),
    { forwarders: all.map(statusJson) },
  );
  return all.some(({ standing }) => standing === 'refused' || standing === 'damaged') ? EXIT.refused : EXIT.done;
}

/** `audit forward run` */
export async function forwardRun(context: Context, { once }: { readonly once?: boolean }): Promise<number> {
  const specs = specsOf(context);
  if (specs.length === 0) {
    throw new HostError('config-invalid', 'there is nothing to forward to', {
      file: context.config.file,
      remedy: 'List receivers under audit.forward; docs/audit-forwarding.md says how.',
    });
  }
  ensureDataDir(context.config.dataDir);
  const options = optionsOf(context, specs);
  if (once === true) return printOutcomes(context, await forwardOnce(options));
  context.out.note(`Forwarding to ${specs.map(({ name }) => name).join(', ')} until Ctrl-C.`);
  await using forwarding = startForwarding(options);
  await forwarding.closed;
  return EXIT.done;
}

/** For as long as a chat lasts; `audit forward status` tells how it goes, for nothing may write over what is being typed. */
export function forwardInBackground(context: Context): Forwarding {
  return startForwarding({ ...optionsOf(context, specsOf(context)), log: () => undefined });
}

function specsOf({ config }: Context): readonly ForwardSpec[] {
  return parseForwardConfig(config.audit.forward);
}

function optionsOf({ config, env, out, signal }: Context, specs: readonly ForwardSpec[]): ForwardOptions {
  return {
    dataDir: config.dataDir,
    specs,
    env,
    clock: systemClock,
    random: { fill: (bytes) => void randomFillSync(bytes) },
    log: (name, line) => out.note(`${name}: ${line}`),
    signal,
  };
}

function printOutcomes({ out, style }: Context, outcomes: readonly ForwardOutcome[]): number {
  const ok = outcomes.every(({ kind }) => kind === 'drained');
  const lines = outcomes.map(({ name, kind, sent, dead, reason }) => {
    const look = kind === 'drained' ? style.good : style.bad;
    const lost = dead === 0 ? '' : `, ${dead} refused for good`;
    return `${name}: ${look(kind)}, ${counted(sent, 'row')} sent${lost}${reason === undefined ? '' : `: ${shown(reason)}`}`;
  });
  out.result(lines.join('\n'), {
    ok,
    forwarders: outcomes.map(({ name, kind, sent, dead, reason }) => ({
      name,
      outcome: kind,
      sent,
      dead,
      reason: reason ?? null,
    })),
  });
  return ok ? EXIT.done : EXIT.refused;
}

function statusText(context: Context, all: readonly ForwardStatus[], now: number): string {
  const lines = tableLines(
    {
      header: ['receiver', 'kind', 'where', 'standing', 'running', 'sent', 'behind', 'last success'],
      rows: all.map(({ name, kind, target, standing, running, sent, behindRows, behindMs, lastSuccess }) => [
        name,
        kind,
        target,
        standing,
        running ? 'yes' : 'no',
        String(sent),
        behindRows === 0 ? '0' : `${behindRows} (${duration(behindMs)})`,
        lastSuccess === undefined ? 'never' : ago(lastSuccess, now),
      ]),
      sides: [undefined, undefined, undefined, undefined, undefined, 'right', 'right'],
      ...widthOf(context),
    },
    context.style,
  );
  const more = all.flatMap(({ name, trouble, fault, dead, deadLetters }) => [
    ...(trouble === undefined ? [] : [`${name}: ${shown(trouble.reason, 1000)}`]),
    ...(fault === undefined ? [] : [`${name}: ${shown(fault, 1000)}`]),
    ...(deadLetters === undefined
      ? []
      : [`${name}: ${counted(dead, 'row')} refused for good, in ${shown(deadLetters, 4096)}`]),
  ]);
  return [...lines, ...more].join('\n');
}

function statusJson(status: ForwardStatus): Json {
  const { name, kind, target, running, standing, cursor, behindRows, behindMs, sent, dead } = status;
  const { trouble } = status;
  return {
    name,
    kind,
    target,
    running,
    standing,
    cursor,
    behind_rows: behindRows,
    behind_ms: behindMs,
    sent,
    dead,
    dead_letters: status.deadLetters ?? null,
    last_success: status.lastSuccess ?? null,
    trouble: trouble === undefined ? null : { kind: trouble.kind, reason: trouble.reason },
    fault: status.fault ?? null,
  };
}
