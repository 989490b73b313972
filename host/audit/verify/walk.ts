import { setImmediate } from 'node:timers/promises';
import type { AuditRow } from '../../policy/event.ts';
import { HostError } from '../../base/error.ts';
import { shown } from '../../base/shown.ts';
import type { RowSource, SourceItem } from '../source.ts';
import { type LogVerifier, openVerifier } from '../verifier.ts';
import { ContentCheck } from './content-check.ts';
import { type FindingKind, Findings } from './finding.ts';
import { headFault } from './head-check.ts';
import { Ledger, type SessionState } from './ledger.ts';
import { type AuditReport, unseen, type VerifyOptions } from './report.ts';
import { RowCheck, rowOf } from './row-check.ts';
import { TreeCheck } from './tree-check.ts';

/** Rows between two looks at the signal. */
const ROWS_PER_TURN = 4096;
const MAX_FINDINGS_OF_KIND = 20;
const MAX_UNATTESTED_SESSIONS = 20;
const SESSION = /^[a-z0-9][a-z0-9._:-]{0,127}$/;
const HASH = /^[0-9a-f]{64}$/;

/** One pass over a log. `run` or `fail`, then `report`. */
export class Walk implements Disposable {
  readonly #source: RowSource;
  readonly #options: VerifyOptions;
  readonly #log: LogVerifier;
  readonly #findings = new Findings(MAX_FINDINGS_OF_KIND);
  readonly #ledger = new Ledger();
  readonly #rowCheck: RowCheck;
  readonly #content: ContentCheck;
  #tree: TreeCheck | undefined;
  #rows = 0;
  #heads = 0;
  #lastId = 0;

  constructor(source: RowSource, options: VerifyOptions) {
    this.#source = source;
    this.#options = options;
    this.#log = openVerifier(options.key);
    this.#rowCheck = new RowCheck(this.#findings);
    this.#content = new ContentCheck(this.#ledger, source.store, this.#findings);
  }

  [Symbol.dispose](): void {
    this.#ledger[Symbol.dispose]();
  }

  async run(): Promise<void> {
    try {
      await this.#run();
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      this.fail(error);
    }
  }

  /** The source cannot be read, or not to its end. */
  fail(error: HostError): void {
    if (error.code === 'not-found') this.#findings.add('nothing', {}, error.message);
    else {
      const where = this.#lastId === 0 ? '' : ` beyond row ${this.#lastId}`;
      this.#findings.add('unreadable', {}, `the log cannot be read${where}: ${error.message}`);
    }
  }

