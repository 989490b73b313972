import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { AuditRow } from '../../policy/event.ts';
import { cutBatch } from './batch.ts';
import { BatchSize } from './batch-size.ts';
import type { BatchLimits } from './forwarder.ts';
import { MAX_REJECTED_IN_A_ROW, Rejections } from './rejections.ts';

const rowOf = (id: number, size: number): AuditRow => ({
  id,
  session: 's',
  seq: id,
  ts: '2026-03-01T12:00:00.000Z',
  actor: 'agent',
  action: 'tool.call',
  channel: null,
  payload: 'ü'.repeat(size),
  prev_hash: '',
  payload_hash: '',
  hash: String(id),
});
const encode = (row: AuditRow) =>
  row.payload.length === 13
    ? ({ kind: 'unfit', reason: 'unlucky' } as const)
    : ({ kind: 'fit', text: JSON.stringify(row.payload) } as const);

it('cuts any log into batches that keep every limit and leave no row out', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(40), { minLength: 1, maxLength: 60 }),
      fc.record({ maxRows: fc.integer({ min: 1, max: 9 }), maxBytes: fc.integer({ min: 4, max: 200 }) }),
      fc.uniqueArray(fc.integer({ min: 1, max: 60 })),
      (sizes, { maxRows, maxBytes }, dealtWith) => {
        const limits: BatchLimits = { maxRows, maxBytes, maxRowBytes: 60 };
        const done = new Set(dealtWith);
        const rows = sizes.map((size, at) => rowOf(at + 1, size));
        const seen: number[] = [];
        let at = 0;
        while (at < rows.length) {
          const rest = rows.slice(at);
          const cut = cutBatch({ rows: rest, through: lastOf(rest) }, { encode, limits }, done);
          const body = `[${cut.entries.map(({ text }) => text).join(',')}]`;
          expect(cut.entries.length).toBeLessThanOrEqual(maxRows);
          expect(Buffer.byteLength(body)).toBeLessThanOrEqual(maxBytes);
          for (const { bytes, text } of cut.entries) {
            expect(bytes).toBe(Buffer.byteLength(text));
            expect(bytes).toBeLessThanOrEqual(60);
          }
          seen.push(
            ...[...cut.entries.map(({ row }) => row.id), ...cut.unfit.map(({ id }) => id)].sort((a, b) => a - b),
          );
          expect(cut.through.id).toBeGreaterThan(at);
          at = cut.through.id;
        }
        expect(seen).toEqual(rows.map(({ id }) => id).filter((id) => !done.has(id)));
      },
    ),
  );
});

it('passes rows behind the last wanted one, too', () => {
  const limits: BatchLimits = { maxRows: 5, maxBytes: 500, maxRowBytes: 500 };
  const cut = cutBatch({ rows: [rowOf(3, 1)], through: { id: 9, hash: '9' } }, { encode, limits }, new Set());
  expect(cut.through).toEqual({ id: 9, hash: '9' });
});

it('halves a batch that is rejected, and grows again only behind it', () => {
  const size = new BatchSize(100);
  size.rejected(100, 100);
  expect(size.rows).toBe(50);
  size.accepted(50);
  expect(size.rows).toBe(50);
  size.rejected(50, 100);
  expect(size.rows).toBe(25);
  size.accepted(100);
  expect(size.rows).toBe(50);
  size.rejected(3, 200);
  expect(size.rows).toBe(2);
  size.found();
  size.accepted(110);
  expect(size.rows).toBe(4);
  size.rejected(2, 300);
  expect(size.rows).toBe(1);
});

it('holds a row for bad only once another one was taken', () => {
  const rejections = new Rejections();
  const bad = { row: rowOf(1, 1), reason: 'no' };
  expect(rejections.add(bad)).toBe('suspect');
  expect(rejections.accepted()).toEqual([bad]);
  expect(rejections.add(bad)).toBe('bad');
  rejections.startOver('retry');
  expect(rejections.add(bad)).toBe('bad');
  rejections.startOver('refused');
  for (let at = 0; at < MAX_REJECTED_IN_A_ROW; at += 1) expect(rejections.add(bad)).toBe('suspect');
  expect(rejections.add(bad)).toBe('everything');
});

function lastOf(rows: readonly AuditRow[]): { readonly id: number; readonly hash: string } {
  const last = rows.at(-1);
  if (last === undefined) throw new TypeError('no rows');
  return last;
}
