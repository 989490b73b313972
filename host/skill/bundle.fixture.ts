import { permitFor } from '../policy/testing.ts';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { compareBytes, encodeHex, encodeUtf8 } from '../base/bytes.ts';
import { fixedClock } from '../base/ports.ts';
import { BundledSkills } from './bundled.ts';
import { bundleDigestA, bundleDigestB, sha256 } from './digest.ts';
import { delegate, delegateBare } from './delegation.ts';
import { publicKeyOf, signMessage } from './ed25519.ts';
import { NOTHING, type Permissions } from '../policy/grants.ts';
import type { RawBundle } from './bundle.ts';
import { TEMP_PREFIX } from './durable.ts';
import {
  type Consent,
  type ConsentAnswer,
  type ConsentRequest,
  derivesNothing,
  type InstallPorts,
  type SkillTrust,
} from './install-ports.ts';
import { install, type Installed, type InstallOptions, type Unchanged } from './install.ts';
import { InstalledSkills } from './installed.ts';
import { LockFile } from './lock-file.ts';
import type { LockEntry } from './lock.ts';
import { parseSkillName } from './names.ts';
import { packBundle } from './pack.ts';
import type { PublicKey, Skill, SkillName } from './skill.ts';
import { readSource } from './source.ts';
import { Verified } from './verified.ts';
import { type Pin, type Refusal, type Revoked, verify } from './verify.ts';

/** Seeds of the tests' keys. */
export const SEEDS = { root: seed(1), alice: seed(2), bob: seed(3), carol: seed(4) } as const;
export const NOW = '2026-06-01T00:00:00.000Z';

export const HASH = skillName('hash');
export const neverAborted = new AbortController().signal;

/** What tests ask for, as YAML and as it is read. */
export const READS = ['filesystem:', '  read: ["src/**"]'];
export const WRITES = [...READS, '  write: ["out/**"]'];
export const reads: Permissions = { ...NOTHING, filesystemRead: ['src/**'] };

export function skillName(text: string): SkillName {
  const name = parseSkillName(text);
  if (name === undefined) throw new TypeError(`${text} is no skill name`);
  return name;
}

function seed(byte: number): Uint8Array {
  return new Uint8Array(32).fill(byte);
}

export interface BundleSpec {
  readonly name?: string;
  readonly version?: string;
  /** YAML below `permissions:`, each line without indent. */
  readonly permissions?: readonly string[];
  readonly extra?: readonly string[];
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  readonly signer?: Uint8Array;
  /** Whether the root delegates to the signer, bare or as a publisher. */
  readonly delegated?: 'bare' | { readonly publisher: string };
  readonly form?: 'A' | 'B';
  readonly statesName?: boolean;
}

/** The files of a signed bundle, signed here by hand so that these tests rest on the format alone. */
export function signedFiles(spec: BundleSpec): Map<string, Uint8Array> {
  const signer = spec.signer ?? SEEDS.alice;
  const form = spec.form ?? 'A';
  const files = new Map(
    Object.entries(spec.files ?? {}).map(([path, content]) => [
      path,
      typeof content === 'string' ? encodeUtf8(content) : content,
    ]),
  );
  const lines = ['---'];
  if (spec.statesName === true) lines.push(`name: ${spec.name ?? 'hash'}`);
  lines.push('description: a skill of the tests', 'disable-model-invocation: true');
  if (spec.version !== undefined) lines.push(`version: "${spec.version}"`);
  lines.push(...(spec.extra ?? []));
  if (spec.permissions !== undefined) lines.push('permissions:', ...spec.permissions.map((line) => `  ${line}`));
  if (form === 'A' && files.size > 0) {
    lines.push('integrity:');
    for (const path of [...files.keys()].sort(compareBytes)) {
      lines.push(`  "${path}": sha256:${sha256(files.get(path) ?? new Uint8Array())}`);
    }
  }
  const skillMd = encodeUtf8(`${lines.join('\n')}\n---\nDo it.\n`);
  const digest =
    form === 'A' ? bundleDigestA(skillMd) : bundleDigestB(skillMd, files.get('skill.wasm') ?? new Uint8Array());
  const key = publicKeyOf(signer);
  files.set('SKILL.md', skillMd);
  files.set('SKILL.pub', encodeUtf8(`${key}\n`));
  files.set('SKILL.sig', encodeUtf8(`${encodeHex(signMessage(Buffer.from(digest, 'hex'), signer))}\n`));
  if (spec.delegated === 'bare') files.set('SKILL.deleg', encodeUtf8(delegateBare(SEEDS.root, key)));
  else if (spec.delegated !== undefined) {
    const terms = {
      key,
      names: ['*'],
      notBefore: '2026-01-01T00:00:00.000Z',
      notAfter: '2027-01-01T00:00:00.000Z',
      publisher: spec.delegated.publisher,
      serial: 1,
    };
    files.set('SKILL.deleg', encodeUtf8(delegate(SEEDS.root, terms)));
  }
  return files;
}

/** Writes a tree of files over what is there. */
export function writeFiles(dir: string, files: ReadonlyMap<string, Uint8Array>): string {
  for (const [path, bytes] of files) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), bytes);
  }
  return dir;
}

