import type { Clock } from '../base/ports.ts';
import type { ErrorCode } from '../base/error.ts';
import type { RawBundle } from './bundle.ts';
import type { Digest, PublicKey, Skill } from './skill.ts';
import type { Verified } from './verified.ts';

/** To whom a name belongs: the key of its first install, or that key's version 2 publisher under its root. */
export interface Pin {
  readonly key?: PublicKey;
  readonly publisher?: string;
  /** The root that vouched for `publisher`. */
  readonly root?: PublicKey;
  /** The highest version seen. */
  readonly version?: string;
}

export interface Revoked {
  readonly keys: ReadonlySet<string>;
  readonly digests: ReadonlySet<string>;
  readonly publishers: ReadonlySet<string>;
}

/** What this machine knows, and what a person has said about this very installation. */
export interface VerifyContext {
  /** Root keys and the names that a person gave them. */
  readonly roots: ReadonlyMap<PublicKey, string>;
  readonly revoked: Revoked;
  /** The pin of this bundle's name. */
  readonly pin?: Pin;
  /** What is installed under this bundle's name. */
  readonly installed?: { readonly version?: string; readonly digest: Digest };
  readonly require: 'root' | 'self-signed';
  readonly clock: Clock;
  readonly acceptNewKey?: boolean;
  readonly allowDowngrade?: boolean;
}

export interface Refusal {
  readonly kind: 'refused';
  readonly code: ErrorCode;
  readonly message: string;
  readonly file?: string;
  readonly remedy: string;
}

/** The skill that a bundle holds, or the first of the reasons against it. */
export function verify(raw: RawBundle, context: VerifyContext): Verified<Skill> | Refusal {
  throw new TypeError(`${raw.name} ${context.require}`);
}

/** An author's own directory under `--dev`: parsed, not verified; marked `trust: {kind: 'dev'}`. */
export function verifyDev(raw: RawBundle): Verified<Skill> | Refusal {
  throw new TypeError(raw.name);
}

/** Reads a directory and verifies it; what reading refuses is a refusal as well. `name` as in `readBundleDir`. */
export function verifyDir(
  path: string,
  contextOf: (name: string) => VerifyContext,
  name?: string,
): Verified<Skill> | Refusal {
  throw new TypeError(path + String(name) + contextOf.name);
}
