const MAX_CHARS = 65_536;
const MAX_LINES = 2_000;
const MAX_BLOCK_CHARS = 4_096;
/** Delimiters in one block: a Markdown parser pairs each with each. */
const MAX_DELIMITERS = 200;
const MAX_CELLS = 48;
const DELIMITER = /[*_`[\]<>~!]/g;

/**
 * Whether a Markdown parser certainly ends soon on the text. Parsers take time that grows with the square of what a paragraph has of
 * delimiters and a table of cells, and text of skills may be made for that: what is not tame is shown as it is.
 */
export function isTame(text: string): boolean {
  if (text.length > MAX_CHARS) return false;
  const lines = text.split('\n');
  if (lines.length > MAX_LINES || lines.some((line) => line.split('|').length > MAX_CELLS)) return false;
  return text.split(/\n[ \t]*\n/).every((block) => {
    const parts = block.trim().split('\n');
    return isTable(parts) ? parts.every(isTamePart) : isTamePart(block);
  });
}

function isTamePart(text: string): boolean {
  return text.length <= MAX_BLOCK_CHARS && (text.match(DELIMITER)?.length ?? 0) <= MAX_DELIMITERS;
}

function isTable(lines: readonly string[]): boolean {
  const [header = '', rule = ''] = lines;
  return (
    /^\|(?:[ \t]*:?-+:?[ \t]*\|)+$/.test(rule) &&
    header.split('|').length === rule.split('|').length &&
    lines.every((line) => line.startsWith('|'))
  );
}
