import { HostError } from '../../base/error.ts';
import type { Clock, Random } from '../../base/ports.ts';
import { type Cut, cutBatch } from './batch.ts';
import { BatchSize } from './batch-size.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { Forwarder, RejectedRow, SendResult } from './forwarder.ts';
import { type Pace, refusedWait, retryWait } from './pace.ts';
import { type Rejection, Rejections } from './rejections.ts';
import type { RowSource } from './rows.ts';
import type { ForwardState, StateFile, Trouble } from './state-file.ts';

type Position = ForwardState['cursor'];
const BEGINNING: Position = { id: 0, hash: '' };

export interface LoopPorts {
  readonly forwarder: Forwarder;
  /** `undefined` as long as there is no log. The loop closes what it gets. */
  readonly openRows: () => RowSource | undefined;
  readonly stateFile: StateFile;
  readonly deadLetters: DeadLetters;
  readonly wanted: (action: string) => boolean;
  readonly start: 'beginning' | 'now';
  readonly clock: Clock;
  readonly random: Random;
  readonly pace: Pace;
  /** One line for a person, only when something changes. */
  readonly log: (line: string) => void;
}

/** What to do before the next step. */
export type Step =
  | { readonly kind: 'moved' }
  /** Every row is dealt with. */
  | { readonly kind: 'idle' }
  | { readonly kind: 'wait'; readonly trouble: Trouble; readonly ms: number };

/**
 * Sends the rows after the cursor to one receiver, in order, each at least once. The cursor moves, durably, only over rows that the
 * receiver took, that nobody wanted, or that stand among the dead letters. Only the process that holds the lock may have one.
 */
export class ForwardLoop implements Disposable {
  readonly #ports: LoopPorts;
  readonly #size: BatchSize;
  readonly #rejections = new Rejections();
  #rows: RowSource | undefined;
  #state: ForwardState;
  /** Ahead of the state's cursor while rejected rows wait for their verdict. */
  #at: Position;
  /** Rows ahead of the cursor that need no more sending: dead letters, and those that wait for their verdict. */
  readonly #done = new Set<number>();
  #failures = 0;

