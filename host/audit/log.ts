import type { Clock, Random } from '../base/ports.ts';
import type { Appended, AuditActor, AuditSink, Detail, EventDraft } from '../policy/event.ts';
import { HostError } from '../base/error.ts';
import { Attester, type Attested } from './attest.ts';
import { openDatabase, type Connection } from './database.ts';
import { type PreparedRow, prepareRow } from './draft.ts';
import { DEFAULT_COMMIT_LIMITS, GroupCommit, type GroupCommitLimits } from './group-commit.ts';
import { openAuditKey } from './key.ts';
import { watchPlace } from './place.ts';
import { RowWriter } from './row-writer.ts';
import { Salts } from './salts.ts';
import { asAuditError } from './sqlite-error.ts';
import { Stamp } from './stamp.ts';

export interface LogLimits extends GroupCommitLimits {
  /** Rows of a session that may stand without a head. */
  readonly headEveryRows: number;
  /** How long a row may stand without a head. */
  readonly headEveryMs: number;
}

export const DEFAULT_LOG_LIMITS: LogLimits = {
  ...DEFAULT_COMMIT_LIMITS,
  headEveryRows: 1000,
  headEveryMs: 5 * 60 * 1000,
};

const NO_HEAD = 'Rows of the audit log are not attested yet';

export interface LogSpec {
  readonly dataDir: string;
  readonly clock: Clock;
  readonly random: Random;
  /** One line for the operator: the clock ran backwards, a head could not be written. Must not throw. */
  readonly onNotice: (line: string) => void;
  /** Gets each checkpoint once it is durable, to keep it elsewhere. Must not throw. */
  readonly onCheckpoint?: (note: string) => void;
  readonly limits?: Partial<LogLimits>;
}

/** Who begins or ends a session. */
export interface SessionOptions {
  /** Default `cli`. */
  readonly actor?: AuditActor;
  readonly channel?: string;
  readonly redactable?: Detail;
}

/**
 * The write end of the log. Several processes may have one open on the same data directory. Whoever opened it disposes of it: that
 * waits for what is queued, and attests every session that this process wrote to.
 */
export interface AuditLog extends AuditSink, AsyncDisposable {
  /** Appends `session.start` and its head. @throws HostError `audit-unwritable`, `audit-key` */
  startSession(session: string, detail: Detail, options?: SessionOptions): Promise<Appended>;
  /** Appends `session.end` and the head that covers it. @throws HostError `audit-unwritable`, `audit-key` */
  endSession(session: string, detail: Detail, options?: SessionOptions): Promise<Appended>;
  /** Appends a head row, and keeps a checkpoint, unless the session has nothing that a head does not cover. */
  head(session: string): Promise<Appended | undefined>;
  /** The signed checkpoint of all rows; it is kept as well. */
  checkpoint(): Promise<string>;
}

/**
 * @throws HostError `audit-unwritable`, `audit-invalid`: see `openDatabase`
 */
export function openAuditLog(spec: LogSpec): AuditLog {
  const db = openDatabase(spec.dataDir, { readonly: false });
  try {
    return asAuditError(db.name, () => new Log(db, spec));
  } catch (error) {
    db.close();
    throw error;
  }
}

class Log implements AuditLog {
  readonly #db: Connection;
  readonly #spec: LogSpec;
  readonly #limits: LogLimits;
  readonly #rows: RowWriter;
  readonly #attester: Attester;
  readonly #commits: GroupCommit;
  readonly #stamp: Stamp;
  readonly #salts: Salts;
  /** Sessions with rows of this process that no head covers. */
  readonly #open = new Set<string>();
  /** Sessions whose head is queued. */
  readonly #due = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #closing: Promise<void> | undefined;

