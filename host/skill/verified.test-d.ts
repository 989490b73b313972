import { describe, expectTypeOf, it } from 'vitest';
import type { RawBundle } from './bundle.ts';
import { parseDigest, parseSkillName } from './names.ts';
import type { Digest, Manifest, PublicKey, Skill, SkillName } from './skill.ts';
import { Verified } from './verified.ts';
import { type Refusal, verify, type VerifyContext, verifyDev } from './verify.ts';

declare const skill: Skill;
declare const raw: RawBundle;
declare const context: VerifyContext;
declare function run(skill: Verified<Skill>): void;

describe('only what verify made is verified', () => {
  it('does not compile from anything else', () => {
    // @ts-expect-error a skill that nobody verified
    run(skill);
    // @ts-expect-error the same shape
    run({ value: skill });
    // @ts-expect-error a clone has the value and not the proof
    run(structuredClone({ value: skill }));
    // @ts-expect-error the constructor is private
    run(new Verified(Symbol('verified'), skill));
    // @ts-expect-error a bundle that was only read
    run(raw);
    // @ts-expect-error a refusal has to be looked at first
    run(verify(raw, context));
    // @ts-expect-error dev is no way around it
    run(verifyDev(raw));
    // @ts-expect-error something else was verified
    run({} as Verified<Manifest>);
    // @ts-expect-error a private constructor has no heirs
    void class extends Verified<Skill> {};
  });

  it('does not let go of what was checked', () => {
    const verified = {} as Verified<Skill>;
    // @ts-expect-error the value stays
    verified.value = skill;
    // @ts-expect-error so do its files
    verified.value.files.set('x', new Uint8Array());
    // @ts-expect-error and what it says about itself
    verified.value.manifest.permissions = skill.manifest.permissions;
    // @ts-expect-error and its trust
    verified.value.trust.kind = 'self-signed';
  });

  it('narrows by kind', () => {
    const outcome = verify(raw, context);
    if ('kind' in outcome) expectTypeOf(outcome).toEqualTypeOf<Refusal>();
    else run(outcome);
  });
});

describe('brands', () => {
  it('come from their parsers alone', () => {
    // @ts-expect-error a text is no name
    const name: SkillName = 'hash';
    // @ts-expect-error a text is no digest
    const digest: Digest = 'ab';
    // @ts-expect-error nor a key
    const key: PublicKey = 'ab';
    // @ts-expect-error a digest is no key, though both are 64 hex digits
    const mixed: PublicKey = {} as Digest;
    void [name, digest, key, mixed];
    expectTypeOf(parseSkillName('x')).toEqualTypeOf<SkillName | undefined>();
    expectTypeOf(parseDigest('x')).toEqualTypeOf<Digest | undefined>();
  });
});
