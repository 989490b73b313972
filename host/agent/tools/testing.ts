import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HostError } from '../../base/error.ts';
import type { Json } from '../../base/jcs.ts';
import type { Appended, AuditSink, EventDraft } from '../../policy/event.ts';
import type { Approver } from '../../policy/gate-ports.ts';
import type { GatePorts } from '../../policy/gate.ts';
import { ScriptedApprover, TEST_ASKER, testGate } from '../../policy/testing.ts';
import type { TestGate } from '../../policy/testing.ts';
import { WorkspaceDir } from '../../workspace/dir.ts';
import type { CallPorts } from './call-ports.ts';
import { callTool } from './call-tool.ts';
import { SandboxProbe } from './exec/sandbox-probe.ts';
import type { ToolOutcome } from './outcome.ts';

/** A log in memory; `broken` makes every row fail from then on. */
export class RecordedRows implements AuditSink {
  readonly rows: EventDraft[] = [];
  broken: HostError | undefined;

  async append(draft: EventDraft): Promise<Appended> {
    if (this.broken !== undefined) throw this.broken;
    this.rows.push(draft);
    return { id: this.rows.length, seq: this.rows.length, hash: '' };
  }
}

const probe = new SandboxProbe();

/** A workspace on the real file system with an outside and a data directory beside it, a real gate, and a log in memory. */
export class ToolScene implements Disposable {
  readonly base = realpathSync(mkdtempSync(join(tmpdir(), 'wirken-tools-')));
  readonly work = join(this.base, 'work');
  readonly outside = join(this.base, 'outside');
  readonly dataDir = join(this.base, 'data');
  readonly audit = new RecordedRows();
  readonly unrecorded: HostError[] = [];
  readonly gate: TestGate;
  readonly ports: CallPorts;
  readonly workspace: WorkspaceDir;

  /** Without an approver a person says yes to everything, once. */
  constructor({ gate = {}, ...ports }: Partial<Omit<CallPorts, 'gate'>> & { readonly gate?: Partial<GatePorts> } = {}) {
    for (const path of [this.work, this.outside, this.dataDir]) mkdirSync(path);
    writeFileSync(join(this.outside, 'secret.txt'), 'the secret');
    writeFileSync(join(this.dataDir, 'key'), 'the key');
    this.workspace = WorkspaceDir.openAmbient(this.work);
    const approver: Approver = new ScriptedApprover('once');
    this.gate = testGate({ approver, ...gate });
    this.ports = {
      gate: this.gate.gate,
      audit: this.audit,
      caller: TEST_ASKER,
      actor: 'cli',
      options: {},
      workspace: () => this.workspace,
      exec: { sandbox: probe.sandbox, allowUnsandboxed: false, dataDir: this.dataDir },
      onUnrecorded: (error) => void this.unrecorded.push(error),
      ...ports,
    };
  }

  /** A file of the workspace, with the directories on its way. */
  put(path: string, content: string | Uint8Array = path): void {
    const full = join(this.work, path);
    mkdirSync(join(full, '..'), { recursive: true });
    writeFileSync(full, content);
  }

  path(path: string): string {
    return join(this.work, path);
  }

  async call(name: string, args: Json, signal = new AbortController().signal): Promise<ToolOutcome> {
    return await callTool(name, args, this.ports, signal);
  }

  /** The value of a call that must be done. */
  async done(name: string, args: Json): Promise<{ readonly [member: string]: Json }> {
    const outcome = await this.call(name, args);
    if (outcome.kind !== 'done') throw new Error(`${name}: ${JSON.stringify(outcome)}`);
    return outcome.value;
  }

  /** `done`, `denied`, or the code of a failure. */
  async ending(name: string, args: Json): Promise<string> {
    const outcome = await this.call(name, args);
    return outcome.kind === 'failed' ? outcome.code : outcome.kind;
  }

  [Symbol.dispose](): void {
    this.workspace.close();
    rmSync(this.base, { recursive: true, force: true });
  }
}

/** A member of a value that must be text. */
export function textIn(value: { readonly [member: string]: Json }, member: string): string {
  const text = value[member];
  if (typeof text !== 'string') throw new TypeError(`${member} is no text`);
  return text;
}
