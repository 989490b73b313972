import { describe, expect, it } from 'vitest';
import { shown } from '../base/shown.ts';
import type { Action } from './action.ts';
import { ACTION_KINDS } from './table.ts';
import { TEST_ACTIONS } from './testing.ts';
import { auditText, questionText, wordOf } from './text.ts';

const HOSTILE = 'a"? (approved)\n\u001b[2K\u202eAllow\u200b\u0085';

/** The same action with every text in it replaced. */
function hostile(action: Action): Action {
  const members = Object.entries(action).map(([key, value]) => {
    if (key === 'kind' || typeof value === 'boolean' || key === 'trust' || key === 'asks') return [key, value];
    return [key, Array.isArray(value) ? [HOSTILE, HOSTILE] : HOSTILE];
  });
  return Object.fromEntries(members);
}

describe.for(ACTION_KINDS)('%s', (kind) => {
  const action = TEST_ACTIONS[kind];

  it('has a question, a phrase for stories and a word to type', () => {
    expect(questionText(action)).toMatch(/^[A-Z].*\?$/);
    expect(auditText(action)).toMatch(/^[a-z].*[^.?]$/);
    expect(wordOf(action)).toMatch(/^[a-z]{3,9}$/);
  });

  it('puts hostile text in quotes, on one line, and hides nothing of it', () => {
    for (const text of [questionText(hostile(action)), auditText(hostile(action))]) {
      expect(shown(text, text.length)).toBe(text);
      expect(text).not.toContain('\n');
      // A quote that would end the quotation is escaped, or stands between the other kind of quotes.
      expect(text).toContain(kind === 'ShellExec' ? `'a"? (approved)` : String.raw`a\"? (approved)`);
    }
    expect(wordOf(hostile(action))).toBe(wordOf(action));
  });
});

it('cuts nothing', () => {
  const path = `${'x/'.repeat(2000)}end`;
  expect(questionText({ ...TEST_ACTIONS.WorkspaceWrite, path })).toContain('/end"');
  expect(questionText({ kind: 'ShellExec', argv: ['echo', 'y'.repeat(5000), 'end'] })).toContain('y end?');
});

it.for([
  ['https://тест.com/x', 'xn--e1aybc.com:443'],
  ['http://0x7f000001/', '127.0.0.1:80'],
  ['https://EXAMPLE.com.:8443/', 'example.com:8443'],
] as const)('names the host of %s as the network will: %s', ([url, host]) => {
  expect(questionText({ kind: 'NetworkRequest', method: 'GET', url })).toContain(`the host ${host},`);
});

it('tells words from blanks', () => {
  expect(questionText({ kind: 'ShellExec', argv: ['rm', 'a b'] })).toBe("Run the command rm 'a b'?");
  expect(questionText({ kind: 'ShellExec', argv: ['rm', 'a', 'b'] })).toBe('Run the command rm a b?');
  expect(questionText({ kind: 'ShellExec', argv: ['rm', `'"`] })).toBe(String.raw`Run the command ["rm","'\""]?`);
});
