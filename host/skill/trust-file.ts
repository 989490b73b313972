import type { Json } from '../base/jcs.ts';
import { compareBytes, decodeUtf8, encodeUtf8 } from '../base/bytes.ts';
import { HostError } from '../base/error.ts';
import { shown } from '../base/shown.ts';
import { isPublisher } from './delegation.ts';
import { parsePublicKey } from './ed25519.ts';
import { parseSkillName } from './names.ts';
import { isSemver } from './semver.ts';
import type { PublicKey, SkillName } from './skill.ts';
import { strictJson } from './strict-json.ts';
import type { Pin, Revoked } from './verify/context.ts';

/** What a person has said about keys, and which key each name belongs to. */
export interface TrustState {
  /** Without the built-in root. */
  readonly roots: ReadonlyMap<PublicKey, string>;
  readonly revoked: Revoked;
  readonly pins: ReadonlyMap<SkillName, Pin>;
}

export const MAX_TRUST_BYTES = 16 * 1024 * 1024;
const HEX = /^[0-9a-f]{64}$/;

export const NO_TRUST: TrustState = Object.freeze({
  roots: new Map<PublicKey, string>(),
  revoked: { keys: new Set<string>(), digests: new Set<string>(), publishers: new Set<string>() },
  pins: new Map<SkillName, Pin>(),
});

/** The content of `trust.json`. */
export function encodeTrust({ roots, revoked, pins }: TrustState): Uint8Array {
  const json: Json = {
    version: 1,
    roots: [...roots].map(([key, name]) => ({ key, name })),
    revoked: { keys: [...revoked.keys], digests: [...revoked.digests], publishers: [...revoked.publishers] },
    pins: Object.fromEntries([...pins].sort(([a], [b]) => compareBytes(a, b)).map(([name, pin]) => [name, { ...pin }])),
  };
  return encodeUtf8(`${JSON.stringify(json, undefined, 2)}\n`);
}

/** @throws HostError `trust-invalid`: nothing is guessed, for a lost revocation or pin would go unnoticed. */
export function parseTrust(untrusted: Uint8Array, file: string): TrustState {
  const text = decodeUtf8(untrusted);
  const json = text === undefined ? undefined : strictJson(text);
  if (json === undefined) throw damaged(file, 'it is not one JSON object');
  try {
    const { version, roots, revoked, pins } = members(json, ['version', 'roots', 'revoked', 'pins']);
    if (version !== 1) throw new Damage('its version is not 1');
    const { keys, digests, publishers } = members(revoked, ['keys', 'digests', 'publishers']);
    return {
      roots: new Map(list(roots).map(parseRoot)),
      revoked: {
        keys: new Set(list(keys).map(hex)),
        digests: new Set(list(digests).map(hex)),
        publishers: new Set(list(publishers).map(publisher)),
      },
      pins: new Map(Object.entries(members(pins, [])).map(([name, pin]) => [skillName(name), parsePin(pin)])),
    };
  } catch (error) {
    if (error instanceof Damage || error instanceof HostError) throw damaged(file, error.message);
    throw error;
  }
}

/** What is wrong with the file; never leaves this module. */
class Damage extends Error {}

function parseRoot(untrusted: Json): [PublicKey, string] {
  const { key, name } = members(untrusted, ['key', 'name']);
  return [parsePublicKey(hex(key)), publisher(name)];
}

function parsePin(untrusted: Json): Pin {
  const { key, publisher: name, root, version } = members(untrusted, []);
  if (version !== undefined && (typeof version !== 'string' || !isSemver(version)))
    throw new Damage('a pinned version is none');
  if (key === undefined && name === undefined) throw new Damage('a pin has neither key nor publisher');
  return {
    ...(key === undefined ? {} : { key: parsePublicKey(hex(key)) }),
    ...(name === undefined ? {} : { publisher: publisher(name) }),
    ...(root === undefined ? {} : { root: parsePublicKey(hex(root)) }),
    ...(version === undefined ? {} : { version }),
  };
}

/** The members of an object that has `required` at least. */
function members(untrusted: Json | undefined, required: readonly string[]): { readonly [key: string]: Json } {
  if (typeof untrusted !== 'object' || untrusted === null || !isObject(untrusted))
    throw new Damage('an object is missing');
  const missing = required.find((key) => !Object.hasOwn(untrusted, key));
  if (missing !== undefined) throw new Damage(`the member ${missing} is missing`);
  return untrusted;
}

function isObject(value: object): value is { readonly [key: string]: Json } {
  return !Array.isArray(value);
}

function list(untrusted: Json | undefined): readonly Json[] {
  if (!Array.isArray(untrusted)) throw new Damage('a list is missing');
  return untrusted;
}

function hex(untrusted: Json | undefined): string {
  if (typeof untrusted === 'string' && HEX.test(untrusted)) return untrusted;
  throw new Damage('a key or digest is not 64 lowercase hex digits');
}

function publisher(untrusted: Json | undefined): string {
  if (typeof untrusted === 'string' && (isPublisher(untrusted) || HEX.test(untrusted))) return untrusted;
  throw new Damage('a name is none');
}

function skillName(untrusted: string): SkillName {
  const name = parseSkillName(untrusted);
  if (name === undefined) throw new Damage('a pinned name is none');
  return name;
}

function damaged(file: string, why: string): HostError {
  return new HostError('trust-invalid', `The trust store ${shown(file)} is damaged: ${why}`, {
    file,
    remedy: 'Put back a copy of it. Without it wirken does not know which keys were revoked, so nothing loads.',
  });
}
