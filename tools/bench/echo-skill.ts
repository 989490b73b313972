import { encodeUtf8 } from '../../host/base/bytes.ts';
import type { Json } from '../../host/base/jcs.ts';
import { NOTHING } from '../../host/policy/grants.ts';
import { rawBundle } from '../../host/skill/bundle.ts';
import { grant, type Granted } from '../../host/skill/grants.ts';
import { isRefusal, verifyDev } from '../../host/skill/verify.ts';
import { type Pool, startPool } from '../../host/wasi/pool/pool.ts';
import { allowanceOfYes } from '../../host/policy/allowance.ts';
import { TEST_ASKER, testGate } from '../../host/policy/testing.ts';
import { runAction } from '../../host/wasi/call-skill.ts';
import { run } from '../../host/wasi/run.ts';
import { echoCommand } from './guests.ts';

const MANIFEST = `---
description: Answers its arguments.
tools:
  - name: echo
    description: Answers its arguments.
    parameters: { type: object, required: [text], properties: { text: { type: string } } }
    output: { type: object, required: [text], properties: { text: { type: string } } }
---
`;

/** One KiB as JSON. */
export const INPUT: Json = { text: 'x'.repeat(1024 - JSON.stringify({ text: '' }).length) };

/** The echo skill, parsed and granted nothing. */
export function echoSkill(): Granted {
  const verified = verifyDev(
    rawBundle('echo', [
      ['SKILL.md', encodeUtf8(MANIFEST)],
      ['skill.wasm', echoCommand],
    ]),
  );
  if (isRefusal(verified)) throw new Error(verified.message);
  return grant(verified, NOTHING);
}

/** One gate for all calls, as a running host has one; its log, which has a row of its own, keeps nothing. */
const { gate } = testGate({ log: { record: async () => undefined } });
const ALLOWED = [allowanceOfYes('echo')];

/** One call of the skill: leave asked for, arguments checked, run in a runner under every limit, output parsed and checked. */
export async function callSkill(skill: Granted, pool: Pool): Promise<void> {
  const signal = new AbortController().signal;
  const action = runAction(skill.skill, skill.permissions, 'echo');
  const permit = await gate.ask<'SkillRun'>(action, TEST_ASKER, { allowed: ALLOWED }, signal);
  if (permit.kind === 'denied') throw new Error(permit.message);
  const outcome = await run(skill, { tool: 'echo', input: INPUT }, permit, { pool, ceilings: {} }, signal);
  if (outcome.kind !== 'done') throw new Error(`the echo skill answered ${outcome.kind}`);
}

export function startEchoPool(dataDir: string): Pool {
  return startPool({ cacheDir: dataDir });
}
