/** A parsed pattern of a name: what stands between the `*`s. */
export interface NamePattern {
  readonly text: string;
  readonly pieces: readonly string[];
}

/** `*` is any run of characters, none included; everything else stands for itself. */
export function namePattern(text: string): NamePattern {
  return { text, pieces: text.split('*') };
}

/** Whether the whole name fits. Time is at most name × pattern. */
export function matchesName({ pieces }: NamePattern, name: string): boolean {
  const first = pieces[0] ?? '';
  const last = pieces.at(-1) ?? '';
  if (pieces.length === 1) return name === first;
  if (name.length < first.length + last.length || !name.startsWith(first) || !name.endsWith(last)) return false;
  const end = name.length - last.length;
  let at = first.length;
  for (const piece of pieces.slice(1, -1)) {
    const found = name.indexOf(piece, at);
    if (found < 0 || found + piece.length > end) return false;
    at = found + piece.length;
  }
  return true;
}
