import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Json } from '../base/jcs.ts';
import type { EventDraft } from '../policy/event.ts';
import { encodeHex, encodeUtf8 } from '../base/bytes.ts';
import { MAX_BLOB_BYTES, sha256Hex } from './blobs.ts';
import { openAuditReader } from './read.ts';
import { detailOf, draft, openTestLog, query, storedRows, testData } from './testing.ts';

describe('a draft', () => {
  it.for<[string, Partial<EventDraft>]>([
    ['an unsafe integer', { detail: { n: 2 ** 53 } }],
    ['a number that is none', { detail: { n: Number.NaN } }],
    ['a lone surrogate', { detail: { a: 'x\ud800' } }],
    ['a lone surrogate in a name', { redactable: { 'a\ud800': 1 } }],
    ['a name in both', { detail: { a: 1 }, redactable: { a: 2 } }],
    ['a decision that can be removed', { redactable: { decision: 'allowed' } }],
    ['a tier that can be removed', { redactable: { tier: 'tier1' } }],
    ['a hash that can be removed', { redactable: { hash: 'ab' } }],
    ['a key that can be removed', { redactable: { key: 'ab' } }],
    ['a member that looks like a commitment', { detail: { a: { $c: 'ab' } } }],
    ['a blob to which nothing refers', { blobs: [new Uint8Array(3)] }],
    ['an undefined member', { detail: { a: undefined as never } }],
    ['a session with an uppercase name', { session: 'S' }],
    ['a session without name', { session: '' }],
    ['a session with a long name', { session: 'a'.repeat(129) }],
  ])('with %s is a bug, and writes nothing', async ([, wrong]) => {
    using data = testData();
    await using log = openTestLog(data.path);
    const good = log.append(draft('s'));
    await expect(log.append(draft('s', wrong))).rejects.toThrow(TypeError);
    await good;
    expect(storedRows(data.path)).toHaveLength(1);
  });

  it.for<[string, Partial<EventDraft>]>([
    ['has an integer that others round', { redactable: { a: [{ b: -(2 ** 60) }] } }],
    ['is no well-formed Unicode', { redactable: { a: ['\udc00'] } }],
    ['has a name that is none', { redactable: { a: { '\ud800': 1 } } }],
    ['nests too deep', { redactable: { a: deep(5000) } }],
    ['is too large in the clear', { detail: { a: 'x'.repeat(1024 * 1024) } }],
  ])('that %s is refused', async ([, wrong]) => {
    using data = testData();
    await using log = openTestLog(data.path);
    await expect(log.append(draft('s', wrong))).rejects.toMatchObject({ code: 'audit-unwritable' });
    expect(storedRows(data.path)).toEqual([]);
  });
});

describe('a large value', () => {
  const large = { text: 'x'.repeat(70_000) };
  const bytes = encodeUtf8(JSON.stringify(large));

  it('stands in a blob, once, compressed, and is committed to by its hash', async () => {
    using data = testData();
    await using log = openTestLog(data.path);
    await log.append(draft('s', { redactable: { result: large } }));
    await log.append(draft('t', { redactable: { result: large, other: 'x'.repeat(65_534) } }));
    const blobs = query<{ sha256: string; bytes: number; encoding: string; data: Buffer }>(
      data.path,
      'SELECT * FROM blobs',
    );
    expect(blobs).toMatchObject([{ sha256: sha256Hex(bytes), bytes: bytes.length, encoding: 'zstd' }]);
    expect(blobs[0]?.data.length).toBeLessThan(1000);
    const [opening] = query<{ salt: Buffer; value: string; blob: string }>(data.path, 'SELECT * FROM openings');
    expect(opening?.value).toBe(`{"$blob":"${sha256Hex(bytes)}","bytes":${bytes.length}}`);
    expect(opening?.blob).toBe(sha256Hex(bytes));
    const hash = createHash('sha256')
      .update(opening?.salt ?? '')
      .update(opening?.value ?? '')
      .digest('hex');
    expect(detailOf(storedRows(data.path)[0])['result']).toEqual({ $c: hash });
    using reader = openAuditReader(data.path);
    const [row] = reader.rows({ limit: 1 });
    expect(row && reader.opened(row).get('result')).toEqual({ kind: 'value', value: large });
  });

  it('of given bytes is kept as they are', async () => {
    using data = testData();
    await using log = openTestLog(data.path);
    const journal = new Uint8Array(1000).map((_, at) => (at * 197) % 251);
    const reference = { $blob: sha256Hex(journal), bytes: journal.length };
    await log.append(draft('s', { redactable: { journal_blob: reference }, blobs: [journal] }));
    using reader = openAuditReader(data.path);
    const [row] = reader.rows();
    expect(row && reader.opened(row).get('journal_blob')).toEqual({ kind: 'blob', reference });
    expect(encodeHex(reader.openings.bytes(reference) ?? new Uint8Array())).toBe(encodeHex(journal));
  });

  it('that only looks like a reference reads back as itself', async () => {
    using data = testData();
    await using log = openTestLog(data.path);
    const secret = new Uint8Array(300).fill(65);
    const reference = { $blob: sha256Hex(secret), bytes: secret.length };
    await log.append(draft('s', { redactable: { journal_blob: reference }, blobs: [secret] }));
    await log.append(draft('t', { redactable: { arguments: reference } }));
    using reader = openAuditReader(data.path);
    const [row] = reader.rows({ session: 't' });
    expect(row && reader.opened(row).get('arguments')).toEqual({ kind: 'value', value: reference });
    const [opening] = query<{ blob: string }>(data.path, 'SELECT blob FROM openings WHERE event_id = 2');
    expect(opening?.blob).not.toBe(reference.$blob);
  });

  it('is kept as long as its row has room for it', async () => {
    using data = testData();
    await using log = openTestLog(data.path);
    const blobs = [1, 2, 3].map((first) => new Uint8Array(30 * 1024 * 1024).fill(first, 0, 1));
    const references = blobs.map((blob) => ({ $blob: sha256Hex(blob), bytes: blob.length }));
    const [a, b, c] = references;
    if (a === undefined || b === undefined || c === undefined) throw new TypeError('three blobs');
    await log.append(draft('s', { redactable: { a, b, c }, blobs }));
    using reader = openAuditReader(data.path);
    expect(references.map((reference) => reader.openings.bytes(reference)?.length)).toEqual([
      a.bytes,
      b.bytes,
      undefined,
    ]);
  });

  it('beyond the cap is committed to, but not kept', async () => {
    using data = testData();
    await using log = openTestLog(data.path);
    await log.append(draft('s', { redactable: { result: 'x'.repeat(MAX_BLOB_BYTES) } }));
    expect(query(data.path, 'SELECT 1 FROM blobs')).toEqual([]);
    using reader = openAuditReader(data.path);
    const [row] = reader.rows();
    expect(row && reader.opened(row).get('result')).toEqual({ kind: 'not-kept', bytes: MAX_BLOB_BYTES + 2 });
  });
});

function deep(levels: number): Json {
  let value: Json = 1;
  for (let level = 0; level < levels; level++) value = [value];
  return value;
}
