import type { Json } from '../../base/jcs.ts';
import { shown } from '../../base/shown.ts';
import { isList } from '../../skill/schema/budget.ts';
import { typeOf } from '../../skill/schema/check.ts';
import type { Parameter, ValueShape } from './parameters.ts';

export type Converted =
  | { readonly kind: 'value'; readonly value: Json }
  | { readonly kind: 'bad'; readonly message: string };

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const YES: ReadonlySet<string> = new Set(['true', 'yes', 'on']);
const NO: ReadonlySet<string> = new Set(['false', 'no', 'off']);

/**
 * The value that a word stands for. A parameter that takes strings alone takes the word as it is; one that takes strings and other
 * types takes the word for JSON if it is JSON of an allowed type, so that `"7"`, quotes included, is the string and `7` the number.
 */
export function convertWord(name: string, word: string, shape: ValueShape): Converted {
  if (shape.values !== undefined) return convertListed(name, word, shape.values);
  const types = [...shape.types];
  const takesText = shape.types.has('string');
  if (takesText && types.length === 1) return { kind: 'value', value: word };
  const json = parseJson(word);
  if (json !== undefined && allows(shape, json)) {
    return isExact(word, json) ? { kind: 'value', value: json } : bad(name, word, 'is too large to be exact');
  }
  if (takesText) return { kind: 'value', value: word };
  if (shape.types.has('boolean') && YES.has(word)) return { kind: 'value', value: true };
  if (shape.types.has('boolean') && NO.has(word)) return { kind: 'value', value: false };
  if (NUMBER.test(word) && Number.isFinite(Number(word)) && allows(shape, Number(word))) {
    return isExact(word, Number(word))
      ? { kind: 'value', value: Number(word) }
      : bad(name, word, 'is too large to be exact');
  }
  return bad(name, word, `is not ${wanted(shape)}`);
}

/** The value of an array from its words: one word that is a JSON array is all of it, otherwise each word is an item. */
export function convertWords(parameter: Parameter, words: readonly string[]): Converted {
  const [only] = words;
  const { shape } = parameter;
  if (words.length === 1 && only !== undefined) {
    if (only === 'null' && shape.types.has('null')) return { kind: 'value', value: null };
    const json = only.startsWith('[') ? parseJson(only) : undefined;
    if (json !== undefined && isList(json)) return { kind: 'value', value: json };
  }
  const items: Json[] = [];
  for (const word of words) {
    const item = convertWord(parameter.name, word, shape.items ?? { types: new Set(['string']) });
    if (item.kind === 'bad') return item;
    items.push(item.value);
  }
  return { kind: 'value', value: items };
}

/** The word that `convertWord` (or, for an array parameter, `convertWords`) turns into `value`. */
export function wordOf(value: Json, shape: ValueShape): string {
  if (typeof value !== 'string') return JSON.stringify(value);
  const json = parseJson(value);
  const wordIsText = shape.values === undefined ? shape.types.size === 1 : true;
  return wordIsText || json === undefined || !allows(shape, json) ? value : JSON.stringify(value);
}

function convertListed(name: string, word: string, values: readonly Json[]): Converted {
  const found = values.find((value) => (typeof value === 'string' ? value : JSON.stringify(value)) === word);
  if (found !== undefined) return { kind: 'value', value: found };
  const list = values.map((value) => (typeof value === 'string' ? value : JSON.stringify(value)));
  return bad(name, word, `is not one of ${shown(list.join(', '), 200)}`);
}

function bad(name: string, word: string, what: string): Converted {
  return { kind: 'bad', message: `${shown(name, 80)}: ${shown(word, 80) || 'an empty word'} ${what}` };
}

function wanted(shape: ValueShape): string {
  const names = [...shape.types].filter((type) => type !== 'integer' || !shape.types.has('number'));
  return names.map((type) => (/^[aio]/.test(type) ? `an ${type}` : type === 'null' ? type : `a ${type}`)).join(' or ');
}

function allows(shape: ValueShape, value: Json): boolean {
  return shape.types.has(typeOf(value));
}

/** Whether a whole number is written back as it was typed, or is it exactly: past 2^53 it would silently change. */
function isExact(word: string, value: Json): boolean {
  if (typeof value !== 'number' || !/^[+-]?\d+$/.test(word)) return true;
  if (!Number.isFinite(value)) return false;
  return String(value) === word || BigInt(word.replace('+', '')) === BigInt(value);
}

function parseJson(word: string): Json | undefined {
  try {
    const value: Json = JSON.parse(word);
    return value;
  } catch {
    return undefined;
  }
}
