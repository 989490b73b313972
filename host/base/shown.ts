// C0 and C1 controls, soft hyphen and other invisible letters, zero-width and bidi controls, line separators, BOM, interlinear
// marks, tag characters, lone surrogates: everything that moves a cursor, hides text or turns its direction.
const UNSAFE =
  // oxlint-disable-next-line no-control-regex, no-misleading-character-class
  /[\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202f\u205f-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ud800-\udfff\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]/gu;

/** One line of untrusted text as a person may see it: nothing in it acts on a terminal, hides or turns around. */
export function shown(untrusted: string, maxChars = 512): string {
  const cut = untrusted.length > maxChars ? `${untrusted.slice(0, maxChars)}…` : untrusted;
  return cut.replace(UNSAFE, escapeChar);
}

/** The same for a text of several lines: line feeds and tabs stay. */
export function shownText(untrusted: string, maxChars = Number.MAX_SAFE_INTEGER): string {
  const cut = untrusted.length > maxChars ? `${untrusted.slice(0, maxChars)}…` : untrusted;
  return cut.replace(UNSAFE, (char) => (char === '\n' || char === '\t' ? char : escapeChar(char)));
}

/** JSON as a terminal may get it: the same value, with what is escaped above written as `\uXXXX`. */
export function shownJson(json: string): string {
  return json.replace(UNSAFE, (char) =>
    char === '\n' ? char : char.replace(/[^]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
  );
}

function escapeChar(char: string): string {
  const point = char.codePointAt(0) ?? 0;
  return point < 0x100 ? `\\x${point.toString(16).padStart(2, '0')}` : `\\u{${point.toString(16)}}`;
}
