import type { Token } from 'marked';
import { shown } from '../../base/shown.ts';
import type { Look, Style } from './style.ts';
import { PLAIN } from './style.ts';
import type { Run } from './wrap.ts';

const MAX_DEPTH = 16;
/** What marked leaves as it is; other references it decodes itself. */
const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['&amp;', '&'],
  ['&lt;', '<'],
  ['&gt;', '>'],
  ['&quot;', '"'],
  ['&#39;', "'"],
]);

/** Inline Markdown as runs. Links show where they lead; images and HTML show as text. */
export function inlineText(tokens: readonly Token[], style: Style): readonly Run[] {
  return runs(tokens, style, (text) => text, 0);
}

/** The same without any look, as one line. */
export function plainText(tokens: readonly Token[]): string {
  return inlineText(tokens, PLAIN)
    .map((run) => run.text)
    .join('')
    .replaceAll('\n', ' ');
}

function runs(tokens: readonly Token[], style: Style, look: Look, depth: number): readonly Run[] {
  return tokens.flatMap((token) => inline(token, style, look, depth));
}

function inline(token: Token, style: Style, look: Look, depth: number): readonly Run[] {
  const inside = (more: Look): readonly Run[] =>
    depth > MAX_DEPTH
      ? [leaf(token.raw, look)]
      : runs('tokens' in token ? (token.tokens ?? []) : [], style, (text) => more(look(text)), depth + 1);
  switch (token.type) {
    case 'strong':
      return inside(style.bold);
    case 'em':
      return inside(style.italic);
    case 'del':
      return inside(style.struck);
    case 'codespan':
      return [leaf(textOf(token), (text) => style.accent(look(text)))];
    case 'br':
      return [{ text: '\n', look }];
    case 'link': {
      const href = 'href' in token && typeof token.href === 'string' ? token.href : '';
      const label = inside(style.underline);
      const same = label.map((run) => run.text).join('') === shown(href, 2048).replace(/^mailto:/, '');
      return same ? label : [...label, leaf(` (${shown(href, 2048)})`, style.dim)];
    }
    case 'image':
      return [leaf(`[image: ${textOf(token)}]`, style.dim)];
    case 'checkbox':
      return [];
    default:
      // `text`, `escape`, `html` and whatever a later parser adds: its text, or its source.
      return 'tokens' in token && token.tokens !== undefined && depth <= MAX_DEPTH
        ? inside((text) => text)
        : [leaf(decoded(textOf(token)), look)];
  }
}

function textOf(token: Token): string {
  return 'text' in token && typeof token.text === 'string' ? token.text : token.raw;
}

/** Made harmless here as well, for the parser turns `&#27;` into the character. A single line feed within a paragraph is a blank. */
function leaf(text: string, look: Look): Run {
  return {
    text: text
      .split('\n')
      .map((line) => shown(line, Infinity))
      .join(' '),
    look,
  };
}

function decoded(text: string): string {
  return text.replace(/&(?:amp|lt|gt|quot|#39);/g, (entity) => ENTITIES.get(entity) ?? entity);
}
