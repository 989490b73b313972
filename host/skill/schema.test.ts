import { Validator as Oracle } from '@cfworker/json-schema';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../base/jcs.ts';
import { compileSchema, faultsText, validatorOf } from './schema.ts';
import type { JsonSchema } from './skill.ts';

const faults = (schema: JsonSchema, value: Json): readonly string[] =>
  compileSchema(schema)
    .validate(value)
    .map(({ path, message }) => `${path}: ${message}`);

describe('compileSchema', () => {
  it.for<readonly [JsonSchema, Json, string]>([
    [{ type: 'integer' }, '1', ': must be integer, not a string'],
    [{ type: ['integer', 'null'] }, 1.5, ': must be integer or null, not a number'],
    [{ enum: ['a', 'b'] }, 'c', ': must be one of "a", "b", not "c"'],
    [{ const: { a: 1 } }, { a: 2 }, ': must be an object, not an object'],
    [{ minimum: 1 }, 0, ': must be at least 1, not 0'],
    [{ maximum: 1 }, 2, ': must be at most 1, not 2'],
    [{ exclusiveMinimum: 1 }, 1, ': must be more than 1, not 1'],
    [{ exclusiveMaximum: 1 }, 1, ': must be less than 1, not 1'],
    [{ multipleOf: 0.1 }, 0.35, ': must be a multiple of 0.1, not 0.35'],
    [{ minLength: 2 }, '\u{1F600}', ': must have at least 2 characters, not 1'],
    [{ maxLength: 1 }, 'ab', ': must have at most 1 characters, not 2'],
    [{ pattern: '^a' }, 'ba', ': must match ^a, unlike "ba"'],
    [{ format: 'date' }, '2023-02-29', ': must be a date, unlike "2023-02-29"'],
    [{ minItems: 1 }, [], ': must have at least 1 items, not 0'],
    [{ maxItems: 1 }, [1, 2], ': must have at most 1 items, not 2'],
    [
      { uniqueItems: true },
      [
        { a: 1, b: 2 },
        { b: 2, a: 1 },
      ],
      ': must not repeat items: 0 and 1 are equal',
    ],
    [{ minProperties: 1 }, {}, ': must have at least 1 members, not 0'],
    [{ maxProperties: 0 }, { a: 1 }, ': must have at most 0 members, not 1'],
    [{ required: ['a', 'b'] }, { a: 1 }, ': lacks b'],
    [{ required: ['toString'] }, {}, ': lacks toString'],
    [{ dependentRequired: { a: ['b'] } }, { a: 1 }, ': has a and therefore needs b'],
    [{ dependentSchemas: { a: { required: ['b'] } } }, { a: 1 }, ': lacks b'],
    [{ properties: { a: { type: 'string' } } }, { a: 1 }, '/a: must be string, not an integer'],
    [{ properties: { 'a/b~': false } }, { 'a/b~': 1 }, '/a~1b~0: is not allowed'],
    [{ patternProperties: { '^x': { type: 'null' } } }, { xa: 1 }, '/xa: must be null, not an integer'],
    [{ properties: { a: true }, additionalProperties: false }, { a: 1, b: 2 }, '/b: is not allowed'],
    [{ propertyNames: { pattern: '^a$' } }, { b: 1 }, ': must not have a member named b'],
    [{ items: { type: 'string' } }, ['a', 1], '/1: must be string, not an integer'],
    [{ prefixItems: [true], items: false }, [1, 2], '/1: is not allowed'],
    [{ contains: { const: 1 } }, [2], ': must contain at least 1 items of a kind, and has 0'],
    [{ contains: { const: 1 }, maxContains: 1 }, [1, 1], ': must contain at most 1 items of a kind, and has 2'],
    [{ allOf: [{ type: 'string' }, { minLength: 1 }] }, '', ': must have at least 1 characters, not 0'],
    [
      { anyOf: [{ type: 'string' }, { type: 'null' }] },
      1,
      ': must be string, not an integer, or must be null, not an integer',
    ],
    [
      { anyOf: [{ type: 'string' }, { properties: { a: { type: 'null' } }, type: 'object' }] },
      { a: 1 },
      '/a: must be null, not an integer',
    ],
    [{ oneOf: [true, true] }, 1, ': matches 2 of the alternatives, where one is allowed'],
    [{ not: { type: 'string' } }, 'a', ': matches what is excluded here'],
    // oxlint-disable-next-line unicorn/no-thenable
    [{ if: { const: 1 }, then: false }, 1, ': is not allowed'],
    [{ if: { const: 1 }, else: { type: 'null' } }, 2, ': must be null, not an integer'],
    [{ $ref: '#/$defs/a%25~1', $defs: { 'a%/': { type: 'null' } } }, 1, ': must be null, not an integer'],
    [{ $ref: '#x', $defs: { a: { $anchor: 'x', type: 'null' } } }, 1, ': must be null, not an integer'],
    [
      { properties: { next: { $ref: '#' }, v: { type: 'null' } } },
      { next: { next: { v: 1 } } },
      '/next/next/v: must be null, not an integer',
    ],
    [{ allOf: [{ properties: { a: true } }], unevaluatedProperties: false }, { a: 1, b: 1 }, '/b: is not allowed'],
    [
      { anyOf: [{ properties: { a: { const: 2 } }, required: ['z'] }, true], unevaluatedProperties: false },
      { a: 2 },
      '/a: is not allowed',
    ],
    [{ prefixItems: [true], unevaluatedItems: false }, [1, 2], '/1: is not allowed'],
  ])('%j finds in %j: %s', ([schema, value, expected]) => {
    expect(faults(schema, value)).toEqual([expected]);
  });

  it.for<readonly [JsonSchema, Json]>([
    [{}, { anything: [1] }],
    [{ multipleOf: 0.01 }, 19.99],
    [{ multipleOf: 0.1 }, 0.3],
    [{ type: 'integer' }, 1.0],
    [{ type: 'number' }, 1],
    [{ enum: [{ a: [1, null] }] }, { a: [1, null] }],
    [{ format: 'unheard-of' }, 'x'],
    [{ 'x-own-keyword': 1, title: 'T', default: 3, examples: [1] }, 1],
    [{ $schema: 'https://json-schema.org/draft/2020-12/schema', $id: 'https://example.org/x' }, 1],
    [{ uniqueItems: true }, [1, '1', true, 'true', null, [], {}]],
    [{ oneOf: [{ type: 'string' }, { type: 'null' }] }, null],
    [{ allOf: [{ properties: { a: true } }], unevaluatedProperties: false }, { a: 1 }],
    [{ contains: { type: 'string' }, unevaluatedItems: false }, ['a']],
    [{ required: ['__proto__'] }, JSON.parse('{"__proto__":1}')],
    [
      { properties: { toString: false }, dependentRequired: { valueOf: ['a'] }, dependentSchemas: { valueOf: false } },
      {},
    ],
    [{ $defs: { d: { allOf: [{ $ref: '#/$defs/e' }] }, e: { type: 'string' } }, $ref: '#/$defs/d' }, 'a'],
  ])('%j takes %j', ([schema, value]) => {
    expect(faults(schema, value)).toEqual([]);
  });

  const deep = (levels: number): Json => {
    let value: Json = 1;
    for (let level = 0; level < levels; level++) value = [value];
    return value;
  };

  it.for<readonly [string, JsonSchema]>([
    ['a type that is none', { type: 'text' }],
    ['a number for a type', { type: 5 }],
    ['a keyword of the wrong shape', { properties: [] }],
    ['a subschema that is none', { items: 1 }],
    ['items as a list', { items: [{ type: 'string' }] }],
    ['another dialect', { $schema: 'http://json-schema.org/draft-07/schema#' }],
    ['a reference out of the document', { $ref: 'https://example.org/schema' }],
    ['a reference to nothing', { $ref: '#/$defs/no' }],
    ['a reference to a prototype', { $ref: '#/constructor' }],
    ['a dynamic reference', { $dynamicRef: '#a' }],
    ['an identifier inside', { properties: { a: { $id: 'x' } } }],
    ['a pattern that may not end', { pattern: '(a)\\1' }],
    ['a pattern of members that may not end', { patternProperties: { '(?=a)': true } }],
    ['a negative length', { minLength: -1 }],
    ['a unit of zero', { multipleOf: 0 }],
    ['what is malformed in $defs alone', { $defs: { a: { type: 'x' } } }],
    ['nesting without end', { const: deep(500) }],
    ['schemas without end', { anyOf: Array.from({ length: 5000 }, () => ({})) }],
  ])('refuses %s', ([, schema]) => {
    expect(() => compileSchema(schema)).toThrow(
      expect.objectContaining({ name: 'HostError', code: 'manifest-invalid' }),
    );
  });

  const doubling = Object.fromEntries(
    Array.from({ length: 60 }, (_, n) => [
      `a${n}`,
      { allOf: [{ $ref: `#/$defs/a${n + 1}` }, { $ref: `#/$defs/a${n + 1}` }] },
    ]),
  );

  it.for<readonly [string, JsonSchema, () => Json]>([
    ['a reference to itself', { $ref: '#' }, () => 1],
    [
      'references in a circle',
      { $defs: { a: { $ref: '#/$defs/b' }, b: { $ref: '#/$defs/a' } }, $ref: '#/$defs/a' },
      () => 1,
    ],
    ['references that double', { $defs: { ...doubling, a60: true }, $ref: '#/$defs/a0' }, () => 1],
    ['doubling with the depth of the value', { items: { allOf: [{ $ref: '#' }, { $ref: '#' }] } }, () => deep(100)],
    ['a denial that doubles', { items: { anyOf: [{ not: { $ref: '#' } }, { $ref: '#' }] } }, () => deep(100)],
    ['a value that nests without end', {}, () => deep(100_000)],
    ['a pattern on megabytes', { pattern: '(a{0,500}){0,4}!$' }, () => 'a'.repeat(4_000_000)],
    [
      'a million equal-looking items',
      { items: { uniqueItems: true, enum: [1] } },
      () => Array.from({ length: 2_000_000 }, (_, n) => [n, [n]]),
    ],
  ])('ends, with a fault, on %s', ([, schema, value]) => {
    expect(compileSchema(schema).validate(value())).not.toEqual([]);
  });

  it('has a bounded list of faults, and none of them acts on a terminal', () => {
    const found = compileSchema({ additionalProperties: false }).validate(
      Object.fromEntries(Array.from({ length: 1000 }, (_, n) => [`\u001b[2J${n}`, 1])),
    );
    expect(found).toHaveLength(20);
    expect(faultsText(found)).not.toContain('\u001b');
  });

  it('compiles one schema object once', () => {
    const schema = { type: 'object' };
    expect(validatorOf(schema)).toBe(validatorOf(schema));
  });

  it.for<readonly [string, string, boolean]>([
    ['time', '12:00:00Z', true],
    ['time', '23:59:60Z', true],
    ['time', '22:59:60Z', false],
    ['date-time', '2024-02-29T12:00:00.5+01:00', true],
    ['date-time', '2024-02-29 12:00:00Z', false],
    ['duration', 'P1DT2H', true],
    ['duration', 'PT', false],
    ['email', 'a.b@example.org', true],
    ['email', '.a@example.org', false],
    ['hostname', 'a-b.example', true],
    ['hostname', '-a.example', false],
    ['ipv4', '127.0.0.1', true],
    ['ipv4', '127.1', false],
    ['ipv4', '01.2.3.4', false],
    ['ipv6', '::1', true],
    ['ipv6', '1::2::3', false],
    ['uri', 'https://example.org/a?b#c', true],
    ['uri', '/a', false],
    ['uri-reference', '/a', true],
    ['uri-reference', 'a b', false],
    ['uuid', '2eb8aa08-aa98-11ea-b4aa-73b441d16380', true],
    ['uuid', '2eb8aa08aa9811eab4aa73b441d16380', false],
    ['json-pointer', '/a~1b', true],
    ['json-pointer', '/a~2', false],
    ['regex', '[', false],
  ])('%s of %s: %s', ([format, text, valid]) => {
    expect(faults({ format }, text).length === 0).toBe(valid);
  });

  const value = fc.letrec<{ value: Json }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3, depthSize: 'small' },
      fc.constantFrom<Json>(null, true, 0, 1, 2, 1.5, '', 'a', 'ab'),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('value'), { maxKeys: 3, noNullPrototype: true }),
    ),
  })).value;
  const schema = fc.letrec<{ schema: Json }>((tie) => {
    const list = fc.array(tie('schema'), { minLength: 1, maxLength: 3 });
    const map = fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('schema'), { maxKeys: 2, noNullPrototype: true });
    const count = fc.nat(3);
    const keyword = fc.oneof(
      fc.record({ type: fc.constantFrom('null', 'boolean', 'integer', 'number', 'string', 'array', 'object') }),
      fc.record({ enum: fc.array(value, { minLength: 1, maxLength: 3 }) }),
      fc.record({ const: value }),
      fc.record({ minimum: count }),
      fc.record({ maxLength: count }),
      fc.record({ minItems: count, uniqueItems: fc.boolean() }),
      fc.record({ maxProperties: count }),
      fc.record({ required: fc.constantFrom(['a'], ['a', 'b']) }),
      fc.record({ pattern: fc.constantFrom('^a', 'b$', '^(a|b)*$') }),
      fc.record({ properties: map, additionalProperties: tie('schema') }),
      fc.record({ properties: map, patternProperties: fc.record({ '^[ab]': tie('schema') }) }),
      fc.record({ prefixItems: list, items: tie('schema') }),
      fc.record({ contains: tie('schema'), maxContains: fc.constant(2) }),
      fc.record({ propertyNames: fc.record({ enum: fc.constantFrom<Json[]>(['a'], ['a', 'b']) }) }),
      fc.record({ allOf: list }),
      fc.record({ anyOf: list }),
      fc.record({ oneOf: list }),
      fc.record({ not: tie('schema') }),
      // oxlint-disable-next-line unicorn/no-thenable
      fc.record({ if: tie('schema'), then: tie('schema'), else: tie('schema') }),
      fc.record({ dependentSchemas: map }),
    );
    return {
      schema: fc.oneof(
        { maxDepth: 3, depthSize: 'small' },
        fc.boolean(),
        fc.array(keyword, { maxLength: 2 }).map((parts) => Object.assign({}, ...parts) as Json),
      ),
    };
  }).schema;

  it('agrees with another validator', () => {
    fc.assert(
      fc.property(schema, value, (schema, value) => {
        fc.pre(typeof schema === 'object' && schema !== null);
        const copy = structuredClone(schema) as JsonSchema;
        expect(faults(copy, value).length === 0).toBe(
          new Oracle(structuredClone(copy), '2020-12', false).validate(value).valid,
        );
      }),
      { numRuns: 3000 },
    );
  });
});
