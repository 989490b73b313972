import { systemClock } from '../base/ports.ts';
import { BundledSkills } from '../skill/bundled.ts';
import { projectRoot, PROJECT_ROOT_NAME } from '../skill/builtin.ts';
import type { Consent, InstallPorts } from '../skill/install-ports.ts';
import { nobodyToAsk } from '../skill/install-ports.ts';
import { InstalledSkills } from '../skill/installed.ts';
import { LockFile } from '../skill/lock-file.ts';
import { parseSkillName } from '../skill/names.ts';
import { TrustStore } from '../skill/trust.ts';
import type { VerifyContext } from '../skill/verify.ts';
import { componentDeriver } from '../wasi/derive.ts';
import type { Context } from './context.ts';

/** Where services meet: what the commands share, over one data directory. */
export interface Host {
  readonly trust: TrustStore;
  readonly bundled: BundledSkills;
  readonly skills: InstalledSkills;
  readonly install: InstallPorts;
  /** What a bundle of this name is verified against. */
  verifyContext(name: string): VerifyContext;
}

export function openHost({ config, bundledDir }: Context, consent: Consent = nobodyToAsk): Host {
  const { dataDir, trustRequire } = config;
  const clock = systemClock;
  const trust = new TrustStore(dataDir);
  const bundled = new BundledSkills({
    dir: bundledDir,
    roots: new Map([[projectRoot(), PROJECT_ROOT_NAME]]),
    revoked: () => trust.revoked(),
    clock,
  });
  const load = { dataDir, trust, require: trustRequire, clock };
  const install = { ...load, bundled, consent, deriver: componentDeriver };
  return {
    trust,
    bundled,
    install,
    skills: new InstalledSkills(load, componentDeriver, bundled),
    verifyContext: (untrusted) => {
      const name = parseSkillName(untrusted);
      const pin = name && (trust.pin(name) ?? bundled.pin(name));
      const installed = name && new LockFile(dataDir).read().lock.skills.get(name);
      return {
        roots: trust.roots(),
        revoked: trust.revoked(),
        require: trustRequire,
        clock,
        ...(pin === undefined ? {} : { pin }),
        ...(installed === undefined ? {} : { installed }),
      };
    },
  };
}
