const MAX_LINES = 20;
const MAX_CHARS = 4000;

/** The beginning of a text, and how much is left out. */
export interface Cut {
  readonly text: string;
  readonly leftChars: number;
  readonly leftLines: number;
}

/** As much of others' text as a person reads in passing; at most 20 lines and 4000 characters. */
export function cutText(text: string): Cut {
  let end = Math.min(text.length, MAX_CHARS);
  let at = -1;
  for (let line = 0; line < MAX_LINES; line++) {
    at = text.indexOf('\n', at + 1);
    if (at === -1 || at >= end) break;
    if (line === MAX_LINES - 1) end = at;
  }
  const rest = text.slice(end);
  if (rest.trim() === '') return { text, leftChars: 0, leftLines: 0 };
  return {
    // Half of a pair would be shown as an escape that the text does not have.
    text: text.slice(0, end).replace(/[\ud800-\udbff]$/, ''),
    leftChars: rest.length,
    leftLines: rest.replace(/^\n|\n$/g, '').split('\n').length,
  };
}
