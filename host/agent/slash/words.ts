/** A word of a line, and where it stands in it. */
export interface Word {
  /** Without quotes and backslashes. */
  readonly text: string;
  /** UTF-16 offsets into the line; `end` is behind the last character. */
  readonly start: number;
  readonly end: number;
}

export type Words =
  | { readonly kind: 'words'; readonly words: readonly Word[] }
  /** `at` is the offset of the quote or backslash that nothing ends; `words` are those before it and the open one. */
  | { readonly kind: 'unterminated'; readonly message: string; readonly at: number; readonly words: readonly Word[] };

const EM_DASH = '\u2014';
const BLANK = /[ \t\r\n]/;
const SAFE = /^[A-Za-z0-9_@%+=:,./-]+$/;

/**
 * The words of a line, quoted as in a POSIX shell: `'…'`, `"…"` and backslash. Nothing is expanded, and no character but these is
 * special. A word that begins with an unquoted em dash begins with `--`, for that is what phones make of it.
 * Source: POSIX.1-2024 XCU §2.2.
 */
export function splitWords(line: string): Words {
  const words: Word[] = [];
  let at = 0;
  for (;;) {
    while (BLANK.test(line.charAt(at))) at++;
    if (at >= line.length) return { kind: 'words', words };
    const read = readWord(line, at);
    words.push({ text: read.text, start: at, end: read.end });
    if (read.open !== undefined) return { kind: 'unterminated', ...read.open, words };
    at = read.end;
  }
}

interface Read {
  readonly text: string;
  readonly end: number;
  readonly open?: { readonly message: string; readonly at: number };
}

function readWord(line: string, start: number): Read {
  let text = '';
  let at = start;
  while (at < line.length) {
    const char = line.charAt(at);
    if (BLANK.test(char)) break;
    if (char === "'") {
      const close = line.indexOf("'", at + 1);
      if (close === -1) return unterminated(text + line.slice(at + 1), line, at, "the quote ' is not closed");
      text += line.slice(at + 1, close);
      at = close + 1;
    } else if (char === '"') {
      const quoted = readDoubleQuoted(line, at);
      text += quoted.text;
      if (quoted.open !== undefined) return { ...quoted, text };
      at = quoted.end;
    } else if (char === '\\') {
      if (at + 1 >= line.length) return unterminated(text, line, at, 'nothing follows the backslash');
      // Backslash and line feed join two lines.
      if (line.charAt(at + 1) !== '\n') text += line.charAt(at + 1);
      at += 2;
    } else {
      text += at === start && char === EM_DASH ? '--' : char;
      at++;
    }
  }
  return { text, end: at };
}

function readDoubleQuoted(line: string, start: number): Read {
  let text = '';
  for (let at = start + 1; at < line.length; at++) {
    const char = line.charAt(at);
    if (char === '"') return { text, end: at + 1 };
    if (char !== '\\') {
      text += char;
      continue;
    }
    const next = line.charAt(at + 1);
    if (next === '\n') at++;
    else if (next !== '' && '$`"\\'.includes(next)) {
      text += next;
      at++;
    } else text += char;
  }
  return unterminated(text, line, start, 'the quote " is not closed');
}

function unterminated(text: string, line: string, at: number, message: string): Read {
  return { text, end: line.length, open: { message: `${message} (character ${at + 1})`, at } };
}

/** The word as `splitWords` reads it back. */
export function quoteWord(text: string): string {
  return SAFE.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
