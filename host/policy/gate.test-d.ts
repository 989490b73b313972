/* oxlint-disable typescript/no-misused-spread -- that a spread does not pass is what is shown */
import { expectTypeOf, it } from 'vitest';
import type { Action, ActionKind, ActionOf, Asker } from './action.ts';
import type { Asks, Denied } from './gate-ports.ts';
import type { Gate } from './gate.ts';
import { Permit } from './permit.ts';

declare const gate: Gate;
declare const port: Asks;
declare const asker: Asker;
declare const signal: AbortSignal;
declare const action: Action;
declare const toRead: Permit<'WorkspaceRead'>;
declare const toAnything: Permit;
declare const denied: Denied<'WorkspaceRead'>;
declare const unpermitted: ActionOf<'WorkspaceRead'>;
declare function read(permit: Permit<'WorkspaceRead'>): void;
declare function write(permit: Permit<'WorkspaceWrite'>): void;

it('gives a permit of the kind that was asked for', () => {
  expectTypeOf(gate.ask({ kind: 'WorkspaceRead', path: 'a' }, asker, {}, signal)).resolves.toEqualTypeOf<
    Permit<'WorkspaceRead'> | Denied<'WorkspaceRead'>
  >();
  expectTypeOf(gate.ask<'ShellExec'>({ kind: 'ShellExec', argv: [] }, asker, {}, signal)).resolves.toEqualTypeOf<
    Permit<'ShellExec'> | Denied<'ShellExec'>
  >();
  expectTypeOf(gate.ask(action, asker, {}, signal)).resolves.toEqualTypeOf<Permit | Denied>();
  expectTypeOf(gate).toExtend<Asks>();
  // @ts-expect-error no kind of action
  void gate.ask({ kind: 'Nothing' }, asker, {}, signal);
  // @ts-expect-error the members of another kind
  void gate.ask({ kind: 'WorkspaceRead', argv: [] }, asker, {}, signal);
  // @ts-expect-error a question has a signal
  void gate.ask({ kind: 'WorkspaceRead', path: 'a' }, asker, {});
});

it('takes nothing less than a permit of that kind', async () => {
  read(toRead);
  // @ts-expect-error a permit to read does not pay for a write
  write(toRead);
  // @ts-expect-error nobody knows for what it is
  read(toAnything);
  // @ts-expect-error a denial is no permit
  read(denied);
  // @ts-expect-error an action that nobody permitted
  read(unpermitted);
  // @ts-expect-error it may be a denial
  read(await port.ask<'WorkspaceRead'>({ kind: 'WorkspaceRead', path: 'a' }, asker, {}, signal));
  // @ts-expect-error a spread leaves the proof behind
  read({ ...toRead });
  // @ts-expect-error it only looks like one
  read({ kind: 'permit', action: unpermitted, decider: 'tier' });
  // @ts-expect-error the constructor is private
  read(new Permit(unpermitted, 'tier'));
  // @ts-expect-error spent as another kind
  Permit.spend(toRead, 'WorkspaceWrite');
  // @ts-expect-error what was decided is not changed
  toRead.action.path = 'b';
  // @ts-expect-error nor exchanged
  toRead.action = unpermitted;
});

it('gives back what was permitted', () => {
  expectTypeOf(Permit.spend(toRead, 'WorkspaceRead')).toEqualTypeOf<ActionOf<'WorkspaceRead'>>();
  expectTypeOf<ActionOf<ActionKind>>().toEqualTypeOf<Action>();
});
