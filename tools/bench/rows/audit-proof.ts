import { openDatabase } from '../../../host/audit/database.ts';
import { checkConsistencyProof, checkRowProof, proveConsistency, proveRow } from '../../../host/audit/prove.ts';
import { millionRows } from '../audit-log.ts';
import { interleave, medianOf } from '../measure.ts';
import type { Outcome } from '../table.ts';

const ROUNDS = 51;
const ROW = 'row';
const GROWTH = 'growth';
const LIMIT_MS = 5;

export async function measure(): Promise<readonly Outcome[]> {
  const { dataDir, rows, key } = millionRows();
  const db = openDatabase(dataDir, { readonly: true });
  try {
    const notes = db.prepare<[], string>('SELECT note FROM checkpoints ORDER BY size').pluck().all();
    const covered = rows - 10_000;
    let round = 0;
    const samples = await interleave(
      [
        {
          name: ROW,
          once: () => {
            // A place far from the last one, so that no page of it was just read.
            const id = 1 + ((round++ * 618_033) % covered);
            const started = performance.now();
            const proof = proveRow(db, id, key);
            const ms = performance.now() - started;
            checkRowProof(JSON.stringify(proof), key);
            return ms;
          },
        },
        {
          name: GROWTH,
          once: () => {
            const from = notes[(round * 61) % notes.length] ?? '';
            const started = performance.now();
            const proof = proveConsistency(db, key, from);
            const ms = performance.now() - started;
            checkConsistencyProof(JSON.stringify(proof), key);
            return ms;
          },
        },
      ],
      { rounds: ROUNDS },
    );
    const limit = { peer: 'the limit', peerValue: LIMIT_MS, target: { kind: 'at-most', value: 1 } } as const;
    return [
      {
        name: 'audit-proof',
        what: `inclusion proof of a row among ${rows}`,
        unit: 'ms',
        value: medianOf(samples, ROW),
        comparisons: [limit],
      },
      {
        name: 'audit-proof',
        what: 'consistency proof between two checkpoints',
        unit: 'ms',
        value: medianOf(samples, GROWTH),
        comparisons: [{ peer: 'the same', peerValue: LIMIT_MS }],
      },
    ];
  } finally {
    db.close();
  }
}
