import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { assert, nat, property, uint8Array } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HostError } from '../base/error.ts';
import { publicKeyOf, signMessage } from '../skill/ed25519.ts';
import { MAX_NOTE_CHARS, openCheckpoint, openNote, signCheckpoint, type TreeHead } from './checkpoint.ts';
import { openVerifier } from './verifier.ts';

const SEED = new Uint8Array(32).fill(7);
const KEY = { publicHex: publicKeyOf(SEED), sign: (message: Uint8Array) => signMessage(message, SEED) };
const ORIGIN = `wirken/audit/${KEY.publicHex}`;
const HEAD: TreeHead = { size: 41, root: Buffer.alloc(32, 9) };
const NOTE = signCheckpoint(HEAD, KEY);
const [TEXT = '', SIGNATURE = ''] = NOTE.split('\n\n');

function signedText(text: string): string {
  const bytes = Buffer.from(SIGNATURE.split(' ')[2] ?? '', 'base64');
  const signature = Buffer.concat([bytes.subarray(0, 4), KEY.sign(Buffer.from(text))]);
  return `${text}\n\u2014 ${ORIGIN} ${signature.toString('base64')}\n`;
}

/** A key and its id as the specification's own example has them. */
function foreignLine(name: string): string {
  const { privateKey } = generateKeyPairSync('ed25519');
  const bytes = Buffer.concat([randomBytes(4), sign(null, Buffer.from(TEXT), privateKey)]);
  return `\u2014 ${name} ${bytes.toString('base64')}\n`;
}

describe('a checkpoint', () => {
  it('is three lines, a blank one and a signature line', () => {
    expect(NOTE).toMatch(
      new RegExp(`^${ORIGIN}\\n41\\n[A-Za-z0-9+/]{43}=\\n\\n\\u2014 ${ORIGIN} [A-Za-z0-9+/]{91}=\\n$`),
    );
  });

  it('comes back as it was signed', () => {
    assert(
      property(nat(), uint8Array({ minLength: 32, maxLength: 32 }), (size, root) => {
        const head = { size, root: Buffer.from(root) };
        expect(openCheckpoint(signCheckpoint(head, KEY), KEY.publicHex)).toEqual(head);
      }),
      { numRuns: 30 },
    );
  });

  it.for([
    [
      'a witness before and after the log',
      `${foreignLine('witness.example')}${SIGNATURE}${foreignLine('w.example/2')}`,
    ],
    ['another key of the same name', `${SIGNATURE}${foreignLine(ORIGIN)}`],
    ['extension lines', undefined],
  ] as const)('is opened with %s', ([, signatures]) => {
    const note = signatures === undefined ? signedText(`${TEXT}\nnote to self\n`) : `${TEXT}\n\n${signatures}`;
    expect(openCheckpoint(note, KEY.publicHex)).toEqual(HEAD);
  });

  it('with any changed character is refused, or still says the same', () => {
    const log = openVerifier(KEY.publicHex);
    for (let at = 0; at < NOTE.length; at++) {
      for (const other of ['A', '\n', ' ', '=']) {
        if (NOTE[at] === other) continue;
        expect(() => openNote(NOTE.slice(0, at) + other + NOTE.slice(at + 1), log)).toThrow(HostError);
      }
    }
  });

  it.for<readonly [string, string]>([
    ['nothing', ''],
    ['no signature', `${TEXT}\n`],
    ['an empty signature block', `${TEXT}\n\n`],
    ['no last line feed', NOTE.slice(0, -1)],
    ['carriage returns', NOTE.replaceAll('\n', '\r\n')],
    ['another log', NOTE.replace(ORIGIN, 'wirken/audit/other')],
    ['only a foreign signature', `${TEXT}\n\n${foreignLine('witness.example')}`],
    ['a hyphen for the dash', NOTE.replace('\u2014', '-')],
    ['a size with a leading zero', signedText(TEXT.replace('\n41\n', '\n041\n') + '\n')],
    ['a negative size', signedText(TEXT.replace('\n41\n', '\n-41\n') + '\n')],
    ['a size that cannot be counted', signedText(TEXT.replace('\n41\n', '\n9999999999999999\n') + '\n')],
    ['a short root', signedText(`${ORIGIN}\n41\nAAAA\n`)],
    ['a root with spare bits', signedText(TEXT.replace(/.=$/, '9=') + '\n')],
    ['no root', signedText(`${ORIGIN}\n41\n`)],
    ['an empty extension line', signedText(`${TEXT}\n\nx\n`)],
    ['a null character', signedText(`${TEXT}\n\0\n`)],
    ['too much', `${TEXT}\n\n${SIGNATURE}${foreignLine('w').repeat(Math.ceil(MAX_NOTE_CHARS / 90))}`],
    ['too many signatures', `${TEXT}\n\n${SIGNATURE}${foreignLine('w').repeat(64)}`],
    ['a second signature of its own that is wrong', `${NOTE}${SIGNATURE.replace(/.{8}=\n$/, 'AAAAAAAA=\n')}`],
  ])('with %s is refused', ([, note]) => {
    expect(() => openCheckpoint(note, KEY.publicHex)).toThrow(
      expect.objectContaining({ code: 'audit-invalid' }) as HostError,
    );
  });

  it('is opened only with a key', () => {
    expect(() => openCheckpoint(NOTE, KEY.publicHex.toUpperCase())).toThrow(HostError);
    expect(() => openCheckpoint(NOTE, publicKeyOf(new Uint8Array(32).fill(8)))).toThrow(/another log or key/);
  });

  it('is not signed over what is no tree', () => {
    expect(() => signCheckpoint({ size: -1, root: HEAD.root }, KEY)).toThrow(TypeError);
    expect(() => signCheckpoint({ size: 1, root: Buffer.alloc(31) }, KEY)).toThrow(TypeError);
  });
});
