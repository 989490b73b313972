import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Clock } from '../../base/ports.ts';
import { shown } from '../../base/shown.ts';
import { gutter, ownLine } from './gutter.ts';
import { isMemorable } from './history.ts';
import { jsonText } from './json.ts';
import { isTame } from './markdown-guard.ts';
import { markdownLines } from './markdown.ts';
import { PastedInput } from './paste.ts';
import { progressLine, progressText } from './progress.ts';
import { PLAIN, styleOf, wantsColour } from './style.ts';
import { tableLines } from './table.ts';
import { aligned, displayWidth, fitted } from './width.ts';

const COLOUR = styleOf(true);
// Everything but the select-graphic-rendition sequences that a style writes.
// oxlint-disable-next-line no-control-regex
const OWN_STYLE = /\u001b\[\d{1,2}m/g;
// oxlint-disable-next-line no-control-regex
const UNSAFE = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069]/;

const md = (text: string, columns?: number): string => markdownLines(text, PLAIN, columns).join('\n');

describe('wantsColour', () => {
  it.for<readonly [boolean, Record<string, string>, boolean]>([
    [true, {}, true],
    [false, {}, false],
    [true, { NO_COLOR: '1' }, false],
    [true, { NO_COLOR: '' }, true],
    [true, { TERM: 'dumb' }, false],
    [false, { FORCE_COLOR: '1' }, true],
    [false, { FORCE_COLOR: '' }, true],
    [true, { FORCE_COLOR: '0' }, false],
    [true, { FORCE_COLOR: '1', NO_COLOR: '1' }, true],
  ])('terminal %s with %j: %s', ([terminal, env, expected]) => {
    expect(wantsColour(terminal, env)).toBe(expected);
  });
});

describe('displayWidth', () => {
  it.for<readonly [string, number]>([
    ['', 0],
    ['abc', 3],
    ['größe', 5],
    ['e\u0301', 1],
    ['漢字', 4],
    ['한글', 4],
    ['ｆｕｌｌ', 8],
    ['\u{1F600}', 2],
    ['\u{1F1E9}\u{1F1EA}', 2],
    ['\u{1F469}\u200d\u{1F4BB}', 2],
    ['\u001b[1mab\u001b[22m', 2],
  ])('%j takes %i', ([text, width]) => {
    expect(displayWidth(text)).toBe(width);
  });

  it('cuts and aligns by columns, not by characters', () => {
    expect(fitted('漢字漢字', 5)).toBe('漢字…');
    expect(fitted('abc', 3)).toBe('abc');
    expect(aligned('漢', 4, 'right')).toBe('  漢');
    expect(aligned('a', 4, 'center')).toBe(' a  ');
  });
});

describe('tableLines', () => {
  it('lines up whatever alphabet is in it', () => {
    const lines = tableLines(
      {
        header: ['name', 'n'],
        rows: [
          ['漢字', '1'],
          ['\u{1F600}', '22'],
          ['abc', '333'],
        ],
        sides: [undefined, 'right'],
      },
      PLAIN,
    );
    expect(lines).toEqual(['name    n', '────  ───', '漢字    1', '\u{1F600}     22', 'abc   333']);
  });

  it('takes from the widest column what does not fit', () => {
    const lines = tableLines({ header: ['a', 'b'], rows: [['x'.repeat(50), 'yy']], columns: 20 }, PLAIN);
    expect(Math.max(...lines.map(displayWidth))).toBeLessThanOrEqual(20);
    expect(lines.at(-1)).toBe(`${'x'.repeat(15)}…  yy`);
  });

  it('has no more than a line a row', () => {
    expect(tableLines({ header: ['a'], rows: [['x\ny\u001b[2J']] }, PLAIN).at(-1)).toBe(String.raw`x\x0ay\x1b[2J`);
  });
});

