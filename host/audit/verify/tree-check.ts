import type { AuditRow } from '../../policy/event.ts';
import { HostError } from '../../base/error.ts';
import { rowHash } from '../chain.ts';
import { type TreeHead, openNote } from '../checkpoint.ts';
import type { RowStore, UntrustedCheckpoint } from '../source.ts';
import { Frontier, HASH_BYTES } from '../tree.ts';
import type { LogVerifier } from '../verifier.ts';
import type { Findings } from './finding.ts';

const TILE_BITS = 8;

/** A checkpoint that was kept elsewhere. */
export interface GivenCheckpoint {
  /** For messages: the file it came from. */
  readonly name: string;
  readonly note: string;
}

interface Checkpoint extends TreeHead {
  readonly name: string;
  readonly isGiven: boolean;
}

/** Makes the tree of all rows anew, and compares it with every checkpoint and every stored node on the way. */
export class TreeCheck {
  readonly #log: LogVerifier;
  readonly #findings: Findings;
  readonly #store: RowStore | undefined;
  readonly #tree = new Frontier();
  /** By size. */
  readonly #given: readonly Checkpoint[];
  #compared = 0;
  readonly #stored: Iterator<UntrustedCheckpoint>;
  #nextStored: Checkpoint | undefined;
  #tiles = 0;
  #storedCount = 0;
  #verified = 0;
  /** Once a root differs, every later one does. */
  #isBroken = false;

  constructor(log: LogVerifier, given: readonly GivenCheckpoint[], store: RowStore | undefined, findings: Findings) {
    this.#log = log;
    this.#findings = findings;
    this.#store = store;
    this.#given = given
      .flatMap(({ name, note }) => this.#opened(note, name, true) ?? [])
      .toSorted((a, b) => a.size - b.size);
    const stored: readonly UntrustedCheckpoint[] = [];
    this.#stored = (store?.checkpoints() ?? stored)[Symbol.iterator]();
    this.#nextStored = this.#readStored();
  }

  /** Rows up to this one stand under a checkpoint that holds. */
  get verifiedSize(): number {
    return this.#verified;
  }

  /** Checkpoints that are kept beside the rows. */
  get storedCount(): number {
    return this.#storedCount;
  }

  get size(): number {
    return this.#tree.size;
  }

  root(): Buffer {
    return this.#tree.root();
  }

  /**
   * Takes the next row, in the order of the ids.
   * @param isHead a checkpoint of all rows before it must be kept
   * @param isHash whether `hash` was found to be one; if not, the tree goes on with what should stand there
   */
  push({ id, hash, prev_hash: prev, payload_hash: payload }: AuditRow, isHead: boolean, isHash: boolean): void {
    this.#compareUpTo(id - 1, isHead ? id : undefined);
    this.#tree.pushRow(isHash ? hash : rowHash(prev, payload));
    if (this.#store !== undefined && id % 2 ** TILE_BITS === 0) this.#compareTiles(id, this.#store);
  }

  /** After the last row. @param lastId of it, 0 without one */
  end(lastId: number): void {
    this.#compareUpTo(lastId, undefined);
    for (; this.#nextStored !== undefined; this.#nextStored = this.#readStored()) this.#ahead(this.#nextStored, lastId);
    for (const given of this.#given.slice(this.#compared)) this.#ahead(given, lastId);
    const count = this.#store?.tileCount() ?? 0;
    if (count > this.#tiles) {
      this.#findings.add(
        'tile',
        {},
        `${count - this.#tiles} stored nodes of the tree stand over rows that are not there`,
      );
    }
  }

  /** Compares the checkpoints over at most `size` rows that are still to be compared. */
  #compareUpTo(size: number, head: number | undefined): void {
    let last = -1;
    for (; this.#nextStored !== undefined && this.#nextStored.size <= size; this.#nextStored = this.#readStored()) {
      this.#compare(this.#nextStored);
      last = this.#nextStored.size;
    }
    for (let given = this.#nextGiven(); given !== undefined && given.size <= size; given = this.#nextGiven()) {
      this.#compare(given);
      this.#compared++;
    }
    if (head !== undefined && this.#store !== undefined && last !== size) {
      this.#findings.add('checkpoint-missing', { id: head }, `the checkpoint that was kept with this head is gone`);
    }
  }

  #nextGiven(): Checkpoint | undefined {
    return this.#given[this.#compared];
  }

  #compare({ size, root, name, isGiven }: Checkpoint): void {
    // With rows missing, the tree no longer has the leaves where they were.
    const isSame = size === this.#tree.size && !this.#isBroken && this.#tree.root().equals(root);
    if (isSame) {
      this.#verified = Math.max(this.#verified, size);
      return;
    }
    if (this.#isBroken && !isGiven) return;
    this.#isBroken = true;
    const since = this.#verified === 0 ? 'the first row' : `row ${this.#verified + 1}`;
    this.#findings.add(
      'checkpoint-root',
      {},
      `the rows 1 to ${size} are not the ones over which ${name} was signed: between ${since} and row ${size} something was changed, removed or added`,
    );
  }

  #ahead({ size, name }: Checkpoint, lastId: number): void {
    this.#findings.add(
      'checkpoint-ahead',
      {},
      `${name} was signed over ${size} rows, and there are ${lastId}: the end was cut off, sessions were removed, or an older copy was put back`,
    );
  }

  #readStored(): Checkpoint | undefined {
    for (let next = this.#stored.next(); next.done !== true; next = this.#stored.next()) {
      this.#storedCount++;
      const { size, note } = next.value;
      const name = `the checkpoint kept at size ${typeof size === 'number' ? size : '?'}`;
      const opened = typeof note === 'string' ? this.#opened(note, name, false) : undefined;
      if (typeof note !== 'string') this.#findings.add('checkpoint-invalid', {}, `${name} is no note`);
      else if (opened !== undefined && opened.size !== size) {
        this.#findings.add('checkpoint-invalid', {}, `${name} is a note of another size, ${opened.size}`);
      } else if (opened !== undefined) return opened;
    }
    return undefined;
  }

  #opened(note: string, name: string, isGiven: boolean): Checkpoint | undefined {
    try {
      return { ...openNote(note, this.#log), name, isGiven };
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      this.#findings.add('checkpoint-invalid', {}, `${name}: ${error.message}`);
      return undefined;
    }
  }

  #compareTiles(id: number, store: RowStore): void {
    for (let bits = TILE_BITS; id % 2 ** bits === 0; bits += TILE_BITS) {
      const tile = id / 2 ** bits - 1;
      const stored = store.tile(bits / TILE_BITS - 1, tile);
      if (stored === undefined) continue;
      this.#tiles++;
      const node = this.#tree.completed(bits);
      if (stored instanceof Uint8Array && stored.length === HASH_BYTES && node?.equals(stored) === true) continue;
      this.#findings.add(
        'tile',
        { id },
        `the stored node of the tree over the ${2 ** bits} rows up to this one is not theirs`,
      );
    }
  }
}
