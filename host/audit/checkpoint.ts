import { decodeHex, encodeUtf8 } from '../base/bytes.ts';
import { HostError } from '../base/error.ts';
import { HASH_BYTES } from './tree.ts';
import { KEY_ID_BYTES, keyIdOf, type LogVerifier, openVerifier, originOf } from './verifier.ts';

/** Characters of a note; a witness's signature may be one of 5 KiB, and sixteen of them must fit. */
export const MAX_NOTE_CHARS = 128 * 1024;
const MAX_SIGNATURES = 64;
const SIZE = /^(?:0|[1-9][0-9]{0,15})$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const SIGNATURE_LINE = /^\u2014 ([^\s\u0085+]+) ([A-Za-z0-9+/=]+)$/;
/** Control characters other than the line feed. */
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u0009\u000b-\u001f]/;

/** A tree as its signer saw it: how many leaves, and the hash over them. */
export interface TreeHead {
  readonly size: number;
  /** 32 bytes. */
  readonly root: Buffer;
}

/** Whatever can sign for the log. */
export interface NoteSigner {
  /** 64 hex digits. */
  readonly publicHex: string;
  sign(message: Uint8Array): Uint8Array;
}

/**
 * The checkpoint as a signed note, ending in a line feed.
 * Source: C2SP tlog-checkpoint, signed-note.
 */
export function signCheckpoint({ size, root }: TreeHead, key: NoteSigner): string {
  const raw = decodeHex(key.publicHex);
  if (!Number.isSafeInteger(size) || size < 0 || root.length !== HASH_BYTES) throw new TypeError('not a tree head');
  if (raw === undefined) throw new TypeError('a public key is hex');
  const origin = originOf(key.publicHex);
  const text = `${origin}\n${size}\n${root.toString('base64')}\n`;
  const signature = Buffer.concat([keyIdOf(origin, raw), key.sign(encodeUtf8(text))]);
  return `${text}\n\u2014 ${origin} ${signature.toString('base64')}\n`;
}

/**
 * What a checkpoint says, once the signature of the log's own key on it was found and verified. Signatures of other keys are left
 * alone, extension lines are not read.
 * @throws HostError `audit-invalid` for a note that is malformed, of another log, unsigned or wrongly signed; `key-invalid` or
 * `key-weak` for a bad key
 */
export function openCheckpoint(untrusted: string, publicHex: string): TreeHead {
  return openNote(untrusted, openVerifier(publicHex));
}

/** The same for many notes of one log. @throws HostError `audit-invalid` */
export function openNote(untrusted: string, log: LogVerifier): TreeHead {
  const { text, signatures } = splitNote(untrusted);
  const head = parseText(text, log.origin);
  const own = signatures.filter(
    ({ name, bytes }) => name === log.origin && bytes.subarray(0, KEY_ID_BYTES).equals(log.keyId),
  );
  if (own.length === 0) throw invalid('it has no signature of the key of this log');
  const message = encodeUtf8(text);
  if (!own.every(({ bytes }) => log.isSigned(bytes.subarray(KEY_ID_BYTES), message))) {
    throw invalid('its signature is wrong');
  }
  return head;
}

/** The bytes of padded standard base64 without spare bits, or `undefined`. */
export function decodeBase64(untrusted: string): Buffer | undefined {
  if (!BASE64.test(untrusted)) return undefined;
  const bytes = Buffer.from(untrusted, 'base64');
  return bytes.toString('base64') === untrusted ? bytes : undefined;
}

interface NoteSignature {
  readonly name: string;
  /** Key id and signature. */
  readonly bytes: Buffer;
}

function splitNote(untrusted: string): { readonly text: string; readonly signatures: readonly NoteSignature[] } {
  if (untrusted.length > MAX_NOTE_CHARS) throw invalid(`it is longer than ${MAX_NOTE_CHARS} characters`);
  if (!untrusted.isWellFormed() || CONTROL.test(untrusted)) throw invalid('it has characters that no note has');
  const blank = untrusted.lastIndexOf('\n\n');
  if (blank === -1 || !untrusted.endsWith('\n')) throw invalid('it is no signed note');
  const lines = untrusted.slice(blank + 2, -1).split('\n');
  if (lines.length > MAX_SIGNATURES) throw invalid(`it has more than ${MAX_SIGNATURES} signatures`);
  return { text: untrusted.slice(0, blank + 1), signatures: lines.map(parseSignature) };
}

function parseSignature(line: string): NoteSignature {
  const [, name, encoded] = SIGNATURE_LINE.exec(line) ?? [];
  const bytes = encoded === undefined ? undefined : decodeBase64(encoded);
  if (name === undefined || bytes === undefined || bytes.length <= KEY_ID_BYTES) {
    throw invalid('a line of it that should be a signature is none');
  }
  return { name, bytes };
}

function parseText(text: string, origin: string): TreeHead {
  const [name, size, root, ...extensions] = text.slice(0, -1).split('\n');
  if (name !== origin) throw invalid('it is of another log or key');
  const count = size !== undefined && SIZE.test(size) ? Number(size) : -1;
  if (!Number.isSafeInteger(count) || count < 0) throw invalid('its second line is no tree size');
  const bytes = root === undefined ? undefined : decodeBase64(root);
  if (bytes?.length !== HASH_BYTES) throw invalid('its third line is no root hash');
  if (extensions.includes('')) throw invalid('its text has an empty line');
  return { size: count, root: bytes };
}

function invalid(why: string): HostError {
  return new HostError('audit-invalid', `Not a checkpoint of this log: ${why}`, {
    remedy: 'Give a checkpoint that this log signed, as `wirken audit checkpoint` prints it, and the key of that log.',
  });
}
