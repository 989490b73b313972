import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyRules } from '../policy/fixtures/arbitraries.ts';
import { expectCode } from '../policy/fixtures/expect-code.ts';
import { parseRule } from '../policy/rule.ts';
import { addRule, removeRule } from './edit-rules.ts';
import { parseRules } from './parse-rules.ts';

const FILE = 'permissions.yaml';
const textsOf = (text: string): readonly string[] => parseRules(text, FILE).map((rule) => rule.text);

describe('a rule file', () => {
  it('holds rules in their order, each with its place', () => {
    const rules = parseRules(
      `# ours
rules:
  - deny: WorkspaceWrite:.git/**   # never
    note: because
  - allow: "NetworkRequest:*.example.com"
    skill: weather
    channel: cli
    agent: main
    person: anna
  - {deny: "*", skill: evil}
`,
      FILE,
    );
    expect(rules.map(({ text, line, column }) => [text, line, column])).toEqual([
      ['deny WorkspaceWrite:.git/**', 3, 5],
      ['allow NetworkRequest:*.example.com (skill weather, channel cli, agent main, person anna)', 5, 5],
      ['deny * (skill evil)', 10, 5],
    ]);
  });

  it.for(['', '\n', '# nothing\n', 'rules:\n', 'rules: []\n', '---\nrules:\n', '\ufeffrules: []\n', 'rules: []\r\n'])(
    'may be empty: %j',
    (text) => {
      expect(parseRules(text, FILE)).toEqual([]);
    },
  );

  it.for<readonly [string, string, number, number]>([
    ['text', 'hello', 1, 1],
    ['a list', '- deny: "*"', 1, 1],
    ['another key', 'rules: []\nrule: []', 2, 1],
    ['the key twice', 'rules: []\nrules: []', 2, 1],
    ['no list', 'rules: deny', 1, 1],
    ['a map', 'rules:\n  deny: "*"', 1, 1],
    ['a rule that is text', 'rules:\n  - deny', 2, 5],
    ['a rule that is nothing', 'rules:\n  -\n', 2, 4],
    ['a rule without effect', 'rules:\n  - skill: x', 2, 5],
    ['a rule with two effects', 'rules:\n  - allow: "*"\n    deny: "*"', 2, 5],
    ['an effect twice', 'rules:\n  - deny: MemoryRead\n    deny: MemoryWrite', 3, 5],
    ['an unknown key in a rule', 'rules:\n  - deny: "*"\n    skil: x', 3, 5],
    ['a key in capitals', 'rules:\n  - Deny: "*"', 2, 5],
    ['a target that is no text', 'rules:\n  - deny: 1', 2, 11],
    ['a target that is missing', 'rules:\n  - deny:', 2, 10],
    ['a condition that is no text', 'rules:\n  - deny: "*"\n    person: 42', 3, 13],
    ['a condition that is a truth value', 'rules:\n  - deny: "*"\n    skill: true', 3, 12],
    ['an empty condition', 'rules:\n  - deny: "*"\n    skill: ""', 3, 12],
    ['an unquoted star', 'rules:\n  - deny: *', 2, 11],
    ['an unknown variant', 'rules:\n  - deny: MemoryRead\n  - deny: Nothing', 3, 11],
    ['a wrong pattern', 'rules:\n  - deny: WorkspaceRead:../x', 2, 11],
    ['a pattern of hosts that is a URL', 'rules:\n  - allow: NetworkRequest:https://x.com', 2, 12],
    ['an anchor', 'rules:\n  - deny: &a MemoryRead', 2, 14],
    ['an alias', 'rules:\n  - deny: &a x\n  - deny: *a', 2, 14],
    ['a merge', 'rules:\n  - <<: {deny: "*"}', 2, 5],
    ['a tag', 'rules:\n  - deny: !x MemoryRead', 2, 11],
    ['a binary tag', 'rules:\n  - deny: !!binary aGk=', 2, 11],
    ['a key that is a list', 'rules:\n  - ? [deny]\n    : "*"', 2, 7],
    ['a second document', 'rules: []\n---\nrules: []', 2, 1],
    ['a tab', 'rules:\n\t- deny: "*"', 2, 1],
    ['an open quote', 'rules:\n  - deny: "*', 2, 13],
    ['a directive that nobody knows', '%FOO bar\n---\nrules: []', 1, 1],
    ['a zero byte in a name', 'rules:\n  - deny: "MemoryRead:a\\0b"', 2, 11],
    ['a right-to-left override', 'rules:\n  - deny: "MemoryRead:\\u202Ex"', 2, 11],
    ['too many rules', `rules:\n${'  - deny: MemoryRead\n'.repeat(10_001)}`, 2, 3],
  ])('is refused whole for %s', ([, text, line, column]) => {
    const error = expectCode(() => parseRules(text, FILE), 'policy-invalid');
    expect(error.details).toMatchObject({ file: FILE, line, column });
    expect(error.message).toMatch(new RegExp(`^permissions\\.yaml:${line}:${column}: the rule file `));
    expect(error.details.remedy).toBeTruthy();
    expect(error.message).not.toContain('\n');
  });

  it.for<readonly [string, string]>([
    ['nests without end', '['.repeat(100_000)],
    ['maps without end', `rules:\n${'- deny:\n    '.repeat(2)}${'{a: '.repeat(50_000)}`],
    ['is too large', `# ${'x'.repeat(1024 * 1024)}`],
  ])('is refused when it %s', ([, text]) => {
    expectCode(() => parseRules(text, FILE), 'policy-invalid');
  });

  it('is refused at every depth', () => {
    for (let depth = 2; depth < 40_000; depth *= 2) {
      for (const [open, close] of [
        ['[', ']'],
        ['{a: ', '}'],
        ['- ', ''],
        ['a:\n', ''],
      ] as const)
        expectCode(() => parseRules(`rules: ${open.repeat(depth)}x${close.repeat(depth)}`, FILE), 'policy-invalid');
    }
  });

  it('with very many keys is refused soon', () => {
    const text = `rules:\n  - ${Array.from({ length: 50_000 }, (_, at) => `k${at}: x`).join('\n    ')}`;
    expectCode(() => parseRules(text, FILE), 'policy-invalid');
  });

  it('is refused as one error whatever the bytes are', () => {
    const piece = fc.constantFrom(
      'rules:',
      '\n',
      '  - ',
      'deny: ',
      'allow: ',
      '*',
      '"*"',
      'MemoryRead',
      ':',
      ' ',
      '&a',
      '!',
      '{',
      '}',
      '[',
      ']',
      "'",
      '#',
      '\t',
      '|',
      '>',
      '? ',
      '---',
      '%',
      '\u0000',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string()), { maxLength: 20 }), (pieces) => {
        try {
          parseRules(pieces.join(''), FILE);
        } catch (error) {
          expect(error).toMatchObject({ name: 'HostError', code: 'policy-invalid' });
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('an edit', () => {
  const BEFORE = `# at the top

rules:
  # of git
  - deny: WorkspaceWrite:.git/**   # beside

  - allow: 'NetworkRequest:api.example.com'
    note: "quoted"

# at the end
`;

  it('adds a rule at the end and keeps what people wrote', () => {
    const { text, rules } = addRule(BEFORE, FILE, { effect: 'allow', target: 'ShellExec:git log *', skill: 'lyrik' });
    expect(rules.map((rule) => rule.text)).toEqual([...textsOf(BEFORE), 'allow ShellExec:git log * (skill lyrik)']);
    for (const kept of [
      '# at the top',
      '# of git',
      '# beside',
      "'NetworkRequest:api.example.com'",
      'note: "quoted"',
      '# at the end',
    ])
      expect(text).toContain(kept);
  });

  it('changes nothing for a rule that is there', () => {
    expect(addRule(BEFORE, FILE, { effect: 'deny', target: 'WorkspaceWrite:.git/**' }).text).toBe(BEFORE);
  });

  it.for(['', '# only this\n', 'rules:\n', 'rules: []\n', 'rules: null # c\n', '{rules: []}\n'])(
    'begins in %j',
    (text) => {
      const edited = addRule(text, FILE, { effect: 'deny', target: '*' });
      expect(textsOf(edited.text)).toEqual(['deny *']);
      for (const comment of text.match(/#.*/g) ?? []) expect(edited.text).toContain(comment);
    },
  );

  it('removes one rule and no other', () => {
    const { text } = removeRule(BEFORE, FILE, 0);
    expect(textsOf(text)).toEqual(['allow NetworkRequest:api.example.com']);
    expect(text).toContain('# at the end');
    expect(textsOf(removeRule(text, FILE, 0).text)).toEqual([]);
    expectCode(() => removeRule(text, FILE, 1), 'not-found');
    expectCode(() => removeRule(text, FILE, -1), 'not-found');
  });

  it('touches no file that is wrong', () => {
    expectCode(() => addRule('rules: x', FILE, { effect: 'deny', target: '*' }), 'policy-invalid');
    expectCode(() => removeRule('rules: x', FILE, 0), 'policy-invalid');
    expectCode(() => addRule('', FILE, { effect: 'deny', target: 'Nothing' }), 'policy-invalid');
  });

  it('keeps any rules, however they were put in and taken out', () => {
    fc.assert(
      fc.property(anyRules, fc.nat(), (rules, nth) => {
        let text = '# head\n';
        const expected: string[] = [];
        for (const rule of rules) {
          text = addRule(text, FILE, rule).text;
          const said = parseRule(rule).text;
          if (!expected.includes(said)) expected.push(said);
        }
        expect(textsOf(text)).toEqual(expected);
        expect(text).toContain('# head');
        if (expected.length === 0) return;
        const at = nth % expected.length;
        expect(textsOf(removeRule(text, FILE, at).text)).toEqual(expected.toSpliced(at, 1));
      }),
      { numRuns: 300 },
    );
  });
});
