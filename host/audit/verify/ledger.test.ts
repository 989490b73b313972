import { describe, expect, it } from 'vitest';
import { Ledger } from './ledger.ts';

const SESSIONS = 30_000;

describe('the ledger', () => {
  it('knows every session again, however many there are', () => {
    using ledger = new Ledger();
    for (const round of [1, 2, 3]) {
      for (let at = 0; at < SESSIONS; at++) {
        const state = ledger.stateOf(`s-${at}`);
        expect(state.lastSeq).toBe(round - 1);
        expect(state.lastHash).toBe(round === 1 ? '' : `hash ${at} ${round - 1}`);
        Object.assign(state, {
          lastSeq: round,
          lastHash: `hash ${at} ${round}`,
          tailRows: at % 10 === 0 ? round : 0,
          tailId: at,
        });
        // One that is asked for again and again meanwhile is not forgotten either.
        ledger.stateOf('busy').lastSeq++;
      }
    }
    expect(ledger.stateOf('busy').lastSeq).toBe(3 * SESSIONS);
    expect(ledger.sessions).toBe(SESSIONS + 1);
    const { rows, sessions } = ledger.unattested(100, 2);
    expect(rows).toBe(3 * (SESSIONS / 10 - 11));
    expect(sessions).toEqual([
      { session: 's-110', rows: 3, id: 110, seq: 0 },
      { session: 's-120', rows: 3, id: 120, seq: 0 },
    ]);
  });

  it('knows what is missing until it is forgiven', () => {
    using ledger = new Ledger();
    expect([ledger.missing, ledger.forgive('/a', 1, 9), ledger.firstMissing(9)]).toEqual([0, 0, []]);
    for (const id of [3, 1, 2])
      for (const pointer of ['/b', '/a']) ledger.addMissing({ id, pointer, session: 's', seq: id });
    expect(ledger.missing).toBe(6);
    expect(ledger.firstMissing(3).map(({ id, pointer }) => `${id}${pointer}`)).toEqual(['1/a', '1/b', '2/a']);
    expect(ledger.forgive('/a', 2, 9)).toBe(2);
    expect(ledger.forgive('/a', 2, 9)).toBe(0);
    expect(ledger.firstMissing(9).map(({ id, pointer }) => `${id}${pointer}`)).toEqual(['1/a', '1/b', '2/b', '3/b']);
  });
});
