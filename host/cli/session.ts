import { randomBytes, randomFillSync } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import type { AuditLog } from '../audit/log.ts';
import { HostError, systemCode } from '../base/error.ts';
import { systemClock } from '../base/ports.ts';
import { shown } from '../base/shown.ts';
import { ensureDataDir } from '../config.ts';
import { AnswerFile } from '../consent/answer-file.ts';
import { RuleFile } from '../consent/rule-file.ts';
import { decisionRow } from '../policy/decision-row.ts';
import type { Appended, AuditSink, EventDraft } from '../policy/event.ts';
import { Gate } from '../policy/gate.ts';
import { type HostPattern, readHostPattern } from '../policy/host-pattern.ts';
import type { Approver } from '../policy/gate-ports.ts';
import type { Caller } from '../wasi/call-skill.ts';
import type { Context } from './context.ts';
import { faultOf } from './output.ts';

export const AGENT = 'default';
const ID_BYTES = 10;

export interface SessionSpec {
  readonly channel: 'cli' | 'chat';
  readonly approver: Approver;
  /** The command without what others wrote: `skill run`. */
  readonly command: string;
}

/** A row of this session: the session and its channel are added. */
export type SessionRow = Omit<EventDraft, 'session' | 'channel'>;

/**
 * What one command or one chat does, under one session of the audit log: its gate, its rows, and whom it is done for.
 * The log is opened with the first row; a command that does nothing worth a row leaves none.
 */
export class Session implements AuditSink, AsyncDisposable {
  readonly caller: Caller;
  readonly gate: Gate;
  readonly #context: Context;
  readonly #command: string;
  readonly #answers: AnswerFile;
  #log: Promise<AuditLog> | undefined;
  #warned = false;
  #ended: Promise<void> | undefined;

  constructor(context: Context, { channel, approver, command }: SessionSpec) {
    const { dataDir } = context.config;
    this.#context = context;
    this.#command = command;
    this.caller = { session: sessionId(channel), agent: AGENT, channel, person: personName() };
    this.#answers = new AnswerFile(dataDir);
    const rules = new RuleFile(dataDir);
    this.gate = new Gate({
      rules: () => rules.rules(),
      answers: this.#answers,
      log: {
        record: async (decision) => void (await this.append(decisionRow(decision))),
      },
      approver,
      clock: systemClock,
      networkHosts: context.config.networkHosts.map(parseHostPattern),
      onUnrecorded: (_decision, error) => this.warnUnrecorded(error),
      onUnremembered: (_action, error) => context.out.warn(noticeText(error)),
    });
  }

  /** @throws HostError `audit-unwritable`, `audit-invalid`, `audit-key` */
  async append(draft: EventDraft): Promise<Appended> {
    const log = await this.#open();
    return await log.append(draft);
  }

  /** The same for a row of this session. */
  async note(row: SessionRow): Promise<Appended> {
    const { session, channel } = this.caller;
    return await this.append({ session, channel, ...row });
  }

  /** The same for what goes on without a row: the person is told, once. */
  async noteIfPossible(row: SessionRow): Promise<void> {
    try {
      await this.note(row);
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      this.warnUnrecorded(error);
    }
  }

  /**
   * Does what the row says, once the row stands, and adds a row with `failed` if it could not be done. A person's own hand on what is
   * trusted is not held up by a log that cannot be written: a key must be revocable at any time.
   */
  async during<T>(row: SessionRow, effect: () => T | Promise<T>): Promise<T> {
    await this.noteIfPossible(row);
    try {
      return await effect();
    } catch (error) {
      const code = error instanceof HostError ? error.code : 'internal';
      await this.noteIfPossible({ ...row, detail: { ...row.detail, failed: code } });
      throw error;
    }
  }

  /** Says, once, that what happens is not recorded. */
  warnUnrecorded(error: unknown): void {
    if (this.#warned) return;
    this.#warned = true;
    this.#context.out.warn(`this is not recorded: ${noticeText(error)}`);
  }

  /** Ends the session, once: its last rows and their head are durable when it resolves. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#ended ??= this.#end();
    return this.#ended;
  }

  async #end(): Promise<void> {
    this.#answers[Symbol.dispose]();
    if (this.#log === undefined) return;
    try {
      const log = await this.#log;
      await log.endSession(this.caller.session, {}, { channel: this.caller.channel });
      await log[Symbol.asyncDispose]();
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      this.warnUnrecorded(error);
    }
  }

  /** What is appended to a file elsewhere shows a log that was cut or rolled back; a file that cannot be written stops nothing. */
  #keepElsewhere(file: string, note: string): void {
    try {
      appendFileSync(file, `${note}\n`, { mode: 0o600 });
    } catch (error) {
      const code = systemCode(error);
      if (code === undefined) throw error;
      this.#context.out.warn(`the checkpoint was not kept elsewhere: ${shown(file, 4096)} answers ${code}`);
    }
  }

  async #open(): Promise<AuditLog> {
    // One that failed is tried again with the next row: a disk may have got room.
    this.#log ??= this.#start().catch((error: unknown) => {
      this.#log = undefined;
      throw error;
    });
    return await this.#log;
  }

  async #start(): Promise<AuditLog> {
    const { dataDir, audit } = this.#context.config;
    const { checkpoints } = audit;
    ensureDataDir(dataDir);
    const { openAuditLog } = await import('../audit/log.ts');
    const log = openAuditLog({
      dataDir,
      clock: systemClock,
      random: { fill: (bytes) => void randomFillSync(bytes) },
      onNotice: (line) => this.#context.out.warn(line),
      ...(checkpoints === undefined ? {} : { onCheckpoint: (note) => this.#keepElsewhere(checkpoints, note) }),
    });
    const { session, agent, channel, person } = this.caller;
    // Not waited for: it goes to the disk together with the row that it is opened for, and before it.
    log.startSession(session, { command: this.#command, agent, person }, { channel }).catch(() => undefined);
    return log;
  }
}

/** What is wrong, where, and what to do about it. */
function noticeText(error: unknown): string {
  const { message, file, remedy } = faultOf(error);
  const where = file === undefined || message.includes(file) ? '' : ` (${shown(file, 400)})`;
  return `${shown(message)}${where}\n  ${shown(remedy ?? '')}`.trimEnd();
}

function parseHostPattern(untrusted: string): HostPattern {
  const pattern = readHostPattern(untrusted);
  if (!('refused' in pattern)) return pattern;
  throw new HostError('config-invalid', `network.hosts: "${shown(untrusted, 200)}" ${pattern.refused}`, {
    remedy: 'Correct it in config.yaml.',
  });
}

/** The session of a command that asks nobody. */
export function quietSession(context: Context, command: string): Session {
  return new Session(context, { channel: 'cli', command, approver: { ask: async () => 'unavailable' } });
}

/** `cli-` and then time and chance, sorting by time. */
function sessionId(channel: string): string {
  const time = systemClock.now().toString(36).padStart(9, '0');
  return `${channel}-${time}${randomBytes(ID_BYTES).toString('hex')}`;
}

/** Who is at the terminal. */
export function personName(): string {
  try {
    return userInfo().username;
  } catch {
    // A user id without an entry has no name.
    return `uid-${process.getuid?.() ?? 'unknown'}`;
  }
}
