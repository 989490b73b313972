import { shown } from '../../base/shown.ts';
import type { Parameter } from './parameters.ts';

/** Which words belong to which parameter, not yet converted. */
export type Assigned =
  | { readonly kind: 'values'; readonly values: ReadonlyMap<Parameter, readonly string[]> }
  | { readonly kind: 'bad'; readonly message: string };

type Named =
  | { readonly parameter: Parameter; readonly word: string; readonly taken: number }
  | { readonly message: string };

/** `key=value`, `--key value`, `--key=value`, `--flag`, `--no-flag`; the rest by position. A word `--` makes all behind it positional. */
export function assignWords(parameters: readonly Parameter[], words: readonly string[]): Assigned {
  const values = new Map<Parameter, string[]>();
  const positional: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    if (word === '--') {
      positional.push(...words.slice(at + 1));
      break;
    }
    const named = word.startsWith('--') ? option(parameters, word, words[at + 1]) : assignment(parameters, word);
    if (named === undefined) {
      positional.push(word);
      continue;
    }
    if ('message' in named) return { kind: 'bad', message: named.message };
    const given = values.get(named.parameter);
    if (given !== undefined && !named.parameter.many) return bad(`${shown(named.parameter.name, 80)} is given twice`);
    values.set(named.parameter, [...(given ?? []), named.word]);
    at += named.taken;
  }
  return place(parameters, values, positional);
}

function assignment(parameters: readonly Parameter[], word: string): Named | undefined {
  const equals = word.indexOf('=');
  const parameter = equals > 0 ? parameters.find(({ name }) => name === word.slice(0, equals)) : undefined;
  return parameter && { parameter, word: word.slice(equals + 1), taken: 0 };
}

function option(parameters: readonly Parameter[], word: string, next: string | undefined): Named {
  const text = word.slice(2);
  const assigned = assignment(parameters, text);
  if (assigned !== undefined) return assigned;
  const parameter = parameters.find(({ name }) => name === text);
  if (parameter?.flag) return { parameter, word: 'true', taken: 0 };
  if (parameter !== undefined) {
    return next === undefined ? { message: `--${shown(text, 80)} needs a value` } : { parameter, word: next, taken: 1 };
  }
  const denied = text.startsWith('no-')
    ? parameters.find(({ name, flag }) => flag && name === text.slice(3))
    : undefined;
  if (denied !== undefined) return { parameter: denied, word: 'false', taken: 0 };
  const where = "wirken's own options stand before the name, a value that begins so behind --";
  return { message: `there is no parameter --${shown(text, 80)}; ${where}` };
}

function place(
  parameters: readonly Parameter[],
  values: Map<Parameter, string[]>,
  positional: readonly string[],
): Assigned {
  const open = [
    ...parameters.filter((parameter) => parameter.required && !values.has(parameter)),
    // An array that was given by name also takes what trails, if nothing else does.
    ...parameters.filter((parameter) => !parameter.required && !values.has(parameter)),
  ];
  let left = [...positional];
  for (const [index, parameter] of open.entries()) {
    const [word] = left;
    if (word === undefined) break;
    if (parameter.flag && !parameter.required && word !== 'true' && word !== 'false') continue;
    const kept = parameter.many ? open.slice(index + 1).filter(({ required }) => required).length : left.length - 1;
    const taken = Math.max(1, left.length - kept);
    values.set(parameter, left.slice(0, taken));
    left = left.slice(taken);
  }
  const gathering = parameters.findLast((parameter) => parameter.many && values.has(parameter));
  if (left.length > 0 && gathering !== undefined) {
    values.set(gathering, [...(values.get(gathering) ?? []), ...left]);
    left = [];
  }
  const [extra] = left;
  return extra === undefined
    ? { kind: 'values', values }
    : bad(`there is no parameter for ${shown(extra, 80) || "''"}`);
}

function bad(message: string): Assigned {
  return { kind: 'bad', message };
}
