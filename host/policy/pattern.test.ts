import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectCode } from './fixtures/expect-code.ts';
import type { Action, ActionKind } from './action.ts';
import { anyAction } from './fixtures/arbitraries.ts';
import { covers, type Effect, exactPattern, keyOf, parsePattern } from './pattern.ts';
import { subjectOf } from './subject.ts';
import { TEST_ACTIONS } from './testing.ts';

const write = (path: string): Action => ({ ...TEST_ACTIONS.WorkspaceWrite, path });
const get = (url: string): Action => ({ kind: 'NetworkRequest', method: 'GET', url });
const exec = (...argv: string[]): Action => ({ kind: 'ShellExec', argv });
const skill = (name: string, tool: string): Action => ({ ...TEST_ACTIONS.SkillRun, skill: name, tool });
const send = (channel: string, conversation: string): Action => ({ kind: 'MessageSend', channel, conversation });
const install = (name: string, digest: string): Action => ({ kind: 'SkillInstall', name, digest });

function matches(text: string, action: Action, effect: Effect = 'allow'): boolean {
  const subject = subjectOf(action);
  return subject.kind !== 'malformed' && covers(parsePattern(action.kind, text), subject, effect);
}

describe('a pattern', () => {
  it.for<readonly [string, Action]>([
    ['src/**', write('src/a')],
    ['src/**', write('src/a/b.ts')],
    ['src/*.ts', write('src/a.ts')],
    ['.env', write('.env')],
    ['**', write('.')],
    ['example.com', get('https://example.com/')],
    ['example.com', get('http://example.com:8080/')],
    ['EXAMPLE.com.', get('https://example.com/')],
    ['example.com', get('https://EXAMPLE.com./')],
    ['example.com:443', get('https://example.com/')],
    ['*.example.com', get('https://a.b.example.com/')],
    ['*', get('https://example.com/')],
    ['*:8443', get('https://example.com:8443/')],
    ['127.0.0.1', get('http://127.1/')],
    ['127.0.0.1', get('http://0x7f000001/')],
    ['127.0.0.1', get('http://2130706433/')],
    ['127.1', get('http://017700000001/')],
    ['127.0.0.1', get('http://[::ffff:127.0.0.1]/')],
    ['127.0.0.1', get('http://[0:0:0:0:0:ffff:7f00:1]/')],
    ['[::1]:80', get('http://[0:0::1]/')],
    ['faß.de', get('https://xn--fa-hia.de/')],
    ['xn--e1aybc.com', get('https://тест.com/')],
    ['git log *', exec('git', 'log')],
    ['git log *', exec('git', 'log', '--oneline', '-5')],
    ['*', exec('anything')],
    ["cat 'a b'", exec('cat', 'a b')],
    ['cat "a b"', exec('cat', 'a b')],
    ["cat '*'", exec('cat', '*')],
    ["cat ''", exec('cat', '')],
    ['lyrik', skill('lyrik', 'scan')],
    ['lyrik/scan', skill('lyrik', 'scan')],
    ['lyrik/*', skill('lyrik', 'x')],
    ['ly*', skill('lyrik', 'x')],
    ['telegram/a/b', send('telegram', 'a/b')],
    ['lyrik', install('lyrik', 'd1')],
    ['lyrik@d1', install('lyrik', 'd1')],
  ])('%j covers %j', ([text, action]) => {
    expect(matches(text, action)).toBe(true);
  });

  it.for<readonly [string, Action]>([
    ['src/**', write('src')],
    ['src/**', write('src/../x')],
    ['src/**', write('src/./x')],
    ['src/**', write('src//x')],
    ['src/**', write('/src/x')],
    ['src/**', write('src/x/')],
    ['src/**', write('src/.env')],
    ['src/**', write('SRC/a')],
    ['src/*', write('src/a/b')],
    ['*', write('.')],
    ['**', write('..')],
    ['example.com', get('https://good.example.com/')],
    ['*.example.com', get('https://example.com/')],
    ['*.example.com', get('https://evilexample.com/')],
    ['example.com', get('https://example.com@evil.com/')],
    ['evil.com', get('https://example.com@evil.com/')],
    ['example.com', get('https://example.com.evil.com/')],
    ['example.com', get('https://ехаmple.com/')],
    ['example.com:443', get('http://example.com/')],
    ['example.com:443', get('https://example.com:8443/')],
    ['example.com', get('https://example.com\\@evil.com/')],
    ['example.com', get(' https://example.com/')],
    ['example.com', get('https://exam\nple.com/')],
    ['*', get('file:///etc/passwd')],
    ['*', get('javascript:alert(1)')],
    ['*', get('nonsense')],
    ['git log *', exec('git', 'push')],
    ['git log', exec('git', 'log', '-p')],
    ['cat a b', exec('cat', 'a b')],
    ["cat 'a b'", exec('cat', 'a', 'b')],
    ["git '*'", exec('git', 'push')],
    ['ls', exec('/bin/ls')],
    ['*', exec()],
    ['*', exec('')],
    ['lyrik', skill('lyrik2', 'scan')],
    ['lyrik', skill('lyrik/scan', 'x')],
    ['lyrik/scan', skill('lyrik/scan', 'scan')],
    ['lyrik/scan', skill('lyrik', 'scan2')],
    ['lyrik/scan', skill('lyrik', 'x/scan')],
    ['telegram/a', send('telegram', 'a/b')],
    ['a/b/c', send('a/b', 'c')],
    ['lyrik@d1', install('lyrik', 'd2')],
    ['ab*ba', skill('aba', 'x')],
    ['a*bc*cd', skill('abcd', 'x')],
  ])('%j does not cover %j', ([text, action]) => {
    expect(matches(text, action)).toBe(false);
  });

  it.for<readonly [string, Action]>([
    ['**', write('.env')],
    ['src/**', write('src/.git/config')],
    ['*', write('.env')],
    ['**/config', write('.git/config')],
    ['src/?env', write('src/.env')],
  ])('%j reaches names with a dot only when it denies: %j', ([text, action]) => {
    expect(matches(text, action, 'deny')).toBe(true);
    expect(matches(text, action, 'allow')).toBe(false);
  });

  it.for<readonly [ActionKind, string]>([
    ['WorkspaceWrite', ''],
    ['WorkspaceWrite', '/etc/**'],
    ['WorkspaceWrite', '../x'],
    ['WorkspaceWrite', 'a//b'],
    ['WorkspaceWrite', '{a,b}'],
    ['WorkspaceWrite', '!a'],
    ['WorkspaceWrite', 'a\nb'],
    ['WorkspaceWrite', '\u202egpj.exe'],
    ['WorkspaceWrite', 'a\u200bb'],
    ['WorkspaceWrite', 'a\ud800'],
    ['WorkspaceWrite', 'a'.repeat(5000)],
    ['NetworkRequest', 'https://example.com'],
    ['NetworkRequest', 'example.com/x'],
    ['NetworkRequest', 'user@example.com'],
    ['NetworkRequest', 'exa mple.com'],
    ['NetworkRequest', 'ex*mple.com'],
    ['NetworkRequest', '*.*.com'],
    ['NetworkRequest', '*.127.0.0.1'],
    ['NetworkRequest', '*.[::1]'],
    ['NetworkRequest', 'example.com:0'],
    ['NetworkRequest', 'example.com:99999'],
    ['NetworkRequest', 'example..com'],
    ['NetworkRequest', '.example.com'],
    ['NetworkRequest', '*.'],
    ['NetworkRequest', 'exam%70le.com'],
    ['NetworkRequest', '999.1.1.1'],
    ['NetworkRequest', '[::1'],
    ['ShellExec', ''],
    ['ShellExec', 'git  log'],
    ['ShellExec', ' git'],
    ['ShellExec', 'git '],
    ['ShellExec', 'git * log'],
    ['ShellExec', 'git l*'],
    ['ShellExec', 'ls;rm'],
    ['ShellExec', "ls 'a"],
    ['ShellExec', "ls a'b'"],
    ['ShellExec', "''"],
    ['SkillRun', '/scan'],
    ['SkillRun', 'lyrik/'],
    ['AgentSpawn', 'a\u0000b'],
  ])('of %s is never %j', ([variant, text]) => {
    expectCode(() => parsePattern(variant, text), 'policy-invalid');
  });

  it('says what it means', () => {
    expect(parsePattern('NetworkRequest', '*.ТЕСТ.com:443').text).toBe('*.xn--e1aybc.com:443');
    expect(parsePattern('NetworkRequest', '0x7f000001').text).toBe('127.0.0.1');
    expect(parsePattern('ShellExec', 'cat "a b" *').text).toBe("cat 'a b' *");
  });
});

