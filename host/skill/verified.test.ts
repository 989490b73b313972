import { afterAll, describe, expect, it } from 'vitest';
import { readBundleDir } from './read-bundle.ts';
import { Verified } from './verified.ts';
import { contextOf, good, scratch } from './verify.fixture.ts';
import { verify } from './verify.ts';

afterAll(() => scratch[Symbol.dispose]());

describe('a proof cannot be made elsewhere', () => {
  const proof = verify(readBundleDir(good()), contextOf());

  it('knows its own', () => {
    expect(Verified.is(proof)).toBe(true);
    expect(Object.isFrozen(proof)).toBe(true);
  });

  it.for<[string, () => unknown]>([
    ['new', () => new (Verified as unknown as new (door: symbol, value: unknown) => unknown)(Symbol('verified'), {})],
    ['Reflect.construct', () => Reflect.construct(Verified as unknown as new () => unknown, [])],
    ['a subclass', () => new (class extends (Verified as unknown as new () => object) {})()],
    ['the mint', () => Verified.takeMint()],
  ])('%s throws', ([, forge]) => {
    expect(forge).toThrow(TypeError);
  });

  it.for<[string, unknown]>([
    ['a literal', { value: {} }],
    ['a spread', Object.assign({}, proof)],
    ['a prototype', Object.create(Verified.prototype)],
    ['a clone', structuredClone(Object.assign({}, proof))],
    ['an heir', Object.create(proof)],
    ['null', null],
  ])('%s is none', ([, forged]) => {
    expect(Verified.is(forged)).toBe(false);
  });
});
