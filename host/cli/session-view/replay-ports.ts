import { REPLAY_TOOLS } from '../../agent/tools/replay-tool.ts';
import type { AuditReader } from '../../audit/read.ts';
import type { ReplayPorts } from '../../audit/replay/ports.ts';
import { HostError } from '../../base/error.ts';
import { shown } from '../../base/shown.ts';
import { ensureDataDir } from '../../config.ts';
import { NOTHING } from '../../policy/grants.ts';
import { grant, type Granted } from '../../skill/grants.ts';
import { parseSkillName } from '../../skill/names.ts';
import type { SkillName } from '../../skill/skill.ts';
import { componentDeriver } from '../../wasi/derive.ts';
import { type Pool, startPool } from '../../wasi/pool/pool.ts';
import { rerun } from '../../wasi/rerun.ts';
import type { Context } from '../context.ts';
import { type Host, openHost } from '../host.ts';
import { cacheDirOf } from '../runs.ts';

/** What replaying a session needs of this machine. Runners are started for the first skill that is run again. */
export class LocalReplay implements AsyncDisposable {
  readonly ports: ReplayPorts;
  readonly #context: Context;
  readonly #host: Host;
  #pool: Pool | undefined;

  constructor(context: Context, reader: AuditReader) {
    this.#context = context;
    this.#host = openHost(context);
    this.ports = {
      skill: async (name, digest, signal) => await this.#skill(name, digest, signal),
      runSkill: async (granted, call, signal) => await rerun(granted, call, this.#startedPool(), signal),
      blob: (reference) => reader.openings.bytes(reference),
      tools: REPLAY_TOOLS,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool?.[Symbol.asyncDispose]();
  }

  async #skill(
    untrusted: string,
    digest: string,
    signal: AbortSignal,
  ): Promise<{ readonly granted: Granted } | { readonly unavailable: string }> {
    const name = parseSkillName(untrusted);
    if (name === undefined) return { unavailable: 'its skill has no name that a skill can have' };
    const installed = await this.#orWhy(async () => (await this.#host.skills.load(name, signal)).granted);
    if ('granted' in installed && installed.granted.skill.digest === digest) return installed;
    // One that was installed over it hides it from `load`, and does not replace it.
    const bundled = await this.#orWhy(async () => await this.#bundled(name, signal));
    if ('granted' in bundled && bundled.granted.skill.digest === digest) return bundled;
    const version = `the skill ${name} with the digest ${shown(digest, 16)}`;
    if (!('granted' in installed)) return { unavailable: `${version} is not here to run again: ${installed.why}` };
    return { unavailable: `${version} is not here any more; there is another version of it` };
  }

  async #bundled(name: SkillName, signal: AbortSignal): Promise<Granted> {
    const verified = this.#host.bundled.load(name);
    return grant(verified, NOTHING, await componentDeriver.derive(verified.value, signal));
  }

  async #orWhy(load: () => Promise<Granted>): Promise<{ readonly granted: Granted } | { readonly why: string }> {
    try {
      return { granted: await load() };
    } catch (error) {
      if (error instanceof HostError) return { why: error.message };
      throw error;
    }
  }

  #startedPool(): Pool {
    if (this.#pool === undefined) ensureDataDir(this.#context.config.dataDir);
    this.#pool ??= startPool({ cacheDir: cacheDirOf(this.#context), spare: 0 });
    return this.#pool;
  }
}
