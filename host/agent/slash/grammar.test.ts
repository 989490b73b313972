import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../base/jcs.ts';
import type { JsonSchema, Tool, ToolName } from '../../skill/skill.ts';
import { wordOf } from './convert.ts';
import { argumentsFromWords, parseCall, parseCommand, parseSlash, selectTool } from './grammar.ts';
import { parametersOf } from './parameters.ts';
import { usageLine } from './usage.ts';
import { quoteWord } from './words.ts';

const tool = (name: string, parameters: JsonSchema): Tool => ({
  name: name as ToolName,
  description: name,
  parameters: { type: 'object', ...parameters },
  readOnly: true,
  idempotent: true,
});

const sort = tool('sort', {
  properties: {
    reverse: { type: 'boolean' },
    file: { type: 'string' },
    by: { type: 'array', items: { type: 'string' } },
    limit: { type: 'integer', minimum: 1 },
    ratio: { type: 'number' },
    as: { enum: ['csv', 'json', 7, null] },
    maybe: { type: ['integer', 'null'] },
    mixed: { type: ['string', 'integer', 'boolean', 'null'] },
    options: { type: 'object', properties: { a: { type: 'integer' } } },
    sizes: { type: ['array', 'null'], items: { $ref: '#/$defs/size' } },
    any: true,
  },
  required: ['file'],
  additionalProperties: false,
  $defs: { size: { anyOf: [{ type: 'integer' }, { type: 'null' }] } },
});
const count = tool('count', {
  properties: { from: { type: 'string' }, paths: { type: 'array', items: { type: 'string' } }, to: { type: 'string' } },
  required: ['from', 'paths', 'to'],
});
const paths = tool('stats', {
  properties: { paths: { type: 'array', items: { type: 'string' } }, deep: { type: 'boolean' } },
});

describe('parseSlash', () => {
  it.for<readonly [string, { name: string; rest: string } | undefined]>([
    ['/code-stats src', { name: 'code-stats', rest: 'src' }],
    ['  /help  ', { name: 'help', rest: '' }],
    ['/a  b\n c ', { name: 'a', rest: 'b\n c' }],
    ['/', undefined],
    ['/ a', undefined],
    ['a /b', undefined],
    ['//a', undefined],
    ['/usr/bin', undefined],
    ['', undefined],
  ])('%j', ([line, expected]) => {
    expect(parseSlash(line)).toEqual(expected);
  });
});

describe('selectTool', () => {
  const tools = [count, sort];
  it.for<readonly [string, readonly Tool[], string, readonly string[], string, readonly string[]]>([
    ['by the first word', tools, 'csv', ['sort', 'a'], 'sort', ['a']],
    ['by the name of the skill', tools, 'sort', ['a'], 'sort', ['a']],
    ['by order', tools, 'csv', ['a'], 'count', ['a']],
    ['by order without words', tools, 'csv', [], 'count', []],
    ['not behind --', tools, 'csv', ['--', 'sort', 'a'], 'count', ['sort', 'a']],
    ['once only', tools, 'csv', ['sort', 'count'], 'sort', ['count']],
  ])('selects %s', ([, tools, skill, words, name, left]) => {
    expect(selectTool(tools, skill, words)).toEqual({ tool: tools.find((tool) => tool.name === name), words: left });
  });

  it('selects nothing from nothing', () => {
    expect(selectTool([], 'a', ['a'])).toBeUndefined();
  });
});

