import type { Digest, Manifest, PublicKey, Trust } from '../skill.ts';
import type { VerifyContext } from './context.ts';
import { HostError } from '../../base/error.ts';
import { listed, type Permissions } from '../../policy/grants.ts';
import { shown } from '../../base/shown.ts';
import { checkDelegation, type Delegation, parseDelegation, rootOf } from '../delegation.ts';
import { fingerprint } from '../ed25519.ts';
import { PATHS } from '../names.ts';
import { compareSemver } from '../semver.ts';

/**
 * Whether the signer, the bundle, the publisher or the root behind it was revoked. The publisher is taken as SKILL.deleg claims it, for a
 * claim can only make things worse here, and as the name's pin knows it, for leaving SKILL.deleg out must not make things better.
 * @throws HostError `revoked`
 */
export function checkRevoked(
  key: PublicKey,
  digest: Digest,
  deleg: Uint8Array | undefined,
  context: VerifyContext,
): void {
  const { revoked, pin, roots } = context;
  if (revoked.keys.has(key)) throw revocation(`the key ${fingerprint(key)}`);
  if (revoked.digests.has(digest)) throw revocation('this very bundle');
  const claim = claimOf(deleg);
  const claimed = claim?.kind === 'v2' ? claim.terms.publisher : undefined;
  const pinned = pin?.key === key ? pin.publisher : undefined;
  const publisher = [key, claimed, pinned].find((name) => name !== undefined && revoked.publishers.has(name));
  if (publisher !== undefined) throw revocation(`the publisher ${shown(publisher, 80)}`);
  const root = claim === undefined ? undefined : rootOf(claim, key, roots);
  if (root !== undefined && revoked.keys.has(root))
    throw revocation(`the root ${fingerprint(root)}, which vouches for it,`);
}

/** @throws HostError `delegation-invalid`, `delegation-required` */
export function checkTrust(
  key: PublicKey,
  manifest: Manifest,
  deleg: Uint8Array | undefined,
  context: VerifyContext,
): Trust {
  if (deleg !== undefined) {
    const { root, rootName, publisher, serial } = checkDelegation(
      parseDelegation(deleg),
      key,
      manifest.name,
      context.roots,
      context.clock.now(),
    );
    return { kind: 'root-delegated', root, rootName, publisher, ...(serial === undefined ? {} : { serial }) };
  }
  if (context.require === 'root') {
    throw new HostError(
      'delegation-required',
      'The bundle is self-signed, and only root-delegated bundles are allowed here',
      {
        file: PATHS.deleg,
        remedy: 'Ask its author for a delegation by a root that you trust, or change `trust.require`.',
      },
    );
  }
  return { kind: 'self-signed' };
}

/** @throws HostError `key-changed` */
export function checkContinuity(key: PublicKey, trust: Trust, manifest: Manifest, context: VerifyContext): void {
  const { pin } = context;
  if (pin === undefined || context.acceptNewKey === true || pin.key === key) return;
  const samePublisher =
    trust.kind === 'root-delegated' &&
    trust.serial !== undefined &&
    trust.publisher === pin.publisher &&
    trust.root === pin.root;
  if (samePublisher) return;
  const owner = pin.publisher ?? (pin.key === undefined ? 'someone else' : `the key ${fingerprint(pin.key)}`);
  throw new HostError(
    'key-changed',
    `${manifest.name} belongs to ${shown(owner, 80)}; this bundle is signed by ${fingerprint(key)}`,
    {
      file: PATHS.pub,
      remedy: 'Ask the author whether the key was changed; only then install with --accept-new-key.',
    },
  );
}

/** @throws HostError `downgrade` */
export function checkVersion(digest: Digest, manifest: Manifest, context: VerifyContext): void {
  const { installed } = context;
  if (installed?.version === undefined || context.allowDowngrade === true) return;
  const { version } = manifest;
  if (version === undefined) throw downgrade(`has no version, but ${installed.version} is installed`);
  const order = compareSemver(version, installed.version);
  if (order < 0) throw downgrade(`is ${version}, older than ${installed.version}, which is installed`);
  if (order === 0 && digest !== installed.digest)
    throw downgrade(`is ${version} like the one installed, with other content`);
}

/** @throws HostError `capability-unavailable` */
export function checkCapabilities(permissions: Permissions): void {
  const asked = listed({ ...permissions, filesystemRead: [], filesystemWrite: [] });
  if (asked.length === 0) return;
  throw new HostError(
    'capability-unavailable',
    `The skill asks for what this host cannot give yet: ${shown(asked.join('; '), 400)}`,
    {
      file: PATHS.skillMd,
      asked,
      remedy: 'Use a newer wirken, or a version of the skill that does not ask for it.',
    },
  );
}

function claimOf(deleg: Uint8Array | undefined): Delegation | undefined {
  if (deleg === undefined) return undefined;
  try {
    return parseDelegation(deleg);
  } catch (error) {
    // Whatever is wrong with it is said at its own place in the order.
    if (error instanceof HostError) return undefined;
    throw error;
  }
}

function revocation(what: string): HostError {
  return new HostError('revoked', `The bundle is refused because ${what} was revoked on this machine`, {
    remedy: 'Do not use it; `wirken trust list` shows what is revoked.',
  });
}

function downgrade(what: string): HostError {
  return new HostError('downgrade', `The bundle ${what}`, {
    file: PATHS.skillMd,
    remedy: 'If going back is what you want, install with --allow-downgrade; as its author, raise the version.',
  });
}
