import type { Json } from '../../base/jcs.ts';
import { MAX_DEPTH, isList } from './budget.ts';
import { addMarks, allOf, fault, isObject, newMarks } from './check.ts';
import type { Check, SchemaCompiler } from './check.ts';
import { schemaInvalid, textOf } from './operand.ts';
import type { LinearPattern } from './pattern.ts';
import { compilePattern } from './pattern.ts';
import { VALUE_KEYWORDS } from './keyword-value.ts';
import { APPLICATOR_KEYWORDS, UNEVALUATED_KEYWORDS } from './keyword-applicator.ts';

const MAX_SCHEMAS = 4_000;
const DIALECT = /^https?:\/\/json-schema\.org\/draft\/2020-12\/schema#?$/;
/** Keywords of other drafts, or of references that leave the document, which would be ignored to the reader's surprise. */
const REFUSED: ReadonlyMap<string, string> = new Map([
  ['$dynamicRef', 'is not supported'],
  ['$dynamicAnchor', 'is not supported'],
  ['$recursiveRef', 'is not of draft 2020-12'],
  ['$recursiveAnchor', 'is not of draft 2020-12'],
  ['$vocabulary', 'is not supported'],
  ['additionalItems', 'is not of draft 2020-12: use prefixItems and items'],
  ['dependencies', 'is not of draft 2020-12: use dependentRequired or dependentSchemas'],
]);

/** Turns one schema document into checks. References stay inside the document. */
export class Compiler implements SchemaCompiler {
  readonly #root: Json;
  readonly #anchors: ReadonlyMap<string, Json>;
  readonly #referred = new Map<string, { check: Check | undefined }>();
  readonly #patterns = new Map<string, LinearPattern>();
  #schemas = 0;
  #depth = 0;

  constructor(root: Json) {
    this.#root = root;
    this.#anchors = anchorsOf(root);
  }

  /** @throws HostError manifest-invalid */
  compile(schema: Json, where: string): Check {
    if (schema === true) return () => true;
    if (schema === false) return (_value, at, run) => fault(run, at, 'is not allowed');
    if (!isObject(schema)) throw schemaInvalid(where, 'must be an object or a boolean');
    if (++this.#schemas > MAX_SCHEMAS) throw schemaInvalid(where, `is too large: more than ${MAX_SCHEMAS} schemas`);
    if (++this.#depth > MAX_DEPTH) throw schemaInvalid(where, `is nested deeper than ${MAX_DEPTH}`);
    const checks: Check[] = [];
    const last: Check[] = [];
    for (const [keyword, operand] of Object.entries(schema)) {
      const at = `${where}/${keyword}`;
      this.#refuse(keyword, operand, at, where);
      const valueCheck = VALUE_KEYWORDS.get(keyword)?.(operand, at, this);
      if (valueCheck) checks.push(valueCheck);
      const applied = APPLICATOR_KEYWORDS.get(keyword)?.(operand, at, this, schema);
      if (applied) checks.push(applied);
      const unevaluated = UNEVALUATED_KEYWORDS.get(keyword)?.(operand, at, this, schema);
      if (unevaluated) last.push(unevaluated);
    }
    this.#depth--;
    if (last.length === 0) return allOf(checks);
    const whole = allOf([...checks, ...last]);
    return (value, at, run, marks) => {
      const mine = newMarks();
      const valid = whole(value, at, run, mine);
      if (valid && marks) addMarks(marks, mine);
      return valid;
    };
  }

  /** The schema that a `$ref` names, compiled once and on first use, for it may contain the reference itself. */
  refer(reference: string, where: string): Check {
    const known = this.#referred.get(reference);
    const box = known ?? { check: undefined };
    if (known === undefined) {
      this.#referred.set(reference, box);
      const depth = this.#depth;
      this.#depth = 0;
      box.check = this.compile(this.#resolve(reference, where), reference.replace(/^#/, ''));
      this.#depth = depth;
    }
    return (value, at, run, marks) => {
      if (box.check === undefined) throw new TypeError('a reference was followed before its schema was compiled');
      return box.check(value, at, run, marks);
    };
  }

  pattern(source: string): LinearPattern {
    const compiled = this.#patterns.get(source) ?? compilePattern(source);
    this.#patterns.set(source, compiled);
    return compiled;
  }

  #resolve(reference: string, where: string): Json {
    const found = resolveReference(this.#root, reference) ?? this.#anchors.get(reference);
    if (found === undefined) throw schemaInvalid(where, 'refers to nothing in this document');
    return found;
  }

  #refuse(keyword: string, operand: Json, at: string, where: string): void {
    const refused = REFUSED.get(keyword);
    if (refused !== undefined) throw schemaInvalid(at, refused);
    if (keyword === '$schema' && !DIALECT.test(textOf(operand, at)))
      throw schemaInvalid(at, 'names another dialect than draft 2020-12');
    if (keyword === '$id' && where !== '') throw schemaInvalid(at, 'is allowed at the root only');
  }
}

/** What a local JSON Pointer reference (`#/$defs/x`) names in the document, or `undefined`. */
export function resolveReference(root: Json, reference: string): Json | undefined {
  if (reference === '#') return root;
  if (!reference.startsWith('#/')) return undefined;
  let found: Json = root;
  for (const segment of decodedSegments(reference.slice(2))) {
    if (isList(found)) {
      const item: Json | undefined = /^(?:0|[1-9]\d*)$/.test(segment) ? found[Number(segment)] : undefined;
      if (item === undefined) return undefined;
      found = item;
    } else {
      if (!isObject(found) || !Object.hasOwn(found, segment)) return undefined;
      found = found[segment] ?? null;
    }
  }
  return found;
}

function decodedSegments(fragment: string): readonly string[] {
  return fragment.split('/').map((segment) => {
    let decoded = segment;
    try {
      decoded = decodeURIComponent(segment);
    } catch {
      // A stray percent sign stands for itself: the pointer then names such a key, or nothing.
    }
    return decoded.replaceAll('~1', '/').replaceAll('~0', '~');
  });
}

function anchorsOf(root: Json): ReadonlyMap<string, Json> {
  const anchors = new Map<string, Json>();
  let level: readonly Json[] = [root];
  while (level.length > 0) {
    const next: Json[] = [];
    for (const item of level) {
      if (item === null || typeof item !== 'object') continue;
      if (isObject(item) && typeof item['$anchor'] === 'string') anchors.set(`#${item['$anchor']}`, item);
      for (const inner of Object.values(item)) next.push(inner);
    }
    level = next;
  }
  return anchors;
}