describe('argumentsFromWords', () => {
  it.for<readonly [Tool, readonly string[], Json]>([
    [sort, ['a.csv'], { file: 'a.csv' }],
    [sort, ['file=a.csv'], { file: 'a.csv' }],
    [sort, ['--file', 'a.csv'], { file: 'a.csv' }],
    [sort, ['--file=a.csv'], { file: 'a.csv' }],
    [sort, ['--file=a=b'], { file: 'a=b' }],
    [sort, ['other=b'], { file: 'other=b' }],
    [sort, ['--', '--file'], { file: '--file' }],
    [sort, ['-'], { file: '-' }],
    [sort, ['7'], { file: '7' }],
    [sort, ['f', '--reverse'], { file: 'f', reverse: true }],
    [sort, ['f', '--no-reverse'], { file: 'f', reverse: false }],
    [sort, ['f', '--reverse=no'], { file: 'f', reverse: false }],
    [sort, ['f', 'true'], { file: 'f', reverse: true }],
    [sort, ['f', 'name'], { file: 'f', by: ['name'] }],
    [sort, ['f', 'a', 'b', 'c'], { file: 'f', by: ['a', 'b', 'c'] }],
    [sort, ['f', '--by', 'a', '--by=b', 'by=c'], { file: 'f', by: ['a', 'b', 'c'] }],
    [sort, ['f', 'by=["a","b"]'], { file: 'f', by: ['a', 'b'] }],
    [sort, ['f', 'by=[]'], { file: 'f', by: [] }],
    [sort, ['f', '--limit', '3'], { file: 'f', limit: 3 }],
    [sort, ['f', 'limit=+3'], { file: 'f', limit: 3 }],
    [sort, ['f', 'ratio=.5'], { file: 'f', ratio: 0.5 }],
    [sort, ['f', '--ratio', '-1.5e3'], { file: 'f', ratio: -1500 }],
    [sort, ['f', 'as=json'], { file: 'f', as: 'json' }],
    [sort, ['f', 'as=7'], { file: 'f', as: 7 }],
    [sort, ['f', 'as=null'], { file: 'f', as: null }],
    [sort, ['f', 'maybe=null'], { file: 'f', maybe: null }],
    [sort, ['f', 'mixed=null'], { file: 'f', mixed: null }],
    [sort, ['f', 'mixed="null"'], { file: 'f', mixed: 'null' }],
    [sort, ['f', 'mixed=1.5'], { file: 'f', mixed: '1.5' }],
    [sort, ['f', 'mixed=text'], { file: 'f', mixed: 'text' }],
    [sort, ['f', 'options={"a":1}'], { file: 'f', options: { a: 1 } }],
    [sort, ['f', 'sizes=1', 'sizes=null'], { file: 'f', sizes: [1, null] }],
    [sort, ['f', 'sizes=null'], { file: 'f', sizes: null }],
    [sort, ['f', 'any=[1]'], { file: 'f', any: [1] }],
    [sort, ['f', 'any=x y'], { file: 'f', any: 'x y' }],
    [sort, ['{"file":"f"}'], { file: 'f' }],
    [sort, ['file='], { file: '' }],
    [sort, ['f', 'file=g'], { file: 'g', by: ['f'] }],
    [count, ['a', 'b', 'c', 'd'], { from: 'a', paths: ['b', 'c'], to: 'd' }],
    [count, ['a', 'b', 'd'], { from: 'a', paths: ['b'], to: 'd' }],
    [count, ['--to', 'z', 'a', 'b', 'c'], { from: 'a', paths: ['b', 'c'], to: 'z' }],
    [paths, [], {}],
    [paths, ['--deep', 'a', 'b'], { deep: true, paths: ['a', 'b'] }],
    [paths, ['paths=a', 'b'], { paths: ['a', 'b'] }],
  ])('$name of %#: %j', ([tool, words, expected]) => {
    expect(argumentsFromWords('csv', tool, words)).toEqual({ kind: 'ok', value: expected });
  });

  it.for<readonly [Tool, readonly string[], string]>([
    [sort, [], 'lacks file'],
    [sort, ['--file'], '--file needs a value'],
    [sort, ['f', '--nope'], 'there is no parameter --nope'],
    [sort, ['f', '--nope=1'], 'there is no parameter --nope=1'],
    [sort, ['f', '--no-file'], 'there is no parameter --no-file'],
    [sort, ['--file=f', '--file=g'], 'file is given twice'],
    [sort, ['f', '--reverse', '--no-reverse'], 'reverse is given twice'],
    [sort, ['f', 'limit=many'], 'limit: many is not an integer'],
    [sort, ['f', 'limit=1.5'], 'limit: 1.5 is not an integer'],
    [sort, ['f', 'limit=9007199254740993'], 'too large to be exact'],
    [sort, ['f', `ratio=1${'0'.repeat(400)}`], 'too large to be exact'],
    [sort, ['f', 'limit=0'], '/limit must be at least 1, not 0'],
    [sort, ['f', 'limit='], 'limit: an empty word is not an integer'],
    [sort, ['f', 'ratio=0x10'], 'ratio: 0x10 is not a number'],
    [sort, ['f', 'as=xml'], 'as: xml is not one of csv, json, 7, null'],
    [sort, ['f', 'options=1'], 'options: 1 is not an object'],
    [sort, ['f', 'options={"a":"x"}'], '/options/a must be integer, not a string'],
    [sort, ['f', 'sizes=x'], 'sizes: x is not an integer or null'],
    [sort, ['{"file":'], 'no JSON'],
    [sort, ['{"file":"f","x":1}'], '/x is not allowed'],
    [sort, ['f', '--\u001b[2J'], String.raw`--\x1b[2J`],
    [count, ['a', 'b'], 'lacks to'],
    [tool('none', { properties: {} }), ['a'], 'there is no parameter for a'],
  ])('says what is wrong with %#: %j', ([tool, words, message]) => {
    const result = argumentsFromWords('csv', tool, words);
    expect(result).toMatchObject({
      kind: 'usage',
      message: expect.stringContaining(message),
      usage: usageLine('csv', tool),
    });
  });
});

