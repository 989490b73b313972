import type { Document } from 'yaml';
import { HostError } from '../base/error.ts';
import { shown } from '../base/shown.ts';
import { yaml } from './yaml.ts';

export const MAX_RULE_FILE_BYTES = 1024 * 1024;

/** Where something is wrong, from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** A rule file as YAML, with nothing in it that says one thing and does another. */
export interface RuleDocument {
  readonly document: Document;
  readonly file: string;
  /** Where a node of the document begins. */
  readonly placeOf: (node: unknown) => Place;
  /** The error for what is wrong at this node. */
  readonly wrong: (node: unknown, what: string, remedy?: string) => HostError;
}

const OPTIONS = {
  version: '1.2',
  schema: 'core',
  strict: true,
  // The library compares every key with every other; whoever reads the few maps here sees it too.
  uniqueKeys: false,
  merge: false,
  resolveKnownTags: false,
  prettyErrors: false,
  // Not `silent`: then a second document would be dropped without a word. Nothing is printed in either case.
  logLevel: 'error',
} as const;

const REMEDY = 'Write rules as docs/permissions.md shows, and quote what begins with * or holds ": " or " #".';

/**
 * Reads a rule file as YAML 1.2 without anchors and aliases; what the library only warns about, an unknown tag for instance, is an error.
 * @throws HostError `policy-invalid` with file, line and column
 */
export function readRuleDocument(untrusted: string, file: string): RuleDocument {
  if (Buffer.byteLength(untrusted) > MAX_RULE_FILE_BYTES)
    throw ruleFileError(file, `is larger than ${MAX_RULE_FILE_BYTES} bytes`, FIRST);
  const { isMap, isScalar, isSeq, LineCounter, parseDocument, visit } = yaml();
  const lines = new LineCounter();
  const document = parseDocument(untrusted, { ...OPTIONS, lineCounter: lines });
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return line === 0 ? FIRST : { line, column: col };
  };
  const problem = document.errors[0] ?? document.warnings[0];
  if (problem !== undefined) throw ruleFileError(file, `is no valid YAML: ${problem.message}`, place(problem.pos[0]));
  const placeOf = (node: unknown): Place => {
    const range = isScalar(node) || isMap(node) || isSeq(node) ? node.range : undefined;
    return range ? place(range[0]) : FIRST;
  };
  const wrong = (node: unknown, what: string, remedy?: string): HostError =>
    ruleFileError(file, what, placeOf(node), remedy);
  visit(document, {
    Alias: (_, node) => {
      throw ruleFileError(file, 'holds an alias', place(node.range?.[0] ?? 0));
    },
    Node: (_, node) => {
      if ('anchor' in node && node.anchor !== undefined) throw wrong(node, 'holds an anchor');
    },
  });
  return { document, file, placeOf, wrong };
}

const FIRST: Place = { line: 1, column: 1 };

/** A rule file that is refused, whole. */
export function ruleFileError(file: string, what: string, at?: Place, remedy = REMEDY): HostError {
  const place = at === undefined ? shown(file, 4096) : `${shown(file, 4096)}:${at.line}:${at.column}`;
  return new HostError('policy-invalid', `${place}: the rule file ${shown(what, 512)}`, { file, ...at, remedy });
}
