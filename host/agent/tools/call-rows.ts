import { createHash } from 'node:crypto';
import { encodeHex } from '../../base/bytes.ts';
import { HostError } from '../../base/error.ts';
import type { Json } from '../../base/jcs.ts';
import type { ActionKind } from '../../policy/action.ts';
import type { Appended, EventDraft } from '../../policy/event.ts';
import type { Recorded } from '../../workspace/journal/recorder.ts';
import type { CallPorts } from './call-ports.ts';
import type { ToolOutcome } from './outcome.ts';

type Row = Pick<EventDraft, 'action' | 'detail' | 'redactable' | 'blobs'>;

/** The two rows of one call. */
export class CallRows {
  readonly #ports: Pick<CallPorts, 'audit' | 'caller' | 'actor' | 'onUnrecorded'>;
  readonly #tool: string;
  readonly #kind: ActionKind;
  #seq = 0;

  constructor(ports: Pick<CallPorts, 'audit' | 'caller' | 'actor' | 'onUnrecorded'>, tool: string, kind: ActionKind) {
    this.#ports = ports;
    this.#tool = tool;
    this.#kind = kind;
  }

  /** @throws HostError `audit-unwritable` where leave is needed: then nothing may happen */
  async call(args: Json): Promise<void> {
    try {
      const { seq } = await this.#append({
        action: 'tool.call',
        detail: { tool: this.#tool, action_variant: this.#kind },
        redactable: { arguments: args },
      });
      this.#seq = seq;
    } catch (error) {
      if (!(error instanceof HostError) || this.#kind !== 'WorkspaceRead') throw error;
      this.#ports.onUnrecorded(error);
    }
  }

  async result(outcome: ToolOutcome, recorded: Recorded | undefined): Promise<void> {
    const journal = recorded?.kind === 'kept' ? recorded.bytes : undefined;
    await this.#end({
      detail: {
        outcome: outcome.kind,
        ...(outcome.kind === 'failed' ? { code: outcome.code } : {}),
        journal: recorded === undefined ? 'none' : recorded.kind,
      },
      redactable: {
        ...(outcome.kind === 'done' ? { result: outcome.value } : { message: outcome.message }),
        ...(journal === undefined ? {} : { journal_blob: { $blob: sha256(journal), bytes: journal.length } }),
      },
      blobs: journal === undefined ? [] : [journal],
    });
  }

  /** For a call that did not end by itself. */
  async ended(how: 'cancelled' | 'limit' | 'internal'): Promise<void> {
    await this.#end({ detail: { outcome: how, journal: 'none' } });
  }

  async #end({ detail, ...rest }: Pick<Row, 'detail' | 'redactable' | 'blobs'>): Promise<void> {
    try {
      await this.#append({ ...rest, action: 'tool.result', detail: { tool: this.#tool, call: this.#seq, ...detail } });
    } catch (error) {
      // What was done is done; that its end stands nowhere is said.
      if (!(error instanceof HostError)) throw error;
      this.#ports.onUnrecorded(error);
    }
  }

  async #append(row: Row): Promise<Appended> {
    const { audit, actor, caller } = this.#ports;
    return await audit.append({ session: caller.session, actor, channel: caller.channel, ...row });
  }
}

function sha256(bytes: Uint8Array): string {
  return encodeHex(createHash('sha256').update(bytes).digest());
}