describe('markdownLines', () => {
  it.for<readonly [string, string, string]>([
    ['a heading', '# A *b*', 'A b'],
    ['paragraphs', 'a\nb\n\nc', 'a b\n\nc'],
    ['a hard break', 'a  \nb', 'a\nb'],
    ['lists', '- a\n- b\n  - c\n    d', '• a\n• b\n  • c d'],
    ['an ordered list', '3. a\n4. b', '3. a\n4. b'],
    ['tasks', '- [x] a\n- [ ] b', '• [x] a\n• [ ] b'],
    ['code', '```c\nint  x; // *a*\n```', '    int  x; // *a*'],
    ['a quote', '> a\n> b', '▌ a b'],
    ['a rule', 'a\n\n---\n\nb', `a\n\n${'─'.repeat(40)}\n\nb`],
    ['a link', '[here](https://example.org)', 'here (https://example.org)'],
    ['a bare link', '<https://example.org>', 'https://example.org'],
    ['an image', '![alt](x.png)', '[image: alt]'],
    ['HTML', 'a <b>c</b>\n\n<script>x</script>', 'a <b>c</b>\n\n<script>x</script>'],
    ['entities', '&lt;a&gt; &amp;lt; &#27;[2J &#x202e;', String.raw`<a> &lt; \x1b[2J \u{202e}`],
    ['escapes', String.raw`\*a\*`, '*a*'],
    ['a table', '| n | count |\n|:--|--:|\n| `漢` | 1 |\n| b | **22** |', 'n   count\n──  ─────\n漢      1\nb      22'],
    ['nothing', '', ''],
  ])('renders %s', ([, text, expected]) => {
    expect(md(text)).toBe(expected);
  });

  it('wraps running text, and leaves code and long words whole', () => {
    expect(md('aaaa bbbb cccc dddd eeee', 20)).toBe('aaaa bbbb cccc dddd\neeee');
    expect(md(`a ${'x'.repeat(30)} b`, 20)).toBe(`a\n${'x'.repeat(30)}\nb`);
  });

  it('styles with colour', () => {
    expect(markdownLines('**a** `b`', COLOUR)).toEqual(['\u001b[1ma\u001b[22m \u001b[36mb\u001b[39m']);
  });

  it('lets nothing of the text act on the terminal', () => {
    const part = fc.constantFrom(
      '\u001b[2J',
      '\u0007',
      '\u009b1m',
      '\u202e',
      '\u200b',
      '\r',
      '\0',
      '&#27;',
      '&#x1b;',
      '\\',
      '`',
      '*',
      '_',
      '[',
      '](',
      ')',
      '<',
      '>',
      '|',
      '\n',
      '\n\n',
      '- ',
      '# ',
      '```',
      '|-|',
      '&lt;',
      'a',
      ' ',
      '!',
      '~~',
      '[x]: y',
      'https://a.b',
      '\t',
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 40 }), fc.boolean(), (parts, colour) => {
        const out = markdownLines(parts.join(''), styleOf(colour)).join('\n');
        expect(colour ? out.replace(OWN_STYLE, '') : out).not.toMatch(UNSAFE);
      }),
      { numRuns: 2000 },
    );
  });

  it.for<readonly [string, string]>([
    ['quotes', '>'.repeat(60_000)],
    ['short quotes', `${'>'.repeat(4000)}\n\n`.repeat(10)],
    ['numbers', '1. '.repeat(1300)],
    ['emphasis', '_a_'.repeat(20_000)],
    ['mixed emphasis', '*_a'.repeat(3000)],
    ['a wide table', `${'|a'.repeat(1000)}\n${'|-'.repeat(1000)}\n${'|b\n'.repeat(1500)}`],
    ['what only looks like a table', `|a|\n|-|-|\n${'|_a*\n'.repeat(1500)}`],
    ['megabytes', 'a '.repeat(1_000_000)],
  ])('shows %s as it is or soon', ([, text]) => {
    expect(markdownLines(text, PLAIN).length).toBeGreaterThan(0);
    expect(isTame(text) && !/^(?:>|1\.)/.test(text)).toBe(false);
  });

  it('parses an ordinary report of a few hundred rows', () => {
    expect(isTame(`# Report\n\n| a_b | c |\n|---|---|\n${'| `x_y` | **1** |\n'.repeat(500)}`)).toBe(true);
  });
});

describe('gutter', () => {
  it('stands before every line', () => {
    expect(gutter('a\n\nb\u001b[1A\r\n', PLAIN)).toBe(String.raw`│ a${'\n'}│${'\n'}│ b\x1b[1A\x0d`);
  });
});

describe('jsonText', () => {
  it('is the same JSON, and harmless', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string({ unit: 'binary' }), (value, text) => {
        const written = jsonText([JSON.parse(JSON.stringify(value)), text]);
        expect(JSON.parse(written)).toEqual([JSON.parse(JSON.stringify(value)), text]);
        expect(written).not.toMatch(UNSAFE);
      }),
    );
  });
});