  async #run(): Promise<void> {
    const { session, signal, onProgress, checkpoints = [] } = this.#options;
    signal.throwIfAborted();
    const of = onProgress && this.#source.count(session);
    const { store } = this.#source;
    if (session === undefined) this.#tree = new TreeCheck(this.#log, checkpoints, store, this.#findings);
    let items = 0;
    for (const batch of this.#source.rows(session)) {
      for (const item of batch) this.#take(item);
      items += batch.length;
      if (items < ROWS_PER_TURN) continue;
      items = 0;
      onProgress?.({ rows: this.#rows, of });
      await setImmediate();
      signal.throwIfAborted();
    }
    onProgress?.({ rows: this.#rows, of });
    this.#tree?.end(this.#lastId);
    this.#content.end(session === undefined, MAX_FINDINGS_OF_KIND);
    if (this.#rows === 0 && this.#findings.counts.size === 0) {
      this.#findings.add(
        'nothing',
        {},
        session === undefined ? 'there is no row to verify' : 'there is no row of this session',
      );
    }
  }

  #take(item: SourceItem): void {
    if (item.kind === 'damaged') {
      this.#findings.add('line-damaged', {}, item.reason);
      return;
    }
    if (item.kind === 'stray-opening') {
      this.#content.stray(item.id, item.pointer);
      return;
    }
    const row = rowOf(item.row);
    if (typeof row !== 'string') {
      this.#checkRow(row);
      const { commitments } = this.#rowCheck;
      if (commitments !== undefined) this.#content.check(row, commitments, item.openings);
      return;
    }
    const { id } = item.row;
    const isNext = typeof id === 'number' && Number.isSafeInteger(id) && id > this.#lastId;
    this.#findings.add('columns', isNext ? { id } : {}, row);
    if (isNext) this.#lastId = id;
    this.#rows++;
  }

  #checkRow(row: AuditRow): void {
    const { id, session, seq } = row;
    const isHead = row.action === 'chain.head';
    this.#rows++;
    this.#checkId(row);
    const isHashed = this.#rowCheck.check(row, this.#isUtf8);
    const state = this.#ledger.stateOf(session);
    if (state.lastSeq === 0 && !SESSION.test(session)) this.#add('columns', row, 'its session is no session id');
    if (seq !== state.lastSeq + 1 || row.prev_hash !== state.lastHash) this.#addChainFaults(row, state);
    if (isHead) this.#checkHead(row, state);
    this.#tree?.push(row, isHead, isHashed || HASH.test(row.hash));

    if (isHead) {
      state.headLast = seq - 1;
      state.headHash = state.lastHash;
      state.tailRows = 0;
    } else {
      if (state.tailRows === 0 || state.tailId <= (this.#tree?.verifiedSize ?? 0)) {
        state.tailRows = 0;
        state.tailId = id;
        state.tailSeq = seq;
      }
      state.tailRows++;
    }
    state.lastSeq = Math.max(seq, state.lastSeq);
    state.lastHash = row.hash;
  }

  readonly #isUtf8 = (id: number): boolean => this.#source.store?.isUtf8(id) ?? true;

  #checkId(row: AuditRow): void {
    const { id } = row;
    const expected = this.#lastId + 1;
    if (id < expected)
      this.#add('id-order', row, `it comes after row ${this.#lastId}: rows were swapped or stand twice`);
    else if (id > expected && this.#options.session === undefined) {
      const gone = id - 1 === expected ? `row ${expected} is` : `rows ${expected} to ${id - 1} are`;
      this.#add('id-gap', row, `${gone} missing before it: removed, or moved elsewhere`);
    }
    this.#lastId = Math.max(id, this.#lastId);
  }

  #addChainFaults(row: AuditRow, { lastSeq, lastHash }: SessionState): void {
    const { seq, prev_hash: prev } = row;
    if (seq > lastSeq + 1) {
      const gone = seq - 1 === lastSeq + 1 ? `row ${seq - 1} is` : `rows ${lastSeq + 1} to ${seq - 1} are`;
      this.#add('seq-gap', row, `${gone} missing in its session: removed, or moved elsewhere`);
    } else if (seq === lastSeq) {
      this.#add('seq-duplicate', row, `the session has a row ${seq} already`);
    } else if (seq < lastSeq) {
      this.#add(
        'seq-order',
        row,
        `it comes after row ${lastSeq} of its session: rows were swapped or a number is used twice`,
      );
    }
    if (prev === lastHash) return;
    const before =
      lastSeq === 0 ? 'the first row of a session follows nothing' : 'that is not the hash of the row before it';
    this.#add('prev-hash', row, `it says that it follows ${prev === '' ? 'nothing' : shown(prev, 16)}; ${before}`);
  }

  #checkHead(row: AuditRow, state: SessionState): void {
    this.#heads++;
    const fault = headFault(row, state, this.#log);
    if (fault !== undefined) this.#add(fault.kind, row, fault.reason);
  }

  #add(kind: FindingKind, { id, session, seq }: AuditRow, reason: string): void {
    this.#findings.add(kind, { id, session: shown(session), seq }, reason);
  }

  report(): AuditReport {
    const { key, session, checkpoints = [] } = this.#options;
    const tree = this.#tree;
    return {
      exitCode: this.#findings.exitCode,
      key,
      ...(session === undefined ? {} : { session }),
      rows: this.#rows,
      sessions: this.#ledger.sessions,
      heads: this.#heads,
      ...(tree === undefined
        ? {}
        : {
            tree: {
              size: tree.size,
              root: tree.root().toString('hex'),
              storedCheckpoints: tree.storedCount,
              givenCheckpoints: checkpoints.length,
              verifiedSize: tree.verifiedSize,
            },
          }),
      content: this.#content.counts,
      unattested: this.#ledger.unattested(tree?.verifiedSize ?? 0, MAX_UNATTESTED_SESSIONS),
      findings: this.#findings.kept,
      counts: this.#findings.counts,
      unseen: unseen(this.#options, this.#source, this.#content.counts),
    };
  }
}
