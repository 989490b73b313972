import { shown } from '../base/shown.ts';

/** What an inspection command may be called with; anything else makes it an ordinary command. */
interface Inspection {
  /** Letters that stand alone or together behind one dash. */
  readonly letters?: string;
  /** Letters whose value follows in the same word or the next. */
  readonly valued?: string;
  /** Long options, whole: an abbreviation could be one that writes. */
  readonly long?: readonly string[];
  /** `-5` for a number of lines. */
  readonly number?: boolean;
  /** Words that are no options. Default: any. */
  readonly operand?: RegExp;
}

const NO_OPERAND = /^$/u;

/**
 * The commands that only look, each with the options that leave it so. Left out on purpose: `date -s` and operands of `date` set the
 * clock; `file -C` writes, `-p` sets times, `-z` starts decompressors, `-S` sheds its sandbox; `diff -l` starts a program; `tail -f` has
 * no end; `env` starts programs and shows secrets; `find`, `sort`, `tree`, `hostname` write or execute.
 */
const INSPECTIONS: ReadonlyMap<string, Inspection> = new Map<string, Inspection>([
  [
    'ls',
    {
      letters: '1aAbBcCdFgGhHiklLmnNopqQrRsStuUvxX',
      long: [
        '--all',
        '--almost-all',
        '--directory',
        '--human-readable',
        '--inode',
        '--recursive',
        '--reverse',
        '--size',
      ],
    },
  ],
  [
    'cat',
    { letters: 'AbeEnstTuv', long: ['--number', '--number-nonblank', '--show-all', '--show-ends', '--show-tabs'] },
  ],
  ['head', { letters: 'qvz', valued: 'nc', number: true, long: ['--lines', '--bytes', '--quiet', '--verbose'] }],
  ['tail', { letters: 'qvz', valued: 'nc', number: true, long: ['--lines', '--bytes', '--quiet', '--verbose'] }],
  [
    'grep',
    {
      letters: 'abcEFGhHilLnoqrRsTvwxyZz',
      valued: 'ABCme',
      number: true,
      long: [
        '--after-context',
        '--before-context',
        '--context',
        '--count',
        '--exclude',
        '--exclude-dir',
        '--extended-regexp',
        '--files-with-matches',
        '--files-without-match',
        '--fixed-strings',
        '--ignore-case',
        '--include',
        '--invert-match',
        '--line-number',
        '--max-count',
        '--only-matching',
        '--quiet',
        '--recursive',
        '--regexp',
        '--with-filename',
        '--word-regexp',
      ],
    },
  ],
  [
    'diff',
    {
      letters: 'abBcdeEiNpqrstTuwyZ',
      valued: 'CU',
      long: [
        '--brief',
        '--context',
        '--ignore-all-space',
        '--ignore-case',
        '--recursive',
        '--side-by-side',
        '--unified',
      ],
    },
  ],
  [
    'stat',
    { letters: 'fLt', valued: 'c', long: ['--dereference', '--file-system', '--format', '--printf', '--terse'] },
  ],
  ['file', { letters: 'bhikLN0', long: ['--brief', '--dereference', '--mime', '--mime-encoding', '--mime-type'] }],
  ['wc', { letters: 'clLmw', long: ['--bytes', '--chars', '--lines', '--max-line-length', '--words'] }],
  ['pwd', { letters: 'LP', long: ['--logical', '--physical'], operand: NO_OPERAND }],
  ['whoami', { operand: NO_OPERAND }],
  ['id', { letters: 'agGnruz', long: ['--group', '--groups', '--name', '--real', '--user'] }],
  [
    'uname',
    { letters: 'amnrspvio', long: ['--all', '--kernel-name', '--kernel-release', '--machine'], operand: NO_OPERAND },
  ],
  [
    'date',
    { letters: 'uRI', long: ['--iso-8601', '--rfc-3339', '--rfc-email', '--universal', '--utc'], operand: /^\+/u },
  ],
  ['which', { letters: 'a' }],
  [
    'du',
    {
      letters: '0abchHkLlmPsSx',
      valued: 'dtB',
      long: [
        '--all',
        '--apparent-size',
        '--human-readable',
        '--max-depth',
        '--one-file-system',
        '--summarize',
        '--total',
      ],
    },
  ],
  [
    'df',
    { letters: 'ahHiklPT', valued: 'tx', long: ['--all', '--human-readable', '--inodes', '--local', '--print-type'] },
  ],
]);

/** Their names, for the documentation. */
export const INSPECTION_COMMANDS: readonly string[] = [...INSPECTIONS.keys()];

/** What a shell would act on. No shell reads the words here, but a person who reads them, or a program behind it, may think of one. */
const METACHARACTERS = /[;|&$`<>()*?[\]{}!#'"\\^]|^~/;

/** Whether a command only looks: a known program by its bare name, known options, no metacharacter in any word. */
export function isInspection([program = '', ...words]: readonly string[]): boolean {
  const known = INSPECTIONS.get(program);
  if (known === undefined) return false;
  return words.every((word) => !METACHARACTERS.test(word) && shown(word, word.length) === word && isKnown(known, word));
}

/** Every word with a dash at its start is read as an option, also where the program would take it for a value or an operand. */
function isKnown({ letters = '', valued = '', long = [], number = false, operand }: Inspection, word: string): boolean {
  if (word === '-' || word === '--') return true;
  if (word.startsWith('--')) return long.includes(word.split('=', 1)[0] ?? '');
  if (!word.startsWith('-')) return operand === undefined || operand.test(word);
  if (number && /^-\d+$/.test(word)) return true;
  for (const letter of word.slice(1)) {
    if (valued.includes(letter)) return true;
    if (!letters.includes(letter)) return false;
  }
  return true;
}