describe('parseCall', () => {
  it.for<readonly [string, string, Json]>([
    ['sort {"file": "a b", "by": ["x"]}', 'sort', { file: 'a b', by: ['x'] }],
    [`sort 'a b' --reverse`, 'sort', { file: 'a b', reverse: true }],
    ['sort —reverse f', 'sort', { file: 'f', reverse: true }],
    ['-- sort b c', 'count', { from: 'sort', paths: ['b'], to: 'c' }],
    ['{"from":"a","paths":[],"to":"b"}', 'count', { from: 'a', paths: [], to: 'b' }],
    ['a b c', 'count', { from: 'a', paths: ['b'], to: 'c' }],
  ])('%s', ([rest, name, value]) => {
    expect(parseCall([count, sort], 'csv', rest)).toMatchObject({ kind: 'call', tool: { name }, value });
  });

  it('says where a quote is open, with the usage line', () => {
    expect(parseCall([sort], 'csv', `sort 'a`)).toEqual({
      kind: 'usage',
      message: "the quote ' is not closed (character 1)",
      usage: usageLine('csv', sort),
    });
  });

  it('takes the words of a shell as they are', () => {
    expect(parseCommand([sort], 'csv', ['sort', "it's", '--by', 'a b'])).toMatchObject({
      kind: 'call',
      value: { file: "it's", by: ['a b'] },
    });
    expect(parseCommand([sort], 'csv', [])).toMatchObject({
      usage: expect.stringMatching(/^wirken skill run csv sort /),
    });
    expect(parseCommand([], 'csv', [])).toEqual({ kind: 'no-tools' });
  });

  it('reads a leading em dash as --, but not behind --', () => {
    const dashed = parseCommand([sort], 'csv', ['sort', 'f', '\u2014by=a']);
    expect(dashed).toEqual(parseCommand([sort], 'csv', ['sort', 'f', '--by=a']));
    expect(dashed).toMatchObject({ kind: 'call' });
    expect(parseCommand([sort], 'csv', ['sort', '--by=a', '--', '\u2014f'])).toMatchObject({
      kind: 'call',
      value: { file: '\u2014f' },
    });
  });

  it('takes one JSON object from elsewhere, and then nothing but the name of a tool', () => {
    const input = '{"file":"f","by":["a"]}';
    expect(parseCommand([sort], 'csv', ['sort'], input)).toMatchObject({ kind: 'call', value: { file: 'f' } });
    expect(parseCommand([sort], 'csv', [], input)).toMatchObject({ kind: 'call' });
    for (const [words, text] of [
      [['sort', 'more'], input],
      [['mistyped'], input],
      [['sort'], 'f'],
      [['sort'], ''],
      [['sort'], '[]'],
      [[], 'sort'],
    ] as const)
      expect(parseCommand([sort], 'csv', words, text)).toMatchObject({ kind: 'usage' });
  });
});