/** A trust store in memory. */
export class TrustInMemory implements SkillTrust {
  rootMap: ReadonlyMap<PublicKey, string> = new Map([[publicKeyOf(SEEDS.root), 'tests']]);
  revocations: Revoked = { keys: new Set(), digests: new Set(), publishers: new Set() };
  readonly pins = new Map<SkillName, Pin>();

  roots(): ReadonlyMap<PublicKey, string> {
    return this.rootMap;
  }

  revoked(): Revoked {
    return this.revocations;
  }

  pin(name: SkillName): Pin | undefined {
    return this.pins.get(name);
  }

  setPin(name: SkillName, pin: Pin): void {
    this.pins.set(name, pin);
  }
}

/** A person who answers what they were told to, and who remembers what they were asked. */
export class Asked implements Consent {
  readonly requests: ConsentRequest[] = [];
  readonly #answer: (request: ConsentRequest) => Answer;

  constructor(answer: Answer | ((request: ConsentRequest) => Answer)) {
    this.#answer = typeof answer === 'function' ? answer : () => answer;
  }

  async ask(request: ConsentRequest, standing: string | undefined): Promise<ConsentAnswer> {
    const { name, digest } = request.skill;
    if (standing === undefined) this.requests.push(request);
    const answer: Answer = standing === undefined ? this.#answer(request) : { kind: 'granted', given: request.asks };
    if (answer.kind !== 'granted') return answer;
    return { ...answer, permit: await permitFor({ kind: 'SkillInstall', name, digest }) };
  }
}

type Answer =
  | Exclude<ConsentAnswer, { readonly kind: 'granted' }>
  | { readonly kind: 'granted'; readonly given: Permissions };

/** Leave where nobody needs to be asked, and nobody there otherwise. */
export const nobodyThere = (): Asked => new Asked({ kind: 'unavailable' });

export const yes = (given: Permissions = NOTHING): Asked => new Asked({ kind: 'granted', given });
export const no = (): Asked => new Asked({ kind: 'declined' });

/** A data directory, sources and ports of one test; dispose removes all of it. */
export class Machine implements Disposable {
  readonly dir = mkdtempSync(join(tmpdir(), 'wirken-install-'));
  readonly data = join(this.dir, 'data');
  readonly bundledDir = join(this.dir, 'bundled');
  readonly trust = new TrustInMemory();
  readonly clock = fixedClock(NOW);
  readonly bundled = new BundledSkills({
    dir: this.bundledDir,
    roots: new Map([[publicKeyOf(SEEDS.root), 'tests']]),
    revoked: () => this.trust.revoked(),
    clock: this.clock,
  });

  ports(consent: Consent = nobodyThere()): InstallPorts {
    return {
      dataDir: this.data,
      trust: this.trust,
      require: 'self-signed',
      clock: this.clock,
      bundled: this.bundled,
      consent,
      deriver: derivesNothing,
    };
  }

  /** A new directory with a signed bundle. */
  source(spec: BundleSpec = {}): string {
    return writeFiles(join(this.dir, randomUUID(), spec.name ?? 'hash'), signedFiles(spec));
  }

  /** Installs a source, or a new one with such a bundle; with `--yes` unless told otherwise. */
  async put(
    spec: BundleSpec | string = {},
    options: InstallOptions = { yes: true },
    consent?: Consent,
  ): Promise<Installed | Unchanged | Refusal> {
    const source = typeof spec === 'string' ? spec : this.source(spec);
    return await install(source, '/', this.ports(consent), options, neverAborted);
  }

  /** What a host that starts now sees. */
  skills(): InstalledSkills {
    return new InstalledSkills(this.ports(), derivesNothing, this.bundled);
  }

  /** The version of the skill `hash` that loads. */
  async loaded(): Promise<string | undefined> {
    return (await this.skills().load(HASH, neverAborted)).granted.skill.manifest.version;
  }

  /** The lock entry of the skill `hash`. */
  locked(): LockEntry | undefined {
    return new LockFile(this.data).read().lock.skills.get(HASH);
  }

  /** Temporary files and directories that are left. */
  litter(): readonly string[] {
    const all = existsSync(this.data) ? readdirSync(this.data, { recursive: true, encoding: 'utf8' }) : [];
    return all.filter((path) => path.includes(TEMP_PREFIX));
  }

  /** The bundle of a directory, verified. */
  verified(dir: string): readonly [RawBundle, Verified<Skill>] {
    const raw = readSource({ kind: 'directory', path: dir });
    const context = { roots: this.trust.roots(), revoked: this.trust.revoked(), clock: this.clock };
    const outcome = verify(raw, { ...context, require: 'self-signed' });
    if (!Verified.is(outcome)) throw new TypeError('the test bundle was refused');
    return [raw, outcome];
  }

  /** A `.skill` file in the machine's directory. */
  packed(spec: BundleSpec, file: string): string {
    writeFileSync(join(this.dir, file), packBundle(...this.verified(this.source(spec))));
    return join(this.dir, file);
  }

  [Symbol.dispose](): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}
