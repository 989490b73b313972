import type { Json } from '../base/jcs.ts';
import { decodeUtf8 } from '../base/bytes.ts';
import { HostError } from '../base/error.ts';
import { asBlobReference, type BlobReference, type PackedBlob, unpackBlob } from './blobs.ts';
import { commit, commitmentOf, memberAt } from './commitment.ts';
import type { Connection } from './database.ts';
import { isObject } from './json.ts';

/** What became of one redactable member of a row. */
export type Opened =
  | { readonly kind: 'value'; readonly value: Json }
  /** A blob that is no JSON text, a journal for instance; `Openings.bytes` has its content. */
  | { readonly kind: 'blob'; readonly reference: BlobReference }
  | { readonly kind: 'redacted' }
  /** Committed to, but too large to be kept. */
  | { readonly kind: 'not-kept'; readonly bytes: number }
  /** What is stored is not what the row commits to. */
  | { readonly kind: 'broken' };

/** The values behind the commitments of rows. */
export class Openings {
  readonly #ofRow;
  readonly #blob;

  constructor(db: Connection) {
    this.#ofRow = db.prepare<[number], OpeningRow>(
      'SELECT pointer, salt, value FROM openings WHERE event_id = ? ORDER BY pointer',
    );
    this.#blob = db.prepare<[string], PackedBlob>('SELECT encoding, data FROM blobs WHERE sha256 = ?');
  }

  /** Each redactable member of the row, by its name. @param payload JCS text, as the row has it */
  of(id: number, payload: string): ReadonlyMap<string, Opened> {
    const rows = new Map(this.#ofRow.all(id).map((row) => [memberAt(row.pointer), row]));
    return new Map(
      commitmentsOf(payload).map(([member, hash]) => {
        const row = rows.get(member);
        return [member, row === undefined ? { kind: 'redacted' } : this.#open(row, hash)];
      }),
    );
  }

  /** What a reference stands for; `undefined` if it is not kept. @throws HostError `audit-invalid` for a damaged blob */
  bytes(reference: BlobReference): Uint8Array | undefined {
    const packed = this.#blob.get(reference.$blob);
    return packed && unpackBlob(reference, packed);
  }

  #open({ salt, value: text }: OpeningRow, hash: string): Opened {
    const value = parseJson(text);
    if (value === undefined || !isOpeningOf(value, salt, hash)) return { kind: 'broken' };
    const reference = asBlobReference(value);
    if (reference === undefined) return { kind: 'value', value };
    try {
      const bytes = this.bytes(reference);
      if (bytes === undefined) return { kind: 'not-kept', bytes: reference.bytes };
      const kept = parseJson(decodeUtf8(bytes) ?? '');
      return kept === undefined ? { kind: 'blob', reference } : { kind: 'value', value: kept };
    } catch (error) {
      if (error instanceof HostError) return { kind: 'broken' };
      throw error;
    }
  }
}

interface OpeningRow {
  readonly pointer: string;
  readonly salt: Buffer;
  readonly value: string;
}

function commitmentsOf(payload: string): readonly (readonly [string, string])[] {
  const row = parseJson(payload);
  const detail = isObject(row) ? row['detail'] : undefined;
  if (!isJsonObject(detail)) return [];
  return Object.entries(detail).flatMap(([member, value]) => {
    const hash = commitmentOf(value);
    return hash === undefined ? [] : [[member, hash] as const];
  });
}

function isOpeningOf(value: Json, salt: Uint8Array, hash: string): boolean {
  try {
    return commit(value, salt) === hash;
  } catch {
    return false;
  }
}

function isJsonObject(value: unknown): value is { readonly [member: string]: Json } {
  return isObject(value);
}

function parseJson(text: string): Json | undefined {
  try {
    const value: Json = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}