describe('usageLine', () => {
  it('is made from the schema', () => {
    expect(usageLine('csv', sort)).toBe(
      '/csv sort <file> [--reverse] [--by=TEXT …] [--limit=INTEGER] [--ratio=NUMBER] [--as=csv|json|7|null] ' +
        '[--maybe=INTEGER] [--mixed=BOOLEAN|INTEGER|TEXT] [--options=JSON] [--sizes=INTEGER …] [--any=VALUE]',
    );
    expect(usageLine('count', count)).toBe('/count <from> <paths…> <to>');
  });
});

describe('a value written as words', () => {
  const scalar = fc.constantFrom<JsonSchema>(
    { type: 'string' },
    { type: 'integer' },
    { type: 'number' },
    { type: 'boolean' },
    { type: ['string', 'null'] },
    { type: ['string', 'integer'] },
    { type: 'object' },
    {},
    { enum: ['a', 'b c', '', 3, true, null] },
    { anyOf: [{ type: 'boolean' }, { type: 'string' }] },
  );
  const text = fc.oneof(
    fc.string(),
    fc.constantFrom('null', 'true', '1', '-2.5', '"x"', '[1]', '{}', '--', '--a', '—', 'a=b', "'"),
  );
  const valueOf = (schema: JsonSchema): fc.Arbitrary<Json> => {
    if (Array.isArray(schema['enum'])) return fc.constantFrom(...(schema['enum'] as Json[]));
    const types = new Set([schema['type'] ?? ['string', 'null', 'integer', 'boolean', 'object', 'array']].flat());
    if (schema['anyOf']) return fc.oneof(fc.boolean(), text);
    const choices: fc.Arbitrary<Json>[] = [];
    if (types.has('string')) choices.push(text);
    if (types.has('integer')) choices.push(fc.maxSafeInteger());
    if (types.has('number'))
      choices.push(fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => (n === 0 ? 0 : n)));
    if (types.has('boolean')) choices.push(fc.boolean());
    if (types.has('null')) choices.push(fc.constant(null));
    if (types.has('object'))
      choices.push(fc.dictionary(fc.string(), fc.oneof(text, fc.integer()), { noNullPrototype: true }));
    if (types.has('array')) choices.push(fc.array(fc.oneof(text, fc.integer())));
    return fc.oneof(...choices);
  };
  const parameter = fc.oneof(
    scalar.chain((schema) => fc.record({ schema: fc.constant(schema), value: valueOf(schema) })),
    scalar.chain((items) =>
      fc.record({
        schema: fc.constant<JsonSchema>({ type: 'array', items }),
        value: fc.array(valueOf(items), { maxLength: 4 }),
      }),
    ),
  );

  it('is read back the same', () => {
    const call = fc.dictionary(fc.stringMatching(/^[a-z_]{1,6}$/), parameter, { maxKeys: 5, noNullPrototype: true });
    fc.assert(
      fc.property(call, fc.constantFrom('--k=v', '--k v', 'k=v'), (call, form) => {
        const properties = Object.fromEntries(Object.entries(call).map(([name, { schema }]) => [name, schema]));
        const called = tool('t', { properties });
        const value = Object.fromEntries(Object.entries(call).map(([name, { value }]) => [name, value]));
        const words = parametersOf(called).flatMap(({ name, shape, flag }) => {
          const word = wordOf(value[name] ?? null, shape);
          if (form === '--k v' && !flag) return [`--${name}`, word];
          return [form === 'k=v' ? `${name}=${word}` : `--${name}=${word}`];
        });
        expect(parseCall([called], 't', `-- ${words.map(quoteWord).join(' ')}`)).toMatchObject({ kind: 'call', value });
        expect(argumentsFromWords('t', called, words)).toEqual({ kind: 'ok', value });
      }),
      { numRuns: 2000 },
    );
  });
});
