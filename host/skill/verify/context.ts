import type { Clock } from '../../base/ports.ts';
import type { ManifestSource } from '../kept-manifests.ts';
import type { Digest, PublicKey } from '../skill.ts';

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
  /** Asked after the signature. Default: each is parsed. */
  readonly manifests?: ManifestSource;
}
