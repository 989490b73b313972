/* oxlint-disable typescript/no-misused-spread -- that a spread does not pass is what is shown */
import { expectTypeOf, it } from 'vitest';
import type { Permissions } from '../policy/grants.ts';
import { grant, Granted, isGranted } from './grants.ts';
import type { Skill } from './skill.ts';
import type { Verified } from './verified.ts';

declare const skill: Skill;
declare const verified: Verified<Skill>;
declare const given: Permissions;
declare const granted: Granted;
declare function run(granted: Granted): void;

it('takes nothing less than a Granted', () => {
  run(granted);
  run(grant(verified, given));
  // @ts-expect-error a skill that nobody verified
  run(skill);
  // @ts-expect-error verified, but nobody granted it anything
  run(verified);
  // @ts-expect-error it only looks like one
  run({ skill, permissions: given, derived: new Map() });
  // oxlint-disable-next-line typescript/no-misused-spread
  // @ts-expect-error a spread leaves the proof behind
  run({ ...granted });
  // @ts-expect-error an object of the same members
  run(Object.assign({}, { skill: granted.skill, permissions: granted.permissions, derived: granted.derived }));
  // @ts-expect-error the constructor is private
  run(new Granted(Symbol('granted'), skill, given, new Map()));
  // @ts-expect-error only a verified skill can be granted anything
  run(grant(skill, given));
  // @ts-expect-error it only looks verified
  run(grant({ value: skill }, given));
  // oxlint-disable-next-line typescript/no-misused-spread
  // @ts-expect-error a spread of a verified skill
  run(grant({ ...verified }, given));
  // @ts-expect-error nobody can write into the rights
  granted.permissions.filesystemWrite.push('**');
  // @ts-expect-error nor put others in their place
  granted.permissions = given;
});

it('narrows unknown values', () => {
  const x: unknown = granted;
  if (isGranted(x)) expectTypeOf(x).toEqualTypeOf<Granted>();
});
