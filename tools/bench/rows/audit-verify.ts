import { hash } from 'node:crypto';
import { openDatabase } from '../../../host/audit/database.ts';
import { openDatabaseSource } from '../../../host/audit/source-database.ts';
import { verifyLog } from '../../../host/audit/verify.ts';
import { type BenchLog, millionRows } from '../audit-log.ts';
import { interleave, medianOf } from '../measure.ts';
import type { Outcome } from '../table.ts';

const ROUNDS = 3;
const OURS = 'verify';
const PEER = 'reading the same payloads and openings and hashing them';
const ROWS_ALONE = '… the payloads alone';
const MIB = 1024 * 1024;

export async function measure(): Promise<readonly Outcome[]> {
  const log = millionRows();
  let grown = 0;
  const samples = await interleave(
    [
      {
        name: OURS,
        once: async () => {
          grown = Math.max(grown, await verified(log));
        },
      },
      { name: PEER, once: () => hashed(log.dataDir, log.openings) },
      { name: ROWS_ALONE, once: () => hashed(log.dataDir, 0) },
    ],
    { rounds: ROUNDS, warmUp: 0 },
  );
  const rate = (side: string): number => log.rows / (medianOf(samples, side) / 1000);
  return [
    {
      name: 'audit-verify',
      what: `audit verify, ${log.rows} rows`,
      unit: 'calls/s',
      value: rate(OURS),
      comparisons: [
        { peer: PEER, peerValue: rate(PEER), target: { kind: 'at-least', value: 0.35 } },
        { peer: ROWS_ALONE, peerValue: rate(ROWS_ALONE) },
      ],
      notes: [`calls are rows; memory grew by at most ${(grown / MIB).toFixed(0)} MiB while they were verified`],
    },
  ];
}

/** Verifies the whole log; answers by how many bytes the process grew between the first tenth of the rows and the last. */
async function verified({ dataDir, key, rows: all }: BenchLog): Promise<number> {
  using source = openDatabaseSource(dataDir);
  const resident: number[] = [];
  const report = await verifyLog(source, {
    key,
    signal: new AbortController().signal,
    onProgress: ({ rows }) => {
      if (rows > all / 10) resident.push(process.memoryUsage.rss());
    },
  });
  if (report.exitCode !== 0 || report.rows !== all) throw new Error('the log of the bench does not verify');
  return Math.max(...resident) - (resident[0] ?? 0);
}

/** The least that whoever looks at a log must do: read each payload, make its hash and the chain's, and the hash of each opening. */
function hashed(dataDir: string, openings: number): void {
  const db = openDatabase(dataDir, { readonly: true });
  try {
    let chain = '';
    const payloads = db.prepare<[], string>('SELECT payload FROM events ORDER BY id').pluck();
    for (const payload of payloads.iterate()) chain = hash('sha256', chain + hash('sha256', payload, 'hex'), 'hex');
    if (chain.length !== 64) throw new Error('the log of the bench was not read');
    if (openings === 0) return;
    let read = 0;
    const kept = db.prepare<[], readonly [Buffer, string]>('SELECT salt, value FROM openings ORDER BY event_id').raw();
    for (const [salt, value] of kept.iterate()) {
      hash('sha256', Buffer.concat([salt, Buffer.from(value)]), 'hex');
      read++;
    }
    if (read !== openings) throw new Error('the openings of the bench were not read');
  } finally {
    db.close();
  }
}