  constructor(db: Connection, spec: LogSpec) {
    this.#db = db;
    this.#spec = spec;
    this.#limits = { ...DEFAULT_LOG_LIMITS, ...spec.limits };
    this.#rows = new RowWriter(db);
    this.#attester = new Attester(db, this.#rows, () => openAuditKey(spec.dataDir));
    const checkPlace = watchPlace(db.name);
    const state = {
      begun: () => {
        checkPlace();
        this.#rows.begun();
      },
      undone: () => {
        this.#rows.undone();
        this.#attester.undone();
      },
    };
    this.#commits = new GroupCommit(db, state, this.#limits);
    this.#stamp = new Stamp(spec.clock, spec.onNotice);
    this.#salts = new Salts(spec.random);
  }

  async append(draft: EventDraft): Promise<Appended> {
    this.#assertOpen();
    return this.#append(draft);
  }

  async startSession(session: string, detail: Detail, options: SessionOptions = {}): Promise<Appended> {
    return this.#appendAttested({ session, action: 'session.start', detail, actor: 'cli', ...options });
  }

  async endSession(session: string, detail: Detail, options: SessionOptions = {}): Promise<Appended> {
    return this.#appendAttested({ session, action: 'session.end', detail, actor: 'cli', ...options });
  }

  async head(session: string): Promise<Appended | undefined> {
    this.#assertOpen();
    return this.#head(session);
  }

  async checkpoint(): Promise<string> {
    this.#assertOpen();
    const note = await this.#commits.run(0, () => this.#attester.checkpoint(this.#stamp.now()));
    this.#spec.onCheckpoint?.(note);
    return note;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #append(draft: EventDraft): Promise<Appended> {
    const row = prepareRow(draft, this.#stamp.now(), this.#salts);
    const { appended, attested } = await this.#commits.run(row.bytes, () => this.#write(row));
    if (attested === undefined) this.#markOpen(row.session);
    else this.#attested(row.session, attested);
    return appended;
  }

  /** The row, and a head if the session has gone without one for long. */
  #write(row: PreparedRow): { readonly appended: Appended; readonly attested: Attested | undefined } {
    const appended = this.#rows.insert(row);
    const unattested = appended.seq - this.#rows.tailOf(row.session).headSeq;
    if (unattested % this.#limits.headEveryRows !== 0) return { appended, attested: undefined };
    try {
      return { appended, attested: this.#attester.head(row.session, this.#stamp.now()) };
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      this.#spec.onNotice(`${NO_HEAD}: ${error.message}`);
      return { appended, attested: undefined };
    }
  }

  /** Both rows queue up in the same turn, and so stand in one transaction. */
  async #appendAttested(draft: EventDraft): Promise<Appended> {
    this.#assertOpen();
    const appended = this.#append(draft);
    const [row] = await Promise.all([appended, this.#head(draft.session)]);
    return row;
  }

  async #head(session: string): Promise<Appended | undefined> {
    let attested: Attested | undefined;
    try {
      attested = await this.#commits.run(0, () => this.#attester.head(session, this.#stamp.now()));
    } finally {
      this.#due.delete(session);
    }
    this.#attested(session, attested);
    return attested?.head;
  }

  #attested(session: string, attested: Attested | undefined): void {
    this.#open.delete(session);
    if (attested !== undefined) this.#spec.onCheckpoint?.(attested.checkpoint);
  }

  /** A head that nobody waits for. The rows are durable without it; the next one covers them too. */
  #queueHead(session: string): void {
    if (this.#due.has(session)) return;
    this.#due.add(session);
    this.#head(session).catch((error: unknown) => {
      this.#spec.onNotice(`${NO_HEAD}: ${error instanceof Error ? error.message : 'unknown'}`);
      this.#arm();
    });
  }

  #markOpen(session: string): void {
    this.#open.add(session);
    this.#arm();
  }

  #arm(): void {
    if (this.#closing !== undefined) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      for (const open of this.#open) this.#queueHead(open);
    }, this.#limits.headEveryMs).unref();
  }

  async #close(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#commits.drained();
    for (const session of this.#open) this.#queueHead(session);
    await this.#commits.drained();
    clearTimeout(this.#timer);
    this.#db.close();
  }

  #assertOpen(): void {
    if (this.#closing !== undefined) throw new TypeError('the audit log is closed');
  }
}
