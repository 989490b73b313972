import { z } from 'zod';

const hash = z.string().regex(/^[0-9a-f]{64}$/);

/** A row as every receiver gets it: what an export has, nothing more and nothing less. */
export const testRow = z.strictObject({
  id: z.int().positive(),
  session: z.string(),
  seq: z.int().positive(),
  ts: z.iso.datetime(),
  actor: z.string(),
  action: z.string(),
  channel: z.string().nullable(),
  payload: z.string(),
  prev_hash: z.union([z.literal(''), hash]),
  payload_hash: hash,
  hash,
});
