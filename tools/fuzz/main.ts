// `npm run fuzz [SECONDS] [frontmatter|module|archive|journal|checkpoint|rules]`: feeds the parsers of untrusted bytes with mutations of good ones, for as
// long as it is told. Anything but an answer or a HostError is a finding: it is printed with its seed, and the exit code is 1.
import { generateKeyPairSync, sign } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { openCheckpoint, signCheckpoint } from '../../host/audit/checkpoint.ts';
import { encodeUtf8 } from '../../host/base/bytes.ts';
import { HostError } from '../../host/base/error.ts';
import { parseRules } from '../../host/consent/parse-rules.ts';
import { readArchive } from '../../host/skill/archive.ts';
import { parseManifest } from '../../host/skill/manifest.ts';
import { gzip } from '../../host/skill/gzip.ts';
import { writeUstar } from '../../host/skill/ustar.ts';
import { DEFAULT_LIMITS } from '../../host/wasi/limits.ts';
import { WorkspaceDir } from '../../host/workspace/dir.ts';
import { decodeJournal } from '../../host/workspace/journal/decode.ts';
import { JournalRecorder } from '../../host/workspace/journal/recorder.ts';
import { recordingDir } from '../../host/workspace/journal/recording.ts';
import { prepareModule } from '../../host/wasi/module/prepare.ts';

const DEFAULT_SECONDS = 60;
/** One input may take this long; more is a finding. */
const MAX_INPUT_MS = 5_000;
const ROUND = 200;
const root = fileURLToPath(new URL('../..', import.meta.url));

interface Target {
  readonly seeds: readonly Uint8Array[];
  readonly parse: (bytes: Uint8Array) => unknown;
}

const texts = read('{skills,test-skills/*}/*/SKILL.md');
const modules = read('skills/*/skill.wasm');
const tar = writeUstar([
  { path: 'mine/SKILL.md', bytes: texts[0] ?? new Uint8Array() },
  { path: 'mine/skill.wasm', bytes: Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0) },
]);
const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const noteKey = {
  publicHex: Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url').toString('hex'),
  sign: (bytes: Uint8Array) => sign(null, bytes, privateKey),
};
const targets: Readonly<Record<string, Target>> = {
  frontmatter: { seeds: texts, parse: (bytes) => parseManifest(bytes, 'hash') },
  module: {
    seeds: modules.map((bytes) => bytes.subarray(0, 20_000)).concat(modules),
    parse: (bytes) => prepareModule(bytes, DEFAULT_LIMITS),
  },
  archive: { seeds: [gzip(tar)], parse: readArchive },
  // Mutated before compression: what lies behind the checksum of gzip.
  'archive-tar': { seeds: [tar], parse: (bytes) => readArchive(gzip(bytes)) },
  journal: { seeds: [journalOf(join(root, 'docs'))], parse: decodeJournal },
  checkpoint: {
    seeds: [encodeUtf8(signCheckpoint({ size: 7, root: Buffer.alloc(32, 7) }, noteKey))],
    parse: (bytes) => openCheckpoint(new TextDecoder().decode(bytes), noteKey.publicHex),
  },
  rules: {
    seeds: [
      encodeUtf8(
        'rules:\n  - allow: WorkspaceWrite:docs/**\n    skill: lyrik\n  - deny: NetworkRequest:*.example.com\n',
      ),
    ],
    parse: (bytes) => parseRules(new TextDecoder().decode(bytes), 'permissions.yaml'),
  },
};

const [seconds = String(DEFAULT_SECONDS), only] = process.argv.slice(2);
const chosen = Object.entries(targets).filter(([name]) => only === undefined || name.startsWith(only));
let failed = false;
for (const [name, target] of chosen) failed = !fuzz(name, target, (Number(seconds) * 1000) / chosen.length) || failed;
process.exitCode = failed ? 1 : 0;

/** What a small tool would leave: a listing, and the files of the directory read. */
function journalOf(path: string): Uint8Array {
  using workspace = WorkspaceDir.openAmbient(path);
  const recorder = new JournalRecorder();
  const dir = recordingDir(workspace.handle('read-only'), recorder);
  const names = dir.list();
  const how = { read: true, write: false, create: false, exclusive: false, truncate: false, directory: false } as const;
  for (const { name } of typeof names === 'string' ? [] : names) {
    const file = dir.open(name, { ...how, followLast: false });
    if (typeof file === 'string' || file.kind !== 'file') continue;
    file.read(new Uint8Array(4096), 0n);
    file.close();
  }
  const recorded = recorder.finish();
  if (recorded.kind !== 'kept') throw new TypeError('docs/ fit into a journal');
  return recorded.bytes;
}

function read(pattern: string): Uint8Array[] {
  return globSync(pattern, { cwd: root }).map((file) => new Uint8Array(readFileSync(`${root}/${file}`)));
}

/** Up to eight edits: bytes changed, cut, inserted, repeated. */
function mutated(seeds: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  const edit = fc.record({
    kind: fc.constantFrom('set', 'cut', 'insert', 'repeat'),
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    bytes: fc.uint8Array({ minLength: 1, maxLength: 12 }),
    count: fc.integer({ min: 1, max: 64 }),
  });
  return fc.tuple(fc.constantFrom(...seeds), fc.array(edit, { maxLength: 8 })).map(([seed, edits]) => {
    let bytes = Buffer.from(seed);
    for (const { kind, at, bytes: some, count } of edits) {
      const place = Math.floor(at * bytes.length);
      const [before, after] = [bytes.subarray(0, place), bytes.subarray(place)];
      if (kind === 'set') bytes = Buffer.concat([before, some, after.subarray(some.length)]);
      else if (kind === 'cut') bytes = Buffer.concat([before, after.subarray(count)]);
      else if (kind === 'insert') bytes = Buffer.concat([before, some, after]);
      else
        bytes = Buffer.concat([before, ...Array.from({ length: count }, () => after.subarray(0, some.length)), after]);
    }
    return new Uint8Array(bytes);
  });
}

function fuzz(name: string, target: Target, ms: number): boolean {
  const until = Date.now() + ms;
  let inputs = 0;
  let accepted = 0;
  for (let seed = Date.now() | 0; Date.now() < until; seed++) {
    const property = fc.property(mutated(target.seeds), (bytes) => {
      inputs++;
      const started = performance.now();
      try {
        target.parse(bytes);
        accepted++;
      } catch (error) {
        if (!(error instanceof HostError)) throw error;
      }
      const took = performance.now() - started;
      if (took > MAX_INPUT_MS) throw new Error(`one input took ${Math.round(took)} ms`);
    });
    const result = fc.check(property, { seed, numRuns: ROUND, endOnFailure: true });
    if (result.failed) {
      console.error(`${name}: FOUND with seed ${seed}: ${String(result.errorInstance)}`);
      console.error(
        `  input (base64): ${Buffer.from(result.counterexample?.[0] ?? [])
          .toString('base64')
          .slice(0, 4000)}`,
      );
      return false;
    }
    if (process.stderr.isTTY) process.stderr.write(`\r${name}: ${inputs} inputs, ${accepted} accepted`);
  }
  console.log(`\r${name}: ${inputs} inputs, ${accepted} accepted, nothing found`);
  return true;
}