describe('progressLine', () => {
  const tape = (
    isTerminal: boolean,
  ): { written: string[]; clock: Clock & { at: number }; line: ReturnType<typeof progressLine> } => {
    const written: string[] = [];
    const clock = { at: 0, now: () => clock.at };
    const sink = { isTerminal, columns: () => 40, write: (text: string) => void written.push(text) };
    return { written, clock, line: progressLine('/code-stats', sink, clock, PLAIN) };
  };

  it('says nothing where there is no terminal', () => {
    const { written, line } = tape(false);
    line.update({ done: 1 });
    line.clear();
    expect(written).toEqual([]);
  });

  it('draws at most once in a while, on one line that fits, and takes it away once', () => {
    const { written, clock, line } = tape(true);
    for (clock.at = 0; clock.at < 1000; clock.at += 10)
      line.update({ done: clock.at, total: 1000, message: 'm'.repeat(99) });
    expect(written).toHaveLength(13);
    expect(written.every((text) => text.startsWith('\r\u001b[2K') && displayWidth(text.slice(1)) <= 39)).toBe(true);
    line.clear();
    line.clear();
    expect(written.slice(13)).toEqual(['\r\u001b[2K']);
  });

  it.for<readonly [Parameters<typeof progressText>[1], string]>([
    [{ done: 3 }, 'x 3'],
    [{ done: 1, total: 2 }, `x ${'█'.repeat(10)}${'░'.repeat(10)} 1/2`],
    [{ done: 9, total: 2 }, `x ${'█'.repeat(20)} 9/2`],
    [{ done: -1, total: 2 }, `x ${'░'.repeat(20)} -1/2`],
    [{ done: 1, total: 0 }, 'x 1'],
    [{ done: NaN, total: 1, message: 'a\u001b[2J\nb' }, String.raw`x a\x1b[2J\x0ab`],
  ])('%j reads %s', ([event, text]) => {
    expect(progressText('x', event)).toBe(text);
  });
});

describe('PastedInput', () => {
  const read = async (chunks: readonly string[]): Promise<string> => {
    const input = new PastedInput({ setRawMode: () => undefined });
    let out = '';
    input.on('data', (chunk: Buffer) => (out += chunk.toString()));
    for (const chunk of chunks) input.write(Buffer.from(chunk));
    input.end();
    await new Promise((resolve) => input.once('end', resolve));
    return out;
  };

  it.for<readonly [string, string, string]>([
    ['keys', 'a\r\u0003\u001b[A\t', 'a\r\u0003\u001b[A\t'],
    ['a paste', '\u001b[200~a\r\nb\nc\td\u0003\u001b[A\u001b[201~\r', 'a b c d[A\r'],
    ['two pastes', '\u001b[200~a\u001b[201~\r\u001b[200~b\r\u001b[201~', 'a\rb '],
    ['letters of several bytes', 'ä漢\u{1F600}', 'ä漢\u{1F600}'],
  ])('passes %s on, however it is cut', async ([, keys, expected]) => {
    expect(await read([keys])).toBe(expected);
    // The three characters that tell a paste from a key stay together.
    // oxlint-disable-next-line no-control-regex
    expect(await read(keys.match(/\u001b\[2|[^]/gu) ?? [])).toBe(expected);
  });

  it('does not hold a lone escape key', async () => {
    const input = new PastedInput({ setRawMode: () => undefined });
    input.write(Buffer.from('\u001b'));
    expect(String(input.read())).toBe('\u001b');
  });
});

describe('isMemorable', () => {
  it.for<readonly [string, boolean]>([
    ['/code-stats src', true],
    ['/hash file=node_modules/typescript/lib/typescript5.js', true],
    ['', false],
    [' /echo x', false],
    ['/x password=hunter2', false],
    ['/x --api-key abc', false],
    ['/x sk-proj-a1b2c3d4e5f6g7h8i9j0k1l2', false],
    ['/x '.repeat(1000), false],
  ])('%j: %s', ([line, expected]) => {
    expect(isMemorable(line)).toBe(expected);
  });
});

describe('a line that is longer than the terminal', () => {
  it('is broken by wirken, each part behind a bar, and loses nothing', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 300 }),
        fc.integer({ min: 24, max: 90 }),
        (text, columns) => {
          const lines = gutter(text, PLAIN, columns).split('\n');
          for (const line of lines) {
            expect(line.startsWith('│')).toBe(true);
            expect(displayWidth(line)).toBeLessThanOrEqual(columns);
          }
          const line = ownLine(`own ${shown(text, 1000)}`, PLAIN, columns);
          const [first = '', ...rest] = line.split('\n');
          expect(first.startsWith('own')).toBe(true);
          expect(rest.every((part) => part.startsWith('│'))).toBe(true);
          expect(blank(first + rest.map((part) => part.slice(2)).join(''))).toBe(blank(`own ${shown(text, 1000)}`));
        },
      ),
    );
  });
});

function blank(text: string): string {
  return text.replaceAll(/\s/gu, '');
}
