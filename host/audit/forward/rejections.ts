import type { AuditRow } from '../../policy/event.ts';

/** So many rejected rows without one that was taken: it is the settings, not the rows. */
export const MAX_REJECTED_IN_A_ROW = 20;

export interface Rejection {
  readonly row: AuditRow;
  readonly reason: string;
}

/**
 * Whether a row is bad or the receiver rejects everything, as it does when a stream or an index is set up wrongly: then nothing may be
 * thrown onto the dead letters. A rejected row counts as bad once the receiver took another one.
 */
export class Rejections {
  #suspects: Rejection[] = [];
  #inARow = 0;
  #proven = false;

  /** Rows that wait for the proof. */
  get suspects(): readonly Rejection[] {
    return this.#suspects;
  }

  /** The verdict over a row that was rejected alone or by name. */
  add(rejection: Rejection): 'bad' | 'suspect' | 'everything' {
    if (this.#inARow >= MAX_REJECTED_IN_A_ROW) return 'everything';
    this.#inARow += 1;
    if (this.#proven) return 'bad';
    this.#suspects.push(rejection);
    return 'suspect';
  }

  /** The receiver took a row: the suspects were bad after all. */
  accepted(): readonly Rejection[] {
    const bad = this.#suspects;
    this.#suspects = [];
    this.#inARow = 0;
    this.#proven = true;
    return bad;
  }

  /** The rows in question are sent again, later. `refused`: meanwhile something changes there, and what it took before proves nothing. */
  startOver(kind: 'retry' | 'refused'): void {
    this.#inARow -= this.#suspects.length;
    this.#suspects = [];
    if (kind === 'retry') return;
    this.#proven = false;
    this.#inARow = 0;
  }
}
