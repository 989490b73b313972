import type { JournalOp } from './format.ts';

/** One operation without its contents. */
export interface Operation {
  readonly op: JournalOp;
  /** Hex SHA-256 of the operation and everything that it asks. */
  readonly digest: string;
}

/**
 * A call that is made again asked for something else than it did when its journal was kept. It passes through whatever made the call, and
 * nothing may take it for an answer: from then on the journal answers nothing any more.
 */
export class JournalDiverged extends Error {
  override readonly name = 'JournalDiverged';
  /** Place among the operations of the call, from 0 on. */
  readonly position: number;
  /** What the journal has there. */
  readonly recorded: Operation;
  /** `end` for a call that was over. */
  readonly asked: Operation;

  constructor(position: number, recorded: Operation, asked: Operation) {
    super(
      `operation ${position}: recorded was ${recorded.op} (sha256 ${recorded.digest}), ` +
        `now it is ${asked.op} (sha256 ${asked.digest})`,
    );
    this.position = position;
    this.recorded = recorded;
    this.asked = asked;
  }
}
