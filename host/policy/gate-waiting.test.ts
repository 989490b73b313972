import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { HostError } from '../base/error.ts';
import type { ActionKind } from './action.ts';
import type { Approver, Choice } from './gate-ports.ts';
import {
  ScriptedApprover,
  TEST_ACTIONS,
  TEST_ASKER,
  TEST_CLOCK,
  WaitingApprover,
  askGate,
  testGate,
} from './testing.ts';

const { WorkspaceRead: read, WorkspaceWrite: write, WorkspaceDelete: remove } = TEST_ACTIONS;
const forever = new AbortController().signal;

describe('an abort', () => {
  const reason = new Error('enough');

  it('before it began', async () => {
    const { gate, log } = testGate();
    await expect(gate.ask(read, TEST_ASKER, {}, AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(log.decisions).toEqual([]);
  });

  it('while a person is asked, who may answer after it', async () => {
    const stop = new AbortController();
    let answer!: (choice: Choice) => void;
    const approver: Approver = {
      ask: () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
    };
    const { gate, log, answers } = testGate({ approver });
    const asking = gate.ask(write, TEST_ASKER, {}, stop.signal);
    await sleep(1);
    stop.abort(reason);
    await expect(asking).rejects.toBe(reason);
    answer('always');
    await sleep(1);
    expect(log.decisions).toEqual([]);
    expect(answers.list(TEST_CLOCK.now())).toEqual([]);
  });

  it.for([read, write] as const)('while the row of %j is written, at whatever length', async (action) => {
    const stop = new AbortController();
    const told: unknown[] = [];
    const { gate } = testGate({
      approver: new ScriptedApprover('once'),
      log: { record: () => new Promise(() => undefined) },
      onUnrecorded: (decision) => told.push(decision),
    });
    const asking = gate.ask<ActionKind>(action, TEST_ASKER, {}, stop.signal);
    await sleep(1);
    stop.abort(reason);
    await expect(asking).rejects.toBe(reason);
    expect(told).toEqual([]);
  });

  it('while a person answers leaves no row', async () => {
    const stop = new AbortController();
    const approver: Approver = {
      ask: async () => {
        await Promise.resolve();
        queueMicrotask(() => stop.abort(reason));
        return 'always';
      },
    };
    const { gate, log } = testGate({ approver });
    await expect(gate.ask(write, TEST_ASKER, {}, stop.signal)).rejects.toBe(reason);
    expect(log.decisions).toEqual([]);
  });

  it('whose reason is an error of ours is an abort all the same', async () => {
    const stop = new AbortController();
    const { gate, log } = testGate({ approver: new WaitingApprover() });
    const asking = gate.ask(write, TEST_ASKER, {}, stop.signal);
    await sleep(1);
    const ours = new HostError('io', 'the channel went away');
    stop.abort(ours);
    await expect(asking).rejects.toBe(ours);
    expect(log.decisions).toEqual([]);
  });

  it('while it waits for another question, and leaves the others in order', async () => {
    const stop = new AbortController();
    const asked = new WaitingApprover();
    const { gate } = testGate({ approver: asked });
    const first = gate.ask(write, TEST_ASKER, {}, forever);
    const second = gate.ask({ ...write, path: 'b' }, TEST_ASKER, {}, stop.signal);
    const third = gate.ask({ ...write, path: 'c' }, TEST_ASKER, {}, forever);
    await sleep(1);
    stop.abort(reason);
    await expect(second).rejects.toBe(reason);
    expect(asked.open).toBe(1);
    asked.answer('once');
    expect(await first).toMatchObject({ kind: 'permit' });
    await sleep(1);
    asked.answer('once');
    expect(await third).toMatchObject({ kind: 'permit' });
  });
});

describe('questions', () => {
  it('are put one at a time to one person, and the next sees the answer of the first', async () => {
    const asked = new WaitingApprover();
    const { gate, log } = testGate({ approver: asked });
    const all = Array.from({ length: 5 }, () => askGate(gate, write));
    await sleep(1);
    expect(asked.open).toBe(1);
    asked.answer('always');
    expect((await Promise.all(all)).map(({ kind }) => kind)).toEqual(Array(5).fill('permit'));
    expect(asked.questions).toHaveLength(1);
    expect(log.decisions.map(({ decider }) => decider)).toEqual(['person', ...Array(4).fill('remembered')]);
  });

  it('that were the same share a no, and only those that waited', async () => {
    const asked = new WaitingApprover();
    const { gate, log } = testGate({ approver: asked });
    const waiting = [askGate(gate, remove), askGate(gate, remove), askGate(gate, { ...remove, path: 'other' })];
    await sleep(1);
    asked.answer('no');
    await sleep(1);
    asked.answer('once');
    expect((await Promise.all(waiting)).map(({ kind }) => kind)).toEqual(['denied', 'denied', 'permit']);
    expect(log.decisions).toHaveLength(3);
    const again = askGate(gate, remove);
    await sleep(1);
    asked.answer('once');
    expect(await again).toMatchObject({ kind: 'permit' });
  });

  it('that were the same do not share a yes that was for once', async () => {
    const asked = new WaitingApprover();
    const { gate } = testGate({ approver: asked });
    const waiting = [askGate(gate, remove), askGate(gate, remove)];
    await sleep(1);
    asked.answer('once');
    await sleep(1);
    expect(asked.questions).toHaveLength(2);
    asked.answer('no');
    expect((await Promise.all(waiting)).map(({ kind }) => kind)).toEqual(['permit', 'denied']);
  });

  it('with other arguments are other questions', async () => {
    const asked = new WaitingApprover();
    const { gate } = testGate({ approver: asked });
    const waiting = [1, 2].map((text) => askGate(gate, write, TEST_ASKER, { args: { text } }));
    await sleep(1);
    asked.answer('no');
    await sleep(1);
    asked.answer('once');
    expect((await Promise.all(waiting)).map(({ kind }) => kind)).toEqual(['denied', 'permit']);
  });

  it('to several people are put at once', async () => {
    const asked = new WaitingApprover();
    const { gate } = testGate({ approver: asked });
    void askGate(gate, write);
    void askGate(gate, write, { ...TEST_ASKER, person: 'ben' });
    await sleep(1);
    expect(asked.open).toBe(2);
  });

  it('do not pile up without end', async () => {
    const asked = new WaitingApprover();
    const { gate } = testGate({ approver: asked });
    const all = Array.from({ length: 70 }, (_, at) => askGate(gate, { ...write, path: `f${at}` }));
    const settledEarly = await Promise.all(all.slice(64));
    for (const answer of settledEarly)
      expect(answer).toMatchObject({ kind: 'denied', rule: 'too many questions wait already' });
    expect(settledEarly).toHaveLength(6);
    expect(asked.questions).toHaveLength(1);
  });
});
