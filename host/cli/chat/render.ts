import { shown, shownText } from '../../base/shown.ts';
import { behindBar } from '../terminal/gutter.ts';
import { jsonText } from '../terminal/json.ts';
import { markdownLines } from '../terminal/markdown.ts';
import type { ChatAnswer } from './ports.ts';
import type { Layout, Reply } from './reply.ts';

/** What a reply looks like: a skill's words stand behind a bar on a terminal. */
export function rendered(reply: Reply, layout: Layout, terminal: boolean): string {
  switch (reply.kind) {
    case 'quit':
    case 'nothing':
      return '';
    case 'said':
      return reply.text;
    case 'answered':
      return answerText(reply.answer, layout, terminal);
  }
  return reply satisfies never;
}

/** 0–63 as the tool said; 1 for what was refused or failed; 2 for wrong usage. */
export function exitCodeOf(reply: Reply): number {
  if (reply.kind === 'said') return reply.exitCode;
  if (reply.kind === 'answered') return reply.answer.kind === 'failed' ? 1 : reply.answer.exitCode;
  return 0;
}

function answerText(answer: ChatAnswer, { style, columns }: Layout, terminal: boolean): string {
  const framed = (lines: readonly string[]): string => (terminal ? behindBar(lines, style) : lines.join('\n'));
  switch (answer.kind) {
    case 'markdown':
      return framed(markdownLines(answer.text, style, terminal ? columns - 2 : undefined));
    case 'json':
      return framed(jsonText(answer.value).split('\n'));
    case 'text':
      return framed(textLines(answer.text));
    case 'failed': {
      const [first = '', ...quoted] = shownText(answer.message, 2048).trimEnd().split('\n');
      const lines = [style.bad(`${shown(answer.code)}: ${first}`)];
      if (quoted.length > 0) lines.push(behindBar(quoted, style));
      if (answer.remedy !== undefined) lines.push(shownText(answer.remedy, 2048));
      if (answer.log !== undefined && answer.log.trim() !== '') lines.push(behindBar(textLines(answer.log), style));
      return lines.join('\n');
    }
  }
  return answer satisfies never;
}

function textLines(untrusted: string): readonly string[] {
  return shownText(untrusted).replace(/\n+$/, '').split('\n');
}