describe('the pattern of one action', () => {
  it.for<readonly [Action, string | undefined]>([
    [write('src/a.ts'), 'src/a.ts'],
    [write('src/a*'), undefined],
    [write('a?'), undefined],
    [write('{a}'), undefined],
    [write('!a'), undefined],
    [write('.'), undefined],
    [write('a\nb'), undefined],
    [write('\u202egpj'), undefined],
    [get('https://EXAMPLE.com./x?y'), 'example.com:443'],
    [get('http://[::ffff:127.0.0.1]:81/'), '127.0.0.1:81'],
    [exec('git', 'log', 'a b', '*', ''), "git log 'a b' '*' ''"],
    [exec('echo', `both ' and "`), undefined],
    [exec('echo', 'a\nb'), undefined],
    [skill('lyrik', 'scan'), 'lyrik/scan'],
    [skill('lyrik/scan', 'x'), undefined],
    [skill('ly*', 'x'), undefined],
    [skill('lyrik', '*'), undefined],
    [send('telegram', 'a/b'), 'telegram/a/b'],
    [install('a@b', 'c'), undefined],
    [{ kind: 'AgentSpawn', agent: 'a/b' }, 'a/b'],
  ])('%j is %j', ([action, text]) => {
    const subject = subjectOf(action);
    expect(subject.kind === 'malformed' ? undefined : exactPattern(action.kind, subject)).toBe(text);
  });

  it('covers it, and nothing else', () => {
    fc.assert(
      fc.property(anyAction, anyAction, (one, other) => {
        const subject = subjectOf(one);
        if (subject.kind === 'malformed') return;
        const text = exactPattern(one.kind, subject);
        if (text === undefined) return;
        const pattern = parsePattern(one.kind, text);
        expect(pattern.text).toBe(text);
        expect(covers(pattern, subject, 'allow')).toBe(true);
        const against = subjectOf(other);
        if (other.kind !== one.kind || against.kind === 'malformed') return;
        if (covers(pattern, against, 'deny')) expect(against).toEqual(subject);
      }),
      { numRuns: 3000 },
    );
  });

  it('reads back for any words', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' }), { minLength: 1, maxLength: 5 }), (argv) => {
        const subject = subjectOf({ kind: 'ShellExec', argv });
        if (subject.kind !== 'argv') return;
        const text = exactPattern('ShellExec', subject);
        if (text === undefined) return;
        expect(parsePattern('ShellExec', text)).toMatchObject({ words: argv, open: false });
      }),
    );
  });
});

