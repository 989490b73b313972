import { styleText } from 'node:util';

export type Look = (text: string) => string;

/** How text looks on a terminal; each function answers its argument unchanged where there is no colour. */
export interface Style {
  readonly colour: boolean;
  readonly bold: Look;
  readonly dim: Look;
  readonly italic: Look;
  readonly underline: Look;
  readonly struck: Look;
  readonly good: Look;
  readonly bad: Look;
  readonly warn: Look;
  readonly accent: Look;
}

const LOOKS = {
  bold: 'bold',
  dim: 'dim',
  italic: 'italic',
  underline: 'underline',
  struck: 'strikethrough',
  good: 'green',
  bad: 'red',
  warn: 'yellow',
  accent: 'cyan',
} as const;

export function styleOf(colour: boolean): Style {
  const look = (name: keyof typeof LOOKS) => (text: string) =>
    colour && text !== '' ? styleText(LOOKS[name], text, { validateStream: false }) : text;
  return {
    colour,
    bold: look('bold'),
    dim: look('dim'),
    italic: look('italic'),
    underline: look('underline'),
    struck: look('struck'),
    good: look('good'),
    bad: look('bad'),
    warn: look('warn'),
    accent: look('accent'),
  };
}

export const PLAIN: Style = styleOf(false);

/**
 * Whether a stream gets colour: `FORCE_COLOR` (but for `0` and `false`) says yes, `NO_COLOR` if not empty no, otherwise a terminal that is
 * not `dumb` gets it. Source: no-color.org; Node's own order.
 */
export function wantsColour(
  isTerminal: boolean,
  env: { readonly NO_COLOR?: string; readonly FORCE_COLOR?: string; readonly TERM?: string },
): boolean {
  if (env.FORCE_COLOR !== undefined) return env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false';
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== '') return false;
  return isTerminal && env.TERM !== 'dumb';
}
