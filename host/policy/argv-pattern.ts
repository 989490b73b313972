/** A parsed pattern of a command: its words, and whether any more may follow. */
export interface ArgvPattern {
  readonly kind: 'argv';
  /** As it is meant. */
  readonly text: string;
  readonly words: readonly string[];
  readonly open: boolean;
}

const PLAIN = /^[A-Za-z0-9_@%+=:,./-]+$/;
const NEXT = /(?:'([^']*)'|"([^"]*)"|([^\s'"]+))(?: |$)/uy;

/**
 * Words between single blanks; one with anything but `A-Za-z0-9_@%+=:,./-` in it stands in single or double quotes, between which
 * nothing is escaped. `*` as the last word, unquoted, is any number of further words.
 * @returns the pattern, or in one clause why it is none
 */
export function readArgvPattern(untrusted: string): ArgvPattern | { readonly refused: string } {
  const words: string[] = [];
  let open = false;
  NEXT.lastIndex = 0;
  while (NEXT.lastIndex < untrusted.length) {
    if (open) return { refused: 'has words behind the *' };
    const match = NEXT.exec(untrusted);
    if (match === null) return { refused: 'is not words with one blank between them, each plain or wholly quoted' };
    const [, single, double, plain] = match;
    const word = single ?? double ?? plain ?? '';
    if (plain === '*') open = true;
    else if (plain !== undefined && !PLAIN.test(plain))
      return { refused: `has the word ${plain}, which must be quoted to stand for itself` };
    else words.push(word);
  }
  if (untrusted.endsWith(' ')) return { refused: 'ends with a blank' };
  if (words[0] === '') return { refused: 'names no program' };
  const text = exactArgv(words);
  if (text === undefined) return { refused: 'has a word with both kinds of quotes' };
  return { kind: 'argv', text: open ? `${text}${text === '' ? '' : ' '}*` : text, words, open };
}

/** The pattern of this very command; `undefined` if a word cannot be quoted. */
export function exactArgv(words: readonly string[]): string | undefined {
  const quoted = words.map((word) => {
    if (PLAIN.test(word)) return word;
    return !word.includes("'") ? `'${word}'` : !word.includes('"') ? `"${word}"` : undefined;
  });
  return quoted.includes(undefined) ? undefined : quoted.join(' ');
}

export function matchesArgv({ words, open }: ArgvPattern, argv: readonly string[]): boolean {
  if (open ? argv.length < words.length : argv.length !== words.length) return false;
  return words.every((word, at) => argv[at] === word);
}
