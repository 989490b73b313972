/* oxlint-disable typescript/no-misused-spread -- that a spread does not pass is what is shown */
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NOTHING, type Permissions } from '../policy/grants.ts';
import { Machine } from './bundle.fixture.ts';
import { grant, Granted, isGranted } from './grants.ts';
import { readSource } from './source.ts';
import type { Skill } from './skill.ts';
import { Verified } from './verified.ts';
import { verify } from './verify.ts';

let m: Machine;
beforeEach(() => {
  m = new Machine();
});
afterEach(() => {
  m[Symbol.dispose]();
});

function verified(): Verified<Skill> {
  const path = m.source({ permissions: ['filesystem:', '  read: ["a/**", "b"]'] });
  const context = {
    roots: m.trust.roots(),
    revoked: m.trust.revoked(),
    require: 'self-signed',
    clock: m.clock,
  } as const;
  const outcome = verify(readSource({ kind: 'directory', path }), context);
  if (!Verified.is(outcome)) throw new Error(outcome.message);
  return outcome;
}
const given: Permissions = { ...NOTHING, filesystemRead: ['b', 'c'], filesystemWrite: ['**'] };

describe('grant', () => {
  it('gives what is asked for and given, and nothing else', () => {
    const granted = grant(verified(), given);
    expect(granted.permissions).toEqual({ ...NOTHING, filesystemRead: ['b'] });
    expect(isGranted(granted)).toBe(true);
  });

  it.for<[why: string, forge: (real: Verified<Skill>) => unknown]>([
    ['a plain skill', (real) => real.value],
    ['a lookalike', (real) => ({ value: real.value })],
    ['a spread', (real) => ({ ...real })],
    [
      'an object of the same prototype',
      (real) => Object.assign(Object.create(Verified.prototype), { value: real.value }),
    ],
    ['a proxy', (real) => new Proxy(real, {})],
    ['nothing', () => undefined],
  ])('takes no %s for a verified skill', ([, forge]) => {
    expect(() => grant(forge(verified()) as Verified<Skill>, given)).toThrow(TypeError);
  });

  it.for<[why: string, forge: (real: Granted) => unknown]>([
    ['a spread', (real) => ({ ...real })],
    ['an object of the same prototype', (real) => Object.assign(Object.create(Granted.prototype), { ...real })],
    ['an object with its prototype set', (real) => Object.setPrototypeOf({ ...real }, Granted.prototype)],
    ['an heir', (real) => Object.create(real)],
    ['a clone', (real) => structuredClone({ permissions: real.permissions, derived: real.derived })],
    ['a proxy', (real) => new Proxy(real, {})],
    ['JSON', (real) => JSON.parse(JSON.stringify(real))],
    ['null', () => null],
    ['a function', () => grant],
  ])('takes no %s for a granted skill', ([, forge]) => {
    expect(isGranted(forge(grant(verified(), given)))).toBe(false);
  });

  it('cannot be constructed, changed or widened by whoever holds it', () => {
    const real = grant(verified(), given);
    const construct = Granted as unknown as new (...args: unknown[]) => Granted;
    expect(() => new construct(Symbol('granted'), real.skill, given, new Map())).toThrow(TypeError);
    expect(() => Reflect.construct(construct, [undefined, real.skill, given])).toThrow(TypeError);
    class Heir extends construct {}
    expect(() => new Heir(Symbol('granted'), real.skill, given)).toThrow(TypeError);
    const loose = real as unknown as { permissions: { filesystemRead: string[] } };
    expect(() => loose.permissions.filesystemRead.push('**')).toThrow(TypeError);
    expect(() => (loose.permissions = { filesystemRead: ['**'] })).toThrow(TypeError);
    expect(() => (loose.permissions.filesystemRead = ['**'])).toThrow(TypeError);
  });

  it('has one place that makes it', () => {
    const source = readFileSync(new URL('grants.ts', import.meta.url), 'utf8');
    expect(source.match(/new Granted\(/g)).toHaveLength(1);
  });
});