it('is indexed under a key that every subject it covers has', () => {
  const texts: readonly (readonly [ActionKind, string])[] = [
    ['WorkspaceWrite', 'src/**'],
    ['WorkspaceWrite', 'src/a.ts'],
    ['WorkspaceWrite', '**/.env'],
    ['WorkspaceWrite', '**'],
    ['NetworkRequest', '*.example.com'],
    ['NetworkRequest', '*'],
    ['ShellExec', 'ls *'],
    ['SkillRun', 'a/b'],
  ];
  fc.assert(
    fc.property(fc.constantFrom(...texts), anyAction, ([variant, text], action) => {
      const subject = subjectOf(action);
      const pattern = parsePattern(variant, text);
      if (variant !== action.kind || subject.kind === 'malformed' || !covers(pattern, subject, 'deny')) return;
      const key = keyOf(pattern);
      if (key !== undefined) expect(subject.keys).toContain(key);
    }),
    { numRuns: 3000 },
  );
});

it('refuses what no person could judge', () => {
  for (const action of [
    write('a/../b'),
    exec(),
    exec('a\0b'),
    exec('x'.repeat(40_000)),
    exec(...Array.from({ length: 2000 }, () => 'a')),
    get('https://u:p@x.com/'),
    get('https://x.com/\ud800'),
    skill('', 'x'),
    skill('a', ''),
    skill('a\ud800', 'x'),
    { kind: 'WebSearch', query: 'x'.repeat(9000) } as const,
    { kind: 'ScheduleCreate', schedule: '', task: 'x' } as const,
  ])
    expect(subjectOf(action).kind).toBe('malformed');
});
