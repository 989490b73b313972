import { shown } from '../../base/shown.ts';
import type { Json } from '../../base/jcs.ts';

/** Indented JSON that acts on no terminal: what would is a `\u` escape, so a program still reads the same value. */
export function jsonText(value: Json): string {
  return JSON.stringify(value, null, 2).replace(/[^\x20-\x7e\n]/gu, (char) =>
    shown(char) === char ? char : escaped(char),
  );
}

function escaped(char: string): string {
  return Array.from({ length: char.length }, (_, at) => `\\u${char.charCodeAt(at).toString(16).padStart(4, '0')}`).join(
    '',
  );
}
