import { lexer } from 'marked';
import type { MarkedToken, Token, Tokens } from 'marked';
import { shown, shownText } from '../../base/shown.ts';
import { inlineText, plainText } from './inline.ts';
import { isTame } from './markdown-guard.ts';
import type { Style } from './style.ts';
import { tableLines } from './table.ts';
import { wrapped } from './wrap.ts';

const MAX_DEPTH = 16;
const MAX_TEXT_COLUMNS = 100;

/**
 * Markdown as lines for a terminal. Whatever the text holds, the only escape sequences in the answer are those of `style`;
 * raw HTML, links and images are shown as text. Text that could keep a parser busy is shown as it is.
 */
export function markdownLines(untrusted: string, style: Style, columns = MAX_TEXT_COLUMNS): readonly string[] {
  // Made harmless before it is parsed, so that a code span or a raw line is; and once more where a run of text is made.
  const text = shownText(untrusted).replaceAll('\t', '    ');
  if (!isTame(text)) return text.split('\n');
  let tokens: readonly Token[];
  try {
    tokens = lexer(text);
  } catch (error) {
    // Quotes and lists nested by the thousand run into the end of the stack.
    if (error instanceof RangeError) return text.split('\n');
    throw error;
  }
  return trimmed(
    blocks(tokens, { style, columns: Math.max(20, Math.min(columns, MAX_TEXT_COLUMNS)), wide: columns, depth: 0 }),
  );
}

interface Page {
  readonly style: Style;
  /** For running text. */
  readonly columns: number;
  /** For tables. */
  readonly wide: number;
  readonly depth: number;
}

function blocks(tokens: readonly Token[], page: Page): readonly string[] {
  if (page.depth > MAX_DEPTH) return tokens.map((token) => shown(token.raw));
  return tokens.flatMap((token) => (isKnown(token) ? block(token, page) : shownText(token.raw).split('\n')));
}

const KINDS: ReadonlySet<string> = new Set<MarkedToken['type']>([
  'blockquote',
  'br',
  'checkbox',
  'code',
  'codespan',
  'def',
  'del',
  'em',
  'escape',
  'heading',
  'hr',
  'html',
  'image',
  'link',
  'list',
  'list_item',
  'paragraph',
  'space',
  'strong',
  'table',
  'text',
]);

/** marked types its tokens as its own or an extension's; there is no extension here. */
function isKnown(token: Token): token is MarkedToken {
  return KINDS.has(token.type);
}

function block(token: MarkedToken, page: Page): readonly string[] {
  const { style } = page;
  switch (token.type) {
    case 'heading': {
      const text = inlineText(token.tokens, style);
      return [
        ...wrapped(
          text.map((run) => ({ ...run, look: (part: string) => style.bold(run.look(part)) })),
          page.columns,
        ),
        '',
      ];
    }
    case 'paragraph':
      return [...wrapped(inlineText(token.tokens, style), page.columns), ''];
    case 'text':
      return wrapped(inlineText(token.tokens ?? [token], style), page.columns);
    case 'code':
      return [...token.text.split('\n').map((line) => `    ${style.accent(shown(line, Infinity))}`), ''];
    case 'blockquote': {
      const inner = blocks(token.tokens, { ...page, columns: page.columns - 2, depth: page.depth + 1 });
      return [...trimmed(inner).map((line) => `${style.dim('▌')} ${line}`.trimEnd()), ''];
    }
    case 'list':
      return [...list(token, page), ''];
    case 'list_item':
      return blocks(token.tokens, { ...page, depth: page.depth + 1 });
    case 'table':
      return [...table(token, page), ''];
    case 'hr':
      return [style.dim('─'.repeat(Math.min(page.columns, 40))), ''];
    case 'html':
      return [...shownText(token.text).trimEnd().split('\n'), ''];
    case 'space':
    case 'def':
    case 'checkbox':
      return [];
    case 'br':
    case 'codespan':
    case 'del':
    case 'em':
    case 'escape':
    case 'image':
    case 'link':
    case 'strong':
      return wrapped(inlineText([token], style), page.columns);
  }
  return token satisfies never;
}

function list(token: Tokens.List, page: Page): readonly string[] {
  const first = token.start === '' ? 1 : token.start;
  return token.items.flatMap((item, index) => {
    const box = item.task ? (item.checked ? '[x] ' : '[ ] ') : '';
    const bullet = token.ordered ? `${first + index}. ` : '• ';
    const indent = ' '.repeat(bullet.length);
    const inner = trimmed(
      blocks(item.tokens, { ...page, columns: page.columns - bullet.length, depth: page.depth + 1 }),
    );
    const lines = (inner.length === 0 ? [''] : inner).map((line, at) =>
      at === 0 ? page.style.accent(bullet) + box + line : `${indent}${line}`.trimEnd(),
    );
    return token.loose && index < token.items.length - 1 ? [...lines, ''] : lines;
  });
}

function table(token: Tokens.Table, page: Page): readonly string[] {
  return tableLines(
    {
      header: token.header.map((cell) => plainText(cell.tokens)),
      rows: token.rows.map((row) => row.map((cell) => plainText(cell.tokens))),
      sides: token.align.map((side) => side ?? undefined),
      columns: page.wide,
    },
    page.style,
  );
}

function trimmed(lines: readonly string[]): readonly string[] {
  const last = lines.findLastIndex((line) => line !== '');
  return lines.slice(0, last + 1);
}
