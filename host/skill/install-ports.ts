import type { Clock } from '../base/ports.ts';
import type { Permissions } from '../policy/grants.ts';
import type { Permit } from '../policy/permit.ts';
import type { PermissionDiff } from './diff.ts';
import type { LockEntry } from './lock.ts';
import type { PublicKey, Skill, SkillName } from './skill.ts';
import type { DerivedFiles } from './store.ts';
import type { Pin, Revoked } from './verify.ts';

/** What installing and loading need of the trust store. Each call answers the state of now. */
export interface SkillTrust {
  /** The same object as long as nothing changed. */
  roots(): ReadonlyMap<PublicKey, string>;
  /** The same object as long as nothing changed. */
  revoked(): Revoked;
  pin(name: SkillName): Pin | undefined;
  /** Durable when it returns. @throws HostError `io`, `trust-invalid` */
  setPin(name: SkillName, pin: Pin): void;
}

/** Whose skill a name is when nothing was installed under it yet: the skills that come with wirken. */
export interface BundledPins {
  pin(name: SkillName): Pin | undefined;
}

/** What a person is shown before a skill is installed. All of it is checked text, except what `skill.manifest` holds in free text. */
export interface ConsentRequest {
  readonly skill: Skill;
  /** The signer. */
  readonly key: PublicKey;
  /** Of a version 2 delegation, otherwise the signer's key. */
  readonly publisher: string;
  readonly source: string;
  /** What it asks for; answering grants at most this. */
  readonly asks: Permissions;
  /** `allowed-tools`: a request that is shown and never granted. */
  readonly allowedTools: readonly string[];
  /** One line each, safe to show. */
  readonly warnings: readonly string[];
  /** On an update: what was installed, and what changed in what it asks for. */
  readonly previous?: { readonly entry: LockEntry; readonly diff: PermissionDiff };
  /** Whether the name belonged to another key until now (`--accept-new-key`). */
  readonly newKey: boolean;
}

export type ConsentAnswer =
  | { readonly kind: 'granted'; readonly given: Permissions; readonly permit: Permit<'SkillInstall'> }
  | { readonly kind: 'declined' }
  /** There is nobody to ask. */
  | { readonly kind: 'unavailable' }
  /** By a rule, or because it could not be recorded. */
  | { readonly kind: 'denied'; readonly message: string; readonly remedy: string };

/** Gives leave to install, or not. The question ends with `signal`, which rejects it. */
export interface Consent {
  /** `standing`: what a yes rests on already, `--yes` for instance. Then nobody is asked; what forbids it all the same is found. */
  ask(request: ConsentRequest, standing: string | undefined, signal: AbortSignal): Promise<ConsentAnswer>;
}

/** For a terminal that is none. */
export const nobodyToAsk: Consent = { ask: async () => ({ kind: 'unavailable' }) };

/** Makes what a skill needs to run besides its bundle: transpiles components. */
export interface Deriver {
  /** Program and version; files that another `id` made are made anew. */
  readonly id: string;
  /** Empty for a skill that needs nothing. Paths as in a bundle. @throws HostError `component-invalid` and the like */
  derive(skill: Skill, signal: AbortSignal): Promise<DerivedFiles>;
}

export const derivesNothing: Deriver = { id: 'none', derive: async () => new Map() };

/** What loading an installed skill needs. */
export interface LoadPorts {
  /** Absolute. */
  readonly dataDir: string;
  readonly trust: SkillTrust;
  readonly require: 'root' | 'self-signed';
  readonly clock: Clock;
}

export interface InstallPorts extends LoadPorts {
  readonly bundled: BundledPins;
  readonly consent: Consent;
  readonly deriver: Deriver;
}
