import { format, inspect } from 'node:util';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { HostError } from './error.ts';
import { SecretString } from './secret-string.ts';

const VALUE = 'tok-9f8e7d6c5b4a';
const secret = (): SecretString => new SecretString(VALUE, 'token of splunk');

it.for<[string, (secret: SecretString) => string]>([
  // oxlint-disable-next-line typescript/restrict-template-expressions -- the mistake that is tried
  ['a template string', (secret) => `${secret}`],
  ['concatenation', (secret) => 'Bearer ' + String(secret)],
  ['an addition without String', (secret) => ['', secret].join('')],
  ['JSON', (secret) => JSON.stringify({ deep: [secret] })],
  ['inspect', (secret) => inspect({ deep: { secret } }, { depth: 9, showHidden: true, customInspect: true })],
  ['inspect that customises nothing', (secret) => inspect(secret, { showHidden: true, customInspect: false })],
  ['format with %s, %o and %j', (secret) => format('%s %o %j', secret, secret, secret)],
  // oxlint-disable-next-line typescript/no-misused-spread -- the mistake that is tried
  ['a spread', (secret) => JSON.stringify({ ...secret })],
  ['Object.entries', (secret) => JSON.stringify(Object.entries(secret))],
  ['structuredClone', (secret) => JSON.stringify(structuredClone(secret))],
  ['an error message', (secret) => inspect(new HostError('io', `the receiver refused ${String(secret)}`))],
  ['an error whose cause holds it', (secret) => inspect(new Error('failed', { cause: { secret } }), { depth: 9 })],
])('shows its label in %s', ([, show]) => {
  const shown = show(secret());
  expect(shown).toContain('[secret token of splunk]');
  expect(shown).not.toContain(VALUE);
});

it('reveals its value to the callback and hands the answer on', () => {
  expect(secret().reveal((value) => `Splunk ${value}`)).toBe(`Splunk ${VALUE}`);
});

it.for([
  ['plain', (value: string) => value],
  ['in a URL', (value: string) => encodeURIComponent(value)],
  ['in a form', (value: string) => new URLSearchParams({ value }).toString().slice('value='.length)],
  ['in JSON', (value: string) => JSON.stringify({ value })],
] as const)('is covered in what a peer sends back: %s', ([, spell]) => {
  const strange = `a+b/c d&e~(1)"\\'!`;
  const said = `you sent ${spell(strange)}, ${spell(strange)}`;
  const covered = new SecretString(strange, 'x').coverIn(said);
  expect(covered).toBe(said.replaceAll(spell(strange).replace(/^.*:"|"}$/g, ''), '[secret x]'));
  expect(covered).toContain('[secret x]');
});

it('covers every occurrence of any secret in any text', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 4 }), fc.array(fc.string()), (value, parts) => {
      fc.pre(!'[secret label]'.includes(value));
      const covered = new SecretString(value, 'label').coverIn(parts.join(value));
      expect(covered.split('[secret label]').some((part) => part.includes(value))).toBe(false);
    }),
  );
});

it('leaves a text alone when the secret is empty', () => {
  expect(new SecretString('', 'none').coverIn('text')).toBe('text');
});
