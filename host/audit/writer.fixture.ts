import { writeSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { openAuditLog } from './log.ts';
import { draft, systemRandom } from './testing.ts';

/** A process that appends, and writes one line `id seq hash` for each row that was acknowledged, or `! code` for one that was refused. */

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: '' },
    sessions: { type: 'string', default: 's' },
    rows: { type: 'string', default: '100' },
    writers: { type: 'string', default: '8' },
    text: { type: 'string', default: '' },
    bytes: { type: 'string', default: '10' },
  },
});

const sessions = values.sessions.split(',');
await using log = openAuditLog({
  dataDir: values.data,
  clock: { now: () => Date.now() },
  random: systemRandom,
  onNotice: (line) => void writeSync(2, `${line}\n`),
  limits: { headEveryRows: 50 },
});
let left = Number(values.rows);
await Promise.all(
  Array.from({ length: Number(values.writers) }, async (_, writer) => {
    const session = sessions[writer % sessions.length] ?? 's';
    while (left-- > 0) {
      const text = values.text.padEnd(Number(values.bytes), '.');
      const line = await log.append(draft(session, { redactable: { arguments: { text, left } } })).then(
        ({ id, seq, hash }) => `${id} ${seq} ${hash}`,
        (error: { readonly code: string }) => `! ${error.code}`,
      );
      writeSync(1, `${line}\n`);
    }
  }),
);
