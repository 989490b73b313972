import { SandboxProbe } from '../../agent/tools/exec/sandbox-probe.ts';
import { openAuditLog } from '../../audit/log.ts';
import { readPinnedKey } from '../../audit/key.ts';
import { openAuditReader } from '../../audit/read.ts';
import { HostError } from '../../base/error.ts';
import { systemClock } from '../../base/ports.ts';
import { shown } from '../../base/shown.ts';
import { RuleFile } from '../../consent/rule-file.ts';
import { systemRandom } from '../../wasi/random.ts';
import type { Context } from '../context.ts';
import { type Finding, ok, wrong } from './finding.ts';

/** Whether decisions can be made and recorded, and what confines the commands that `exec` runs. */
export async function policyFindings(context: Context): Promise<readonly Finding[]> {
  return [ruleFinding(context), await auditFinding(context), await execFinding(context)];
}

function ruleFinding({ config }: Context): Finding {
  try {
    const { rules } = new RuleFile(config.dataDir).rules();
    return ok('rules', rules.length === 0 ? 'no rules of your own: the tiers decide' : `${rules.length} rule(s)`);
  } catch (error) {
    return wrong('rules', error);
  }
}

/** Opens the log for writing, as every decision does, and writes nothing. */
async function auditFinding({ config }: Context): Promise<Finding> {
  const id = 'audit';
  const notices: string[] = [];
  try {
    const log = openAuditLog({
      dataDir: config.dataDir,
      clock: systemClock,
      random: systemRandom,
      onNotice: (line) => notices.push(line),
    });
    await log[Symbol.asyncDispose]();
    using reader = openAuditReader(config.dataDir);
    const rows = reader.lastId();
    const key = readPinnedKey(config.dataDir);
    const what = `${rows} row(s)${key === undefined ? '' : `, signed by ${key.slice(0, 16)}…`}`;
    if (config.audit.checkpoints !== undefined || rows === 0) return ok(id, what);
    return {
      id,
      state: 'note',
      what: `${what}; no checkpoint is kept elsewhere`,
      remedy: 'Name a file elsewhere as audit.checkpoints in config.yaml: without one a log that was cut looks whole.',
    };
  } catch (error) {
    if (error instanceof HostError && error.code === 'not-found') return ok(id, 'no rows yet');
    return wrong(id, error);
  }
}

async function execFinding({ config }: Context): Promise<Finding> {
  const sandbox = await new SandboxProbe().sandbox();
  if (sandbox.kind === 'bubblewrap') return ok('exec', 'commands are confined by bubblewrap');
  return {
    id: 'exec',
    state: 'note',
    what: `no sandbox for commands: ${shown(sandbox.why, 200)}; ${config.exec.unsandboxed ? 'they run without one, as config.yaml says' : 'exec refuses'}`,
    remedy: 'Install bubblewrap.',
  };
}
