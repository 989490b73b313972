import { resolve } from 'node:path';
import { encodeUtf8 } from '../base/bytes.ts';
import { HostError } from '../base/error.ts';
import { shown } from '../base/shown.ts';
import { ensureDataDir } from '../config.ts';
import { PROJECT_ROOT_HEX } from '../skill/builtin.ts';
import { delegate, delegateBare } from '../skill/delegation.ts';
import { parseDelegationRequest } from '../skill/delegation-request.ts';
import { readWhole, replaceFile } from '../skill/durable.ts';
import { TrustStore } from '../skill/trust.ts';
import type { Context } from './context.ts';
import { openKey } from './keys.ts';
import { EXIT } from './output.ts';
import { quietSession, type SessionRow } from './session.ts';
import { fingerprint } from '../skill/ed25519.ts';

const MAX_REQUEST_BYTES = 4096;
const DAY_MS = 24 * 60 * 60 * 1000;
const MAX_DAYS = 3660;

export async function trustAdd(context: Context, key: string, options: { readonly name?: string }): Promise<number> {
  ensureDataDir(context.config.dataDir);
  const trust = new TrustStore(context.config.dataDir);
  await using session = quietSession(context, 'trust add');
  const added = await session.during(changed('root-added', key), () => trust.addRoot(key, options.name));
  const name = trust.roots().get(added) ?? '';
  context.out.result(`Trusted as a root: ${shown(name)} (${fingerprint(added)}…)`, { ok: true, key: added, name });
  return EXIT.done;
}

export async function trustList(context: Context): Promise<number> {
  const trust = new TrustStore(context.config.dataDir);
  const roots = [...trust.roots()];
  const pins = [...trust.pins()];
  const revoked = trust.revoked();
  // A key and a digest look alike, so 64 hex digits are kept as both; they are shown once.
  const revokedAll = [...new Set([...revoked.keys, ...revoked.digests, ...revoked.publishers])];
  context.out.result(
    [
      'Roots:',
      ...roots.map(([key, name]) => `  ${key}  ${shown(name)}${key === PROJECT_ROOT_HEX ? ' (built in)' : ''}`),
      'Revoked:',
      ...(revokedAll.length === 0 ? ['  nothing'] : revokedAll.map((one) => `  ${shown(one)}`)),
      'Names and whose they are:',
      ...(pins.length === 0
        ? ['  none yet']
        : pins.map(
            ([name, pin]) =>
              `  ${name}: ${pin.publisher === undefined ? '' : `publisher ${shown(pin.publisher)}, `}key ${pin.key ?? '-'}`,
          )),
      `Required: ${context.config.trustRequire === 'root' ? 'root-delegated skills only' : 'a signature; self-signed skills are asked about at install'}`,
    ].join('\n'),
    {
      roots: roots.map(([key, name]) => ({ key, name, built_in: key === PROJECT_ROOT_HEX })),
      revoked: revokedAll,
      pins: pins.map(([name, pin]) => ({
        name,
        key: pin.key ?? null,
        publisher: pin.publisher ?? null,
        version: pin.version ?? null,
      })),
      require: context.config.trustRequire,
    },
  );
  return EXIT.done;
}

export async function trustRemove(context: Context, keyOrName: string): Promise<number> {
  const trust = new TrustStore(context.config.dataDir);
  await using session = quietSession(context, 'trust remove');
  const key = await session.during(changed('root-removed', keyOrName), () => trust.removeRoot(keyOrName));
  context.out.result(`No longer a root: ${key}. Skills that it vouched for stop loading.`, { ok: true, key });
  return EXIT.done;
}

export async function trustRevoke(context: Context, target: string): Promise<number> {
  ensureDataDir(context.config.dataDir);
  const trust = new TrustStore(context.config.dataDir);
  await using session = quietSession(context, 'trust revoke');
  const kind = await session.during(changed('revoked', target), () => trust.revoke(target));
  context.out.result(
    kind === 'publisher'
      ? `Revoked the publisher ${shown(target)}: no skill of theirs loads any more.`
      : `Revoked ${target}: no skill signed by that key, and no bundle of that digest, loads any more.`,
    { ok: true, revoked: target, kind },
  );
  return EXIT.done;
}

/** `what` as it was typed can be removed again: someone may have pasted a secret there. */
function changed(change: string, what: string): SessionRow {
  return {
    actor: 'cli',
    action: 'trust.changed',
    detail: { change },
    redactable: { what: what.slice(0, 256).toWellFormed() },
  };
}

export interface DelegateFlags {
  readonly rootKey: string;
  readonly names: readonly string[];
  readonly publisher?: string;
  readonly days: string;
  readonly serial: string;
  readonly out?: string;
}

/** Signs for a key whose holder asked for it, and for no other. */
export async function trustDelegate(context: Context, request: string, flags: DelegateFlags): Promise<number> {
  using root = openKey(context, flags.rootKey);
  const key = parseDelegationRequest(requestBytes(context, request), root.key);
  const now = Date.now();
  const text =
    flags.publisher === undefined
      ? delegateBare(root.bytes, key)
      : delegate(root.bytes, {
          key,
          names: flags.names.length === 0 ? ['*'] : flags.names,
          notBefore: new Date(now).toISOString(),
          notAfter: new Date(now + wholeNumber('--days', flags.days, MAX_DAYS) * DAY_MS).toISOString(),
          publisher: flags.publisher,
          serial: wholeNumber('--serial', flags.serial, Number.MAX_SAFE_INTEGER),
        });
  if (flags.publisher === undefined && flags.names.length > 0) {
    throw new HostError('usage', '--names needs --publisher: a bare delegation covers every name');
  }
  if (flags.out === undefined)
    context.out.result(text.trimEnd(), { ok: true, key, root: root.key, delegation: text.trimEnd() });
  else {
    const file = resolve(context.cwd, flags.out);
    replaceFile(file, encodeUtf8(text));
    context.out.result(`Wrote ${file}\nIts holder signs with: wirken skill sign DIR --delegation FILE`, {
      ok: true,
      key,
      root: root.key,
      file,
    });
  }
  return EXIT.done;
}

/** The request itself, or the file that holds it. */
function requestBytes(context: Context, request: string): Uint8Array {
  if (request.trimStart().startsWith('{')) return encodeUtf8(request);
  const path = resolve(context.cwd, request);
  const bytes = readWhole(path, MAX_REQUEST_BYTES, 'delegation-invalid');
  if (bytes !== undefined) return bytes;
  throw new HostError('not-found', 'there is no delegation request at that place', {
    file: path,
    remedy: 'The holder of the key makes one with `wirken key request ROOT`.',
  });
}

function wholeNumber(option: string, text: string, most: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= most) return value;
  throw new HostError('usage', `${option} wants a whole number from 1 to ${most}`);
}
