import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { HostError } from '../base/error.ts';
import {
  type AnswerStore,
  type Binding,
  holds,
  type RememberedAnswer,
  sameBinding,
  steadyTime,
} from '../policy/remembered.ts';
import { ensureDir } from '../skill/durable.ts';
import { answerOf, BINDING_COLUMNS, bindingValues, COLUMNS, rowValues } from './answer-row.ts';
import { asAnswerError, type Connection, openAnswers } from './answer-schema.ts';

export const ANSWER_FILE_NAME = 'permissions.db';
/** How much time may pass before the database is told how late it is. */
const CLOCK_STEP_MS = 60_000;

interface Open {
  readonly db: Connection;
  /** The latest time that the database has seen, and behind it the row of this binding if there is one. */
  readonly find: (...values: readonly string[]) => { readonly latestMs: number; readonly row: readonly unknown[] };
  readonly latestMs: () => number;
}

/**
 * `<data>/permissions.db`: the answers that outlast a session. Several processes may use it at once. It is opened when the first answer
 * is looked up while there is a file, or is given.
 */
export class AnswerFile implements AnswerStore, Disposable {
  readonly path: string;
  readonly #dataDir: string;
  #open: Open | undefined;

  constructor(dataDir: string) {
    this.#dataDir = dataDir;
    this.path = join(dataDir, ANSWER_FILE_NAME);
  }

  find(binding: Binding, nowMs: number): readonly RememberedAnswer[] {
    return this.#reading((open) => {
      const { latestMs, row } = open.find(...bindingValues(binding));
      const now = observe(open, nowMs, latestMs);
      const answer = answerOf(row);
      if (answer === undefined || !holds(answer, now) || !sameBinding(answer, binding)) return [];
      // What was allowed before the clock was set back is forgotten just now.
      return answer.effect === 'always' && steadyTime(latestMs, nowMs).setBack ? [] : [answer];
    });
  }

  /** @throws TypeError for an answer for a session: those are never written down */
  add(answer: Omit<RememberedAnswer, 'id'>): RememberedAnswer {
    if (answer.effect === 'session' || answer.session !== undefined) throw new TypeError('a session is not kept');
    const added = { ...answer, id: randomBytes(4).toString('hex') };
    ensureDir(this.#dataDir);
    return this.#using((open) => {
      observe(open, answer.createdMs);
      const values = COLUMNS.map(() => '?').join(', ');
      open.db
        .prepare(`INSERT OR REPLACE INTO answers (${COLUMNS.join(', ')}) VALUES (${values})`)
        .run(...rowValues(added));
      return added;
    });
  }

  list(nowMs: number): readonly RememberedAnswer[] {
    return this.#reading((open) => {
      const now = observe(open, nowMs);
      const rows = open.db
        .prepare(`SELECT ${COLUMNS.join(', ')} FROM answers ORDER BY created_ms, id`)
        .raw()
        .all();
      return rows
        .map(answerOf)
        .filter((answer) => answer !== undefined)
        .filter((answer) => holds(answer, now));
    });
  }

  remove(id: string): boolean {
    return this.#reading(({ db }) => [db.prepare('DELETE FROM answers WHERE id = ?').run(id).changes > 0]).includes(
      true,
    );
  }

  sweep(nowMs: number): number {
    const removed = this.#reading((open) => {
      const now = observe(open, nowMs);
      return [open.db.prepare('DELETE FROM answers WHERE expires_ms <= ? OR created_ms > ?').run(now, now).changes];
    });
    return removed[0] ?? 0;
  }

  /** Closes the database; the next use opens it again. */
  [Symbol.dispose](): void {
    this.#open?.db.close();
    this.#open = undefined;
  }

  /** The same where there is nothing to read without a file. */
  #reading<T>(work: (open: Open) => readonly T[]): readonly T[] {
    if (this.#open === undefined && !existsSync(this.path)) return [];
    return this.#using(work);
  }

  #using<T>(work: (open: Open) => T): T {
    this.#open ??= opened(this.path);
    const open = this.#open;
    try {
      return asAnswerError(this.path, () => work(open));
    } catch (error) {
      // What was mended or replaced meanwhile is seen by the next use.
      if (error instanceof HostError) this[Symbol.dispose]();
      throw error;
    }
  }
}

function opened(path: string): Open {
  const db = openAnswers(path);
  try {
    return asAnswerError(path, () => prepared(db));
  } catch (error) {
    db.close();
    throw error;
  }
}

function prepared(db: Connection): Open {
  const where = BINDING_COLUMNS.map((column) => `${column} = ?`).join(' AND ');
  const columns = COLUMNS.join(', ');
  const find = db.prepare(`SELECT latest_ms, ${columns} FROM clock LEFT JOIN answers ON ${where}`).raw();
  const latest = db.prepare('SELECT latest_ms FROM clock').pluck();
  return {
    db,
    find: (...values) => {
      const found: unknown = find.get(...values);
      const [latestMs, ...row]: readonly unknown[] = Array.isArray(found) ? found : [];
      return { latestMs: typeof latestMs === 'number' ? latestMs : 0, row };
    },
    latestMs: () => {
      const value = latest.get();
      return typeof value === 'number' ? value : 0;
    },
  };
}

/** The time to go by. When the clock was set back, what was allowed is forgotten for every process. */
function observe({ db, latestMs }: Open, nowMs: number, seen = latestMs()): number {
  const steady = steadyTime(seen, nowMs);
  if (steady.setBack) {
    db.transaction(() => {
      // Another process may have been here first.
      if (!steadyTime(latestMs(), nowMs).setBack) return;
      db.prepare("DELETE FROM answers WHERE effect = 'always' OR expires_ms <= ?").run(seen);
      db.prepare('UPDATE clock SET latest_ms = ?').run(nowMs);
    }).immediate();
  } else if (nowMs - seen >= CLOCK_STEP_MS) {
    db.prepare('UPDATE clock SET latest_ms = max(latest_ms, ?)').run(nowMs);
  }
  return steady.nowMs;
}
