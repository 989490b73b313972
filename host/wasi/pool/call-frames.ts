import { encodeHex, encodeUtf8 } from '../../base/bytes.ts';
import { MAX_JOURNAL_BYTES } from '../../workspace/journal/format.ts';
import type { CallSpec } from '../call.ts';
import { type Guest, guestBytes, guestKey } from './guest.ts';
import {
  type CallHeader,
  type ComponentHeader,
  encodeToRunner,
  FIRST_DIRECTORY_FD,
  JOIN_BYTES,
  TO_RUNNER,
} from './protocol.ts';
import type { BundleSpec, Where } from './where.ts';

/** What a runner holds, as its host keeps count of it. */
export interface RunnerHoldings {
  /** Guests by key, the longest unused first, with their bytes. */
  readonly held: Map<string, number>;
  /** Digest of its bundle. */
  bundle: string | undefined;
}

/** Guests that one runner keeps compiled, and their bytes together. */
const MAX_HELD_GUESTS = 8;
const MAX_HELD_BYTES = 48 * 1024 * 1024;
const NONE = new Uint8Array();

/** How a call is made. */
export interface CallManner {
  /** Stdio flows while the guest runs. */
  readonly live: boolean;
  /** The journal that stands for the world. */
  readonly replay?: Uint8Array | undefined;
}

/** Everything to be written for one call: what the runner has not got yet, then the call. Counts it as held. */
export function callFrames(
  runner: RunnerHoldings,
  guest: Guest,
  spec: CallSpec,
  where: Where,
  { live, replay }: CallManner,
): readonly Buffer[] {
  const key = guestKey(guest, spec.limits);
  return join([
    ...guestFrames(runner, key, guest),
    ...(where.bundle === undefined ? [] : bundleFrames(runner, where.bundle)),
    ...callFrame(key, spec, where, live, replay),
  ]);
}

function guestFrames(runner: RunnerHoldings, key: string, guest: Guest): readonly Buffer[] {
  const bytes = guestBytes(guest);
  const isHeld = runner.held.delete(key);
  const drop = isHeld ? [] : makeRoom(runner.held, bytes);
  runner.held.set(key, bytes);
  if (isHeld) return [];
  if ('module' in guest) return encodeToRunner(TO_RUNNER.module, { key, drop }, guest.module);
  const { meta, modules } = guest.component;
  const header: ComponentHeader = {
    key,
    drop,
    meta,
    modules: [...modules].map(([name, { length }]) => ({ name, bytes: length })),
  };
  return encodeToRunner(TO_RUNNER.component, header, ...modules.values());
}

function makeRoom(held: Map<string, number>, bytes: number): readonly string[] {
  const dropped: string[] = [];
  let sum = [...held.values()].reduce((sum, one) => sum + one, bytes);
  for (const [key, size] of held) {
    if (held.size < MAX_HELD_GUESTS && sum <= MAX_HELD_BYTES) break;
    held.delete(key);
    sum -= size;
    dropped.push(key);
  }
  return dropped;
}

function bundleFrames(runner: RunnerHoldings, bundle: BundleSpec): readonly Buffer[] {
  if (runner.bundle === bundle.digest) return [];
  runner.bundle = bundle.digest;
  const files = [...bundle.files].map(([path, { length }]) => ({ path, bytes: length }));
  return encodeToRunner(TO_RUNNER.bundle, { digest: bundle.digest, files }, ...bundle.files.values());
}

function callFrame(
  key: string,
  spec: CallSpec,
  where: Where,
  live: boolean,
  replay: Uint8Array | undefined,
): readonly Buffer[] {
  const args = spec.args.map((arg) => (typeof arg === 'string' ? encodeUtf8(arg) : arg));
  const env = spec.env.map(([name, value]) => encodeUtf8(`${name}=${value}`));
  const { determinism, journal, limits } = spec;
  const header: CallHeader = {
    key,
    args: args.map(({ length }) => length),
    env: env.map(({ length }) => length),
    live,
    mounts: where.mounts.map(({ guestPath, access }, index) => ({ guestPath, fd: FIRST_DIRECTORY_FD + index, access })),
    ...(where.bundle === undefined ? {} : { bundle: where.bundle.digest }),
    tmp: where.tmp,
    limits,
    ...(determinism === undefined
      ? {}
      : {
          determinism: {
            startNs: String(determinism.startNs),
            stepNs: String(determinism.stepNs),
            seed: encodeHex(determinism.seed),
          },
        }),
    ...(journal === undefined ? {} : { journal: { maxBytes: journal.maxBytes ?? MAX_JOURNAL_BYTES } }),
    ...(replay === undefined ? {} : { replay: replay.length }),
  };
  const stdin = live ? NONE : spec.stdin;
  return encodeToRunner(TO_RUNNER.call, header, ...args, ...env, ...(replay === undefined ? [] : [replay]), stdin);
}

function join(parts: readonly Buffer[]): readonly Buffer[] {
  if (parts.length === 1) return parts;
  const bytes = parts.reduce((sum, part) => sum + part.length, 0);
  return bytes <= JOIN_BYTES ? [Buffer.concat(parts, bytes)] : parts;
}
