/** Levels of a payload: those of a value that the log takes, and the payload's own. */
const MAX_DEPTH = 260;
const QUOTE = 0x22;
const DOLLAR = 0x24;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;
const DOT = 0x2e;
const LETTER_E = 0x65;
/** What a lowercase letter has and an uppercase one has not. */
const LOWER = 0x20;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
/** The escapes that ECMAScript writes: two characters where there is a short form, lowercase hex below U+0020 elsewhere. */
const ESCAPE = /\\(?:["\\bfnrt]|u00(?:0[0-7be-f]|1[0-9a-f]))/y;
const COMMITMENT_START = '{"$c":"';
const DIGEST_CHARS = 64;
/** Shorter numbers of digits alone, without a leading zero, are canonical as they stand. */
const MAX_PLAIN_DIGITS = 15;

/** A member of the scanned object that stands for a value kept elsewhere. */
export interface ScannedCommitment {
  readonly member: string;
  /** 64 characters: hex, if anything opens it. */
  readonly digest: string;
}

/**
 * Where the one JSON value that begins at `from` ends, if it is written canonically; otherwise what is wrong with it, in words. Nothing
 * is parsed: one pass over the text, whatever it holds. The members of the outermost object that are commitments go to `commitments`.
 * Integers beyond 2^53 count as not canonical, for readers round them.
 * Source: RFC 8785.
 */
export function canonicalEnd(text: string, from: number, commitments?: ScannedCommitment[]): number | string {
  /** The last key of each object around the one that is read, as it is written; `undefined` for an array. */
  const open: (string | undefined)[] = [];
  /** The same of the innermost. */
  let key: string | undefined;
  /** Without a backslash anywhere, every key is what it looks like. */
  const isPlain = !text.includes('\\', from);
  let at = from;
  for (;;) {
    const first = text.charCodeAt(at);
    if (first === OPEN_BRACE || first === OPEN_BRACKET) {
      if (open.length === MAX_DEPTH) return `nests deeper than ${MAX_DEPTH} levels`;
      if (open.length === 1 && key !== undefined && text.charCodeAt(at + 2) === DOLLAR) {
        const start = at + COMMITMENT_START.length;
        const end = start + DIGEST_CHARS;
        const isOne = text.slice(at, start) === COMMITMENT_START && text.indexOf('"', start) === end;
        if (isOne && text.charCodeAt(end + 1) === CLOSE_BRACE) {
          commitments?.push({ member: isPlain ? key : unescaped(key), digest: text.slice(start, end) });
        }
      }
      const isObject = first === OPEN_BRACE;
      at++;
      if (text.charCodeAt(at) !== (isObject ? CLOSE_BRACE : CLOSE_BRACKET)) {
        open.push(key);
        key = undefined;
        if (isObject) {
          const end = keyEnd(text, at);
          if (typeof end === 'string') return end;
          key = text.slice(at + 1, end - 2);
          at = end;
        }
        continue;
      }
      at++;
    } else {
      const end = first === QUOTE ? stringEnd(text, at) : scalarEnd(text, at, first);
      if (typeof end === 'string') return end;
      at = end;
    }
    for (;;) {
      if (open.length === 0) return at;
      const next = text.charCodeAt(at);
      if (next === (key === undefined ? CLOSE_BRACKET : CLOSE_BRACE)) {
        key = open.pop();
        at++;
        continue;
      }
      if (next !== COMMA) return fault('has something else than a comma or an end', at);
      at++;
      if (key === undefined) break;
      const end = keyEnd(text, at);
      if (typeof end === 'string') return end;
      const following = text.slice(at + 1, end - 2);
      const isAfter = isPlain ? key < following : unescaped(key) < unescaped(following);
      if (!isAfter) return fault('has members out of order or twice', at);
      key = following;
      at = end;
      break;
    }
  }
}

/** Behind the colon that follows a key. */
function keyEnd(text: string, at: number): number | string {
  if (text.charCodeAt(at) !== QUOTE) return fault('has a member without a name', at);
  const end = stringEnd(text, at);
  if (typeof end === 'string') return end;
  return text.charCodeAt(end) === COLON ? end + 1 : fault('has something else than a colon', end);
}

function stringEnd(text: string, from: number): number | string {
  for (let at = from + 1; ; at++) {
    const unit = text.charCodeAt(at);
    if (unit === QUOTE) return at + 1;
    if (unit === BACKSLASH) {
      ESCAPE.lastIndex = at;
      if (!ESCAPE.test(text)) return fault('has an escape that is not the canonical one', at);
      at = ESCAPE.lastIndex - 1;
    } else if (!(unit >= 0x20)) return fault('has a string that does not end or a control character', at);
    else if (unit >= 0xd800 && unit <= 0xdfff) {
      const low = text.charCodeAt(at + 1);
      if (unit > 0xdbff || !(low >= 0xdc00 && low <= 0xdfff)) return fault('has ill-formed Unicode', at);
      at++;
    }
  }
}

function scalarEnd(text: string, at: number, first: number): number | string {
  if (first === MINUS || isDigit(first)) return numberEnd(text, at, first);
  for (const word of ['true', 'false', 'null']) if (text.slice(at, at + word.length) === word) return at + word.length;
  return fault('has something that is no value', at);
}

function numberEnd(text: string, at: number, first: number): number | string {
  let end = at + 1;
  while (isDigit(text.charCodeAt(end))) end++;
  if (first !== MINUS && first !== ZERO && end - at <= MAX_PLAIN_DIGITS && !isNumberPart(text.charCodeAt(end)))
    return end;
  NUMBER.lastIndex = at;
  const written = NUMBER.exec(text)?.[0];
  if (written === undefined) return fault('has something that is no value', at);
  const value = Number(written);
  if (String(value) !== written) return fault('has a number that is not written canonically', at);
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) return fault('has an integer beyond 2^53', at);
  return at + written.length;
}

function isDigit(unit: number): boolean {
  return unit >= ZERO && unit <= NINE;
}

/** Whether a number goes on with a fraction or an exponent. */
function isNumberPart(unit: number): boolean {
  return unit === DOT || (unit | LOWER) === LETTER_E;
}

function unescaped(key: string): string {
  const value: unknown = JSON.parse(`"${key}"`);
  if (typeof value !== 'string') throw new TypeError('a key that was scanned is a string');
  return value;
}

function fault(what: string, at: number): string {
  return `${what}, at character ${at}`;
}
