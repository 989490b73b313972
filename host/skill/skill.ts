import type { Brand } from '../base/brand.ts';
import type { Json } from '../base/jcs.ts';
import type { Permissions } from '../policy/grants.ts';

/** `^[a-z][a-z0-9-]{0,63}$`, equal to the bundle directory's name. */
export type SkillName = Brand<string, 'SkillName'>;
/** `^[a-z][a-z0-9_-]{0,63}$` */
export type ToolName = Brand<string, 'ToolName'>;
/** Lowercase hex of a SHA-256, 64 characters. */
export type Digest = Brand<string, 'Digest'>;
/** Lowercase hex of an Ed25519 public key that is canonical and not of small order, 64 characters. */
export type PublicKey = Brand<string, 'PublicKey'>;
/** A path inside a bundle as `integrity` spells it: relative, `/`-separated, every segment safe. */
export type BundlePath = Brand<string, 'BundlePath'>;

/** A JSON Schema 2020-12. */
export type JsonSchema = { readonly [keyword: string]: Json };

export interface Tool {
  readonly name: ToolName;
  readonly description: string;
  /** Of type object. */
  readonly parameters: JsonSchema;
  readonly output?: JsonSchema;
  /** JSON Pointer into the output: Markdown for a person. */
  readonly display?: string;
  /** JSON Pointer into the output: the exit code 0–63 of `wirken skill run`. */
  readonly exitCode?: string;
  readonly readOnly: boolean;
  readonly idempotent: boolean;
}

/** What an author asks for; the operator's ceilings win. */
export interface LimitAsks {
  readonly memoryBytes: number;
  readonly timeMs: number;
  readonly outputBytes: number;
}

export interface Manifest {
  readonly name: SkillName;
  readonly description: string;
  /** Semver. */
  readonly version?: string;
  readonly license?: string;
  readonly compatibility?: string;
  readonly metadata: { readonly [key: string]: Json };
  /** A request shown at install, never a grant. */
  readonly allowedTools: readonly string[];
  /** `disable-model-invocation: false` */
  readonly modelInvocable: boolean;
  /** Whether the author said so or it is the default. */
  readonly modelInvocationStated: boolean;
  readonly userInvocable: boolean;
  readonly argumentHint?: string;
  readonly tools: readonly Tool[];
  readonly permissions: Permissions;
  readonly limits: LimitAsks;
  /** Absent in form B and in bundles of SKILL.md alone. */
  readonly integrity?: ReadonlyMap<BundlePath, Digest>;
  /** The Markdown behind the frontmatter, for a model. */
  readonly body: string;
  /** Unknown top-level keys and the like, one line each, already safe to show. */
  readonly warnings: readonly string[];
}

/** How the bundle digest was formed: A over SKILL.md, B over SKILL.md ‖ 0x00 ‖ skill.wasm. */
export type SignatureForm = 'A' | 'B';

export type Trust =
  | {
      readonly kind: 'root-delegated';
      readonly root: PublicKey;
      readonly rootName: string;
      readonly publisher: string;
      readonly serial?: number;
    }
  | { readonly kind: 'self-signed' }
  /** An author's own directory under `--dev`. */
  | { readonly kind: 'dev' };

/** A bundle as it was read, once, and from then on only held in memory. */
export interface Skill {
  readonly name: SkillName;
  /** The bundle digest. */
  readonly digest: Digest;
  readonly form: SignatureForm;
  readonly manifest: Manifest;
  readonly trust: Trust;
  /** The signer; absent under `--dev`. */
  readonly key?: PublicKey;
  /** Everything that the signature covers besides SKILL.md, by path, and SKILL.md itself. The holder never changes the bytes. */
  readonly files: ReadonlyMap<BundlePath, Uint8Array>;
  /** `skill.wasm`, if the skill is more than instructions. */
  readonly wasm?: Uint8Array;
  /** SHA-256 of `wasm`. */
  readonly wasmDigest?: Digest;
}
