import type { Opened } from '../../audit/openings.ts';
import type { Json } from '../../base/jcs.ts';
import { shown } from '../../base/shown.ts';
import { bytesText } from '../audit/bytes-text.ts';
import { counted } from '../audit/counted.ts';
import { gutter } from '../terminal/gutter.ts';
import { jsonText } from '../terminal/json.ts';
import type { Style } from '../terminal/style.ts';
import { cutText } from './cut.ts';

/** One redactable member of a row: its value behind the bar, or what became of it. @param full nothing is cut */
export function memberLines(member: string, opened: Opened, style: Style, full: boolean): readonly string[] {
  const name = shown(member, 80);
  switch (opened.kind) {
    case 'value':
      return [`${name}:`, ...valueLines(opened.value, style, full)];
    case 'blob':
      return [`${name}: ${bytesText(opened.reference.bytes)}, sha256 ${opened.reference.$blob.slice(0, 16)}…`];
    case 'redacted':
      return [`${name}: ${style.warn('redacted')}`];
    case 'not-kept':
      return [`${name}: ${bytesText(opened.bytes)}, too large to be kept`];
    case 'broken':
      return [`${name}: ${style.bad('what is stored is not what the row commits to: it was changed')}`];
  }
}

function valueLines(value: Json, style: Style, full: boolean): readonly string[] {
  const text = typeof value === 'string' ? value : jsonText(value);
  if (text.trim() === '') return [style.dim('(empty)')];
  const cut = full ? { text, leftChars: 0, leftLines: 0 } : cutText(text);
  const lines = gutter(cut.text, style).split('\n');
  if (cut.leftChars === 0) return lines;
  const left = `… ${counted(cut.leftChars, 'more character')} on ${counted(cut.leftLines, 'line')}; --full shows all`;
  return [...lines, style.dim(left)];
}
