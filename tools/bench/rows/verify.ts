import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { signedFiles } from '../../../host/skill/bundle.fixture.ts';
import { systemClock } from '../../../host/base/ports.ts';
import { rawBundle } from '../../../host/skill/bundle.ts';
import { isRefusal, verify, verifyDir, type VerifyContext } from '../../../host/skill/verify.ts';
import { interleave, medianOf } from '../measure.ts';
import { scratch } from '../scratch.ts';
import type { Outcome } from '../table.ts';

const MIB = 1024 * 1024;
const FILES = 32;
const ROUNDS = 15;
const OURS = 'verify';
const PEER = 'SHA-256 by node:crypto';
const OURS_DIR = 'verify of the directory';
const PEER_DIR = 'readFileSync and SHA-256';
const CONTEXT: VerifyContext = {
  roots: new Map(),
  revoked: { keys: new Set(), digests: new Set(), publishers: new Set() },
  require: 'self-signed',
  clock: systemClock,
};

export async function measure(): Promise<readonly Outcome[]> {
  using dir = scratch();
  const names = Array.from({ length: FILES }, (_, index) => `data-${String(index).padStart(2, '0')}.bin`);
  const files = signedFiles({
    name: 'large',
    files: Object.fromEntries(names.map((name) => [name, new Uint8Array(randomBytes(MIB))])),
  });
  const bundle = join(dir.path, 'large');
  mkdirSync(bundle);
  for (const [path, bytes] of files) writeFileSync(join(bundle, path), bytes);
  const raw = rawBundle('large', files);
  const samples = await interleave(
    [
      { name: OURS, once: () => checked(verify(raw, CONTEXT)) },
      { name: PEER, once: () => files.forEach((bytes) => void hash(bytes)) },
      { name: OURS_DIR, once: () => checked(verifyDir(bundle, () => CONTEXT)) },
      {
        name: PEER_DIR,
        once: () => readdirSync(bundle).forEach((name) => void hash(readFileSync(join(bundle, name)))),
      },
    ],
    { rounds: ROUNDS },
  );
  return [
    {
      name: 'verify',
      what: 'verify of a 32 MiB bundle',
      unit: 'ms',
      value: medianOf(samples, OURS),
      comparisons: [{ peer: PEER, peerValue: medianOf(samples, PEER), target: { kind: 'at-most', value: 1.5 } }],
    },
    {
      name: 'verify',
      what: '… with reading its directory',
      unit: 'ms',
      value: medianOf(samples, OURS_DIR),
      comparisons: [
        { peer: PEER_DIR, peerValue: medianOf(samples, PEER_DIR), target: { kind: 'at-most', value: 1.5 } },
      ],
    },
  ];
}

function hash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function checked(verified: ReturnType<typeof verify>): void {
  if (isRefusal(verified)) throw new Error(verified.message);
}
