import { statSync } from 'node:fs';
import { systemCode } from '../base/error.ts';
import { shown } from '../base/shown.ts';
import { ensureDataDir } from '../config.ts';
import { KeyDir } from '../skill/keys.ts';
import { TrustStore } from '../skill/trust.ts';
import type { Fence } from '../wasi/call.ts';
import { NOWHERE } from '../wasi/pool/where.ts';
import { startPool } from '../wasi/pool/pool.ts';
import { activeBackend } from '../workspace/active.ts';
import { WorkspaceDir } from '../workspace/dir.ts';
import type { Context } from './context.ts';
import { type Finding, ok, type State, wrong } from './doctor/finding.ts';
import { policyFindings } from './doctor/policy.ts';
import { openHost } from './host.ts';
import { EXIT } from './output.ts';
import { cacheDirOf } from './runs.ts';

const MARKS = { ok: '✓', note: '·', wrong: '✗' } as const satisfies Record<State, string>;
const FENCE_TEXT = {
  wasm: 'WebAssembly',
  'beneath-open': 'opens beneath the workspace only',
  permission: "Node's permission model",
  landlock: 'Landlock',
  'own-process': 'own process',
} as const satisfies Record<Fence, string>;

/** What is set up, what is fenced and how, what to do next. Starts a real runner to find out. */
export async function doctor(context: Context): Promise<number> {
  const findings = [
    ok('node', `Node ${process.version} on ${process.platform} ${process.arch}`),
    dataDirFinding(context),
    ...(await fenceFindings(context)),
    ...(await skillFindings(context)),
    ...trustFindings(context),
    ...(await policyFindings(context)),
  ];
  const wrong = findings.filter(({ state }) => state === 'wrong').length;
  const { style } = context;
  const look = { ok: style.good, note: style.dim, wrong: style.bad } as const;
  context.out.result(
    [
      ...findings.flatMap(({ id, state, what, remedy }) => [
        `${look[state](MARKS[state])} ${id.padEnd(18)} ${what}`,
        ...(remedy === undefined ? [] : [`  ${''.padEnd(18)} → ${remedy}`]),
      ]),
      '',
      wrong === 0 ? 'Nothing is wrong. Next: wirken chat, then /help.' : `${wrong} of these want mending.`,
    ].join('\n'),
    { ok: wrong === 0, findings: findings.map((finding) => ({ ...finding, remedy: finding.remedy ?? null })) },
  );
  return wrong === 0 ? EXIT.done : EXIT.refused;
}

function dataDirFinding({ config }: Context): Finding {
  const id = 'data-dir';
  try {
    statSync(config.dataDir);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') {
      return { id, state: 'note', what: `${shown(config.dataDir, 400)} is made when something is kept in it` };
    }
  }
  try {
    ensureDataDir(config.dataDir);
    return ok(id, shown(config.dataDir, 400));
  } catch (error) {
    return wrong(id, error);
  }
}

/** Starts a runner with and one without a workspace and reports what stands around each. */
async function fenceFindings(context: Context): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  try {
    findings.push(ok('workspace', `files are opened by ${activeBackend().name}`));
  } catch (error) {
    findings.push(wrong('workspace', error));
  }
  try {
    ensureDataDir(context.config.dataDir);
    await using pool = startPool({ cacheDir: cacheDirOf(context), spare: 0 });
    findings.push(fenceFinding('runner', await pool.warm(NOWHERE)));
    using workspace = WorkspaceDir.openAmbient(context.bundledDir);
    const mounts = [{ guestPath: '/workspace', fd: workspace.fd, access: 'read-only' as const }];
    findings.push(fenceFinding('runner-workspace', await pool.warm({ mounts, tmp: true })));
  } catch (error) {
    findings.push(wrong('runner', error));
  }
  return findings;
}

function fenceFinding(id: string, fences: readonly Fence[]): Finding {
  const what = `fenced by ${fences.map((fence) => FENCE_TEXT[fence]).join(', ')}`;
  if (fences.includes('landlock')) return ok(id, what);
  return {
    id,
    state: 'note',
    what: `${what}; not by the kernel`,
    remedy: 'A Linux kernel with Landlock (5.13 and later) adds one more wall.',
  };
}

async function skillFindings(context: Context): Promise<readonly Finding[]> {
  const host = openHost(context);
  const findings: Finding[] = [];
  let good = 0;
  try {
    for (const { name } of host.skills.list()) {
      try {
        await host.skills.load(name, context.signal);
        good++;
      } catch (error) {
        findings.push(wrong(`skill:${name}`, error));
      }
    }
    return [ok('skills', `${good} verified`), ...findings];
  } catch (error) {
    return [wrong('skills', error)];
  }
}

function trustFindings({ config }: Context): readonly Finding[] {
  try {
    const trust = new TrustStore(config.dataDir);
    const keys = new KeyDir(config.dataDir).list().length;
    return [
      ok(
        'trust',
        `${trust.roots().size} root(s); ${config.trustRequire === 'root' ? 'only root-delegated skills load' : 'self-signed skills are asked about at install'}`,
      ),
      {
        id: 'keys',
        state: keys === 0 ? 'note' : 'ok',
        what:
          keys === 0 ? 'no signing key of your own (`wirken key new`, if you write skills)' : `${keys} signing key(s)`,
      },
    ];
  } catch (error) {
    return [wrong('trust', error)];
  }
}
