import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { encodeHex } from '../base/bytes.ts';
import { fixedClock } from '../base/ports.ts';
import { delegate, type DelegationTerms } from './delegation.ts';
import { sha256 } from './digest.ts';
import { signMessage } from './ed25519.ts';
import { Seed } from './keys.ts';
import { signBundle } from './sign.ts';
import type { PublicKey, Skill } from './skill.ts';
import type { Verified } from './verified.ts';
import { type Refusal, type VerifyContext, verifyDir } from './verify.ts';

/** For tests: keys that are always the same. */
export function seedOf(byte: number): Seed {
  return new Seed(new Uint8Array(32).fill(byte));
}

export const SIGNER = seedOf(1);
export const OTHER = seedOf(2);
export const ROOT = seedOf(9);
export const ROOTS: ReadonlyMap<PublicKey, string> = new Map([[ROOT.key, 'test root']]);
export const NOW = '2026-06-01T00:00:00.000Z';

/** A machine that trusts `ROOT`, knows no bundle yet and stands at `NOW`. */
export function contextOf(more: Partial<VerifyContext> = {}): VerifyContext {
  return {
    roots: ROOTS,
    revoked: { keys: new Set(), digests: new Set(), publishers: new Set() },
    require: 'self-signed',
    clock: fixedClock(NOW),
    ...more,
  };
}

/** A SKILL.md with these further lines in its frontmatter. */
export function skillMd(...lines: readonly string[]): string {
  return ['---', 'description: A skill of a test', ...lines, '---', '# Body', ''].join('\n');
}

/** Directories of one test file; `[Symbol.dispose]` removes them. */
export class Scratch implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'wirken-skill-'));
  #count = 0;

  /** A bundle directory called `name` with these files. */
  dir(files: Readonly<Record<string, string | Uint8Array>>, name = 'demo'): string {
    const dir = join(this.path, String(this.#count++), name);
    mkdirSync(dir, { recursive: true });
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(dir, path)), { recursive: true });
      writeFileSync(join(dir, path), content);
    }
    return dir;
  }

  /** The same, signed. */
  signed(files: Readonly<Record<string, string | Uint8Array>>, seed = SIGNER, delegation?: string): string {
    const dir = this.dir({ 'SKILL.md': skillMd(), ...files });
    signBundle(dir, seed, delegation === undefined ? {} : { delegation: Buffer.from(delegation) });
    return dir;
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** Signs whatever SKILL.md is there, without reading it: what an author with a key and bad intentions does. */
export function signBlindly(dir: string, seed = SIGNER, form: 'A' | 'B' = 'A'): string {
  const md = readFileSync(join(dir, 'SKILL.md'));
  const message = form === 'A' ? md : Buffer.concat([md, Buffer.alloc(1), readFileSync(join(dir, 'skill.wasm'))]);
  const digest = new Uint8Array(createHash('sha256').update(message).digest());
  writeFileSync(join(dir, 'SKILL.sig'), encodeHex(signMessage(digest, seed.bytes)));
  writeFileSync(join(dir, 'SKILL.pub'), seed.key);
  return dir;
}

/** One scratch directory a test file; `afterAll(() => scratch[Symbol.dispose]())`. */
export const scratch = new Scratch();

export const WASM = new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
export const TERMS: DelegationTerms = {
  key: SIGNER.key,
  names: ['demo'],
  notBefore: '2026-01-01T00:00:00.000Z',
  notAfter: '2027-01-01T00:00:00.000Z',
  publisher: 'Example',
  serial: 1,
};
export const V2 = delegate(ROOT.bytes, TERMS);

export type Outcome = Verified<Skill> | Refusal;

export function judge(dir: string, context: Partial<VerifyContext> = {}): Outcome {
  return verifyDir(dir, () => contextOf(context));
}

export function codeOf(outcome: Outcome): string {
  return 'kind' in outcome ? outcome.code : outcome.value.trust.kind;
}

export function skillOf(outcome: Outcome): Skill {
  if ('kind' in outcome) throw new Error(`${outcome.code}: ${outcome.message}`);
  return outcome.value;
}

export function editing(dir: string, path: string, change: (text: string) => string): string {
  writeFileSync(join(dir, path), change(readFileSync(join(dir, path), 'utf8')));
  return dir;
}

export function good(files: Readonly<Record<string, string | Uint8Array>> = {}): string {
  return scratch.signed({ 'skill.wasm': WASM, 'ref/a.txt': 'a', 'gone.txt': 'g', ...files });
}

export function withEntry(add: (dir: string) => void): string {
  const dir = good();
  add(dir);
  return dir;
}

export function without(path: string): string {
  return withEntry((dir) => rmSync(join(dir, path)));
}

export function blind(md: string): string {
  return signBlindly(scratch.dir({ 'SKILL.md': md }));
}

export function withDeleg(terms: Partial<DelegationTerms>, root = ROOT.bytes): string {
  return withEntry((dir) => writeFileSync(join(dir, 'SKILL.deleg'), delegate(root, { ...TERMS, ...terms })));
}

export function versioned(version: string): string {
  return scratch.signed({ 'SKILL.md': skillMd(`version: "${version}"`) });
}

export function installed(version: string): Partial<VerifyContext> {
  return { installed: { version, digest: sha256(new Uint8Array([1])) } };
}

export function revoking(what: 'keys' | 'digests' | 'publishers', entry: string): Partial<VerifyContext> {
  return { revoked: { ...contextOf().revoked, [what]: new Set([entry]) } };
}