  /** @throws HostError `audit-invalid` for a damaged state, `io` */
  constructor(ports: LoopPorts) {
    this.#ports = ports;
    this.#size = new BatchSize(ports.forwarder.limits.maxRows);
    const known = ports.stateFile.read();
    this.#state = known ?? { cursor: this.#firstCursor(), sent: 0, dead: 0 };
    if (known === undefined) ports.stateFile.write(this.#state);
    this.#at = this.#state.cursor;
  }

  get state(): ForwardState {
    return this.#state;
  }

  /** Sends one batch at most. @throws the reason of `signal`; errors of ours */
  async step(signal: AbortSignal): Promise<Step> {
    try {
      return await this.#step(signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof HostError)) throw error;
      // A credential that is not there needs a person; a disk or a database may come back.
      return this.#fail({ kind: error.code === 'config-invalid' ? 'refused' : 'retry', reason: error.message });
    }
  }

  [Symbol.dispose](): void {
    this.#rows?.[Symbol.dispose]();
    this.#rows = undefined;
  }

  #firstCursor(): Position {
    if (this.#ports.start === 'beginning') return BEGINNING;
    this.#rows = this.#ports.openRows();
    return this.#rows?.last() ?? BEGINNING;
  }

  async #step(signal: AbortSignal): Promise<Step> {
    this.#rows ??= this.#ports.openRows();
    if (this.#rows === undefined) return { kind: 'idle' };
    const { cursor } = this.#state;
    if (cursor.id > 0 && this.#rows.hashOf(cursor.id) !== cursor.hash) {
      return this.#fail({
        kind: 'refused',
        reason: `row ${cursor.id} is not the row that was forwarded: the log was replaced or rolled back; look at it with wirken audit verify`,
      });
    }
    const { forwarder, wanted } = this.#ports;
    const { rows, through } = this.#rows.after(this.#at.id, {
      maxRows: this.#size.rows,
      maxBytes: forwarder.limits.maxBytes,
      wanted,
    });
    if (through === undefined) return this.#atEnd();
    const cut = cutBatch({ rows, through }, forwarder, this.#done);
    for (const { id } of cut.unfit) this.#done.add(id);
    this.#bury(cut.unfit);
    if (cut.entries.length === 0) {
      this.#passTo(cut.through);
      return { kind: 'moved' };
    }
    return this.#judge(cut, await forwarder.send(cut.entries, signal));
  }

  #judge(cut: Cut, result: SendResult): Step {
    const last = cut.entries.at(-1);
    if (last === undefined) throw new TypeError('an empty batch was sent');
    switch (result.kind) {
      case 'accepted': {
        this.#size.accepted(last.row.id);
        this.#bury(this.#rejections.accepted());
        const recovered = this.#state.trouble !== undefined;
        const { cursor, sent, dead } = this.#state;
        this.#failures = 0;
        this.#state = { cursor, sent: sent + cut.entries.length, dead, lastSuccess: this.#now() };
        this.#passTo(cut.through);
        if (recovered) this.#ports.log('rows are taken again');
        return { kind: 'moved' };
      }
      case 'retry':
      case 'refused':
        return this.#fail(result);
      case 'rejected':
        return this.#reject(cut, result.rows);
      case 'batch-rejected':
        if (cut.entries.length === 1) return this.#reject(cut, [{ id: last.row.id, reason: result.reason }]);
        this.#size.rejected(cut.entries.length, last.row.id);
        return { kind: 'moved' };
    }
  }

  #reject(cut: Cut, rejected: readonly RejectedRow[]): Step {
    this.#size.found();
    for (const { id, reason } of rejected) {
      const row = cut.entries.find((entry) => entry.row.id === id)?.row;
      if (row === undefined) throw new TypeError(`row ${id} was not in the batch`);
      const verdict = this.#rejections.add({ row, reason });
      if (verdict === 'everything') {
        return this.#fail({ kind: 'refused', reason: `it rejects every row, the last one because: ${reason}` });
      }
      this.#done.add(id);
      if (verdict === 'bad') this.#bury([{ row, reason }]);
    }
    return { kind: 'moved' };
  }

  #atEnd(): Step {
    const suspect = this.#rejections.suspects[0];
    if (suspect === undefined) return { kind: 'idle' };
    return this.#fail({
      kind: 'retry',
      reason: `row ${suspect.row.id} is rejected and none was taken yet that shows it is the row's fault: ${suspect.reason}`,
    });
  }

  /** Durable before the cursor passes them. */
  #bury(rejections: readonly Rejection[]): void {
    if (rejections.length === 0) return;
    const at = this.#now();
    this.#ports.deadLetters.append(rejections.map(({ row, reason }) => ({ at, reason, row })));
    this.#state = { ...this.#state, dead: this.#state.dead + rejections.length };
    this.#ports.log(`${rejections.length} row(s) from ${rejections[0]?.row.id} on stand among the dead letters`);
  }

  /** Rows up to there are dealt with; the cursor follows as soon as no verdict is open. */
  #passTo(position: Position): void {
    this.#at = position;
    if (this.#rejections.suspects.length > 0) return;
    for (const id of this.#done) if (id <= position.id) this.#done.delete(id);
    this.#state = { ...this.#state, cursor: position };
    this.#ports.stateFile.write(this.#state);
  }

  #fail(result: { readonly kind: 'retry' | 'refused'; readonly reason: string; readonly afterMs?: number }): Step {
    const { pace, random, clock, log } = this.#ports;
    // Whatever waits for a verdict is tried again from the cursor on.
    for (const { row: suspect } of this.#rejections.suspects) this.#done.delete(suspect.id);
    this.#rejections.startOver(result.kind);
    this.#at = this.#state.cursor;
    // Opened anew by the next step: the file may have been exchanged meanwhile.
    this[Symbol.dispose]();
    this.#failures += 1;
    const ms =
      result.kind === 'refused' ? refusedWait(pace, random) : retryWait(pace, this.#failures, random, result.afterMs);
    const nextTry = new Date(clock.now() + ms).toISOString();
    const trouble: Trouble = { kind: result.kind, at: this.#now(), reason: result.reason, nextTry };
    const known = this.#state.trouble;
    if (known?.kind !== trouble.kind || known.reason !== trouble.reason) log(trouble.reason);
    this.#state = { ...this.#state, trouble };
    try {
      this.#ports.stateFile.write(this.#state);
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      log(error.message);
    }
    return { kind: 'wait', trouble, ms };
  }

  #now(): string {
    return new Date(this.#ports.clock.now()).toISOString();
  }
}
