import { HostError } from '../base/error.ts';
import { shown } from '../base/shown.ts';
import { MAX_NAME_BYTES, MAX_PATH_BYTES } from '../base/path-limits.ts';

/** The positions of a pattern are bits of one integer. */
const MAX_GLOB_SEGMENTS = 30;

type Part = { readonly kind: 'deep' } | { readonly kind: 'literal' | 'wild'; readonly pattern: string };

/** A parsed glob: which paths beneath a workspace it grants. */
export interface Glob {
  readonly text: string;
  readonly parts: readonly Part[];
}

/**
 * Parses a glob: `/`-separated, case-sensitive; `*` and `?` within a segment, `**` as a whole segment: any number of segments, and
 * at least one at the end. A leading dot must be literal. There are no braces, no negation and no escapes: a glob with them is
 * refused, since its author meant something else than this would grant. Everything else stands for itself.
 * @throws HostError `glob-invalid`, with the reason.
 */
export function parseGlob(untrusted: string): Glob {
  const refuse = (reason: string): never => {
    throw new HostError('glob-invalid', `The glob "${shown(untrusted, 128)}" ${reason}.`, {
      reason,
      remedy: 'Write a path relative to the workspace, with * and ? within a segment and ** for whole segments.',
    });
  };
  if (untrusted.length === 0) return refuse('is empty');
  if (!untrusted.isWellFormed()) return refuse('is no well-formed Unicode');
  if (untrusted.includes('\0')) return refuse('holds a zero byte');
  if (Buffer.byteLength(untrusted) > MAX_PATH_BYTES) return refuse(`is longer than ${MAX_PATH_BYTES} bytes`);
  if (untrusted.startsWith('/')) return refuse('is absolute');
  if (untrusted.includes('\\')) return refuse('holds a backslash; segments are separated by / and nothing is escaped');
  if (/[{}]/.test(untrusted)) return refuse('holds braces, which globs here do not have');
  if (untrusted.startsWith('!')) return refuse('starts with !, but there is no negation');

  const parts: Part[] = [];
  for (const segment of untrusted.split('/')) {
    if (segment === '') return refuse('has an empty segment');
    if (segment === '.' || segment === '..') return refuse(`has the segment "${segment}"`);
    if (segment === '**') {
      if (parts.at(-1)?.kind !== 'deep') parts.push({ kind: 'deep' });
      continue;
    }
    if (segment.includes('**')) return refuse('has ** beside other characters of a segment');
    if (Buffer.byteLength(segment) > MAX_NAME_BYTES)
      return refuse(`has a segment of more than ${MAX_NAME_BYTES} bytes`);
    parts.push({ kind: /[*?]/.test(segment) ? 'wild' : 'literal', pattern: segment });
  }
  if (parts.length > MAX_GLOB_SEGMENTS) return refuse(`has more than ${MAX_GLOB_SEGMENTS} segments`);
  return { text: untrusted, parts };
}

/**
 * Whether the glob covers this very path. Time is linear in segments × the glob's length.
 * With `dots` a wildcard takes names that begin with a dot as well: for what is denied.
 */
export function globMatches(glob: Glob, segments: readonly string[], dots = false): boolean {
  return segments.length > 0 && (after(glob, segments, dots) & (1 << glob.parts.length)) !== 0;
}

/** Whether something beneath this directory may be granted by one of the globs. The workspace itself leads to every glob. */
export function leadsTo(globs: readonly Glob[], segments: readonly string[]): boolean {
  return globs.some((glob) => (after(glob, segments) & ~(1 << glob.parts.length)) !== 0);
}

/**
 * What of the globs remains to be matched beneath this directory, as texts. Two directories with the same rests grant the same
 * names beneath them. `dots` as in `globMatches`.
 */
export function restsBeneath(globs: readonly Glob[], segments: readonly string[], dots = false): ReadonlySet<string> {
  const rests = new Set<string>();
  for (const glob of globs) {
    const states = after(glob, segments, dots);
    for (let at = 0; at < glob.parts.length; at += 1) {
      if ((states & (1 << at)) !== 0) rests.add(restFrom(glob, at));
    }
  }
  return rests;
}

function restFrom(glob: Glob, at: number): string {
  return glob.parts
    .slice(at)
    .map((part) => (part.kind === 'deep' ? '**' : part.pattern))
    .join('/');
}

/** The positions that are live behind `segments`: bit i means that part i comes next, bit `parts.length` that the glob is matched. */
function after(glob: Glob, segments: readonly string[], dots = false): number {
  let states = skipDeep(glob, 1);
  for (const segment of segments) {
    let next = 0;
    for (let at = 0; at < glob.parts.length; at += 1) {
      const part = glob.parts[at];
      if (part === undefined || (states & (1 << at)) === 0) continue;
      if (part.kind === 'deep') {
        if (!dots && segment.startsWith('.')) continue;
        // At the end `**` is matched by what it has just taken, and may take more.
        next |= at === glob.parts.length - 1 ? (1 << at) | (1 << (at + 1)) : 1 << at;
      } else if (part.kind === 'literal' ? part.pattern === segment : matchesWild(part.pattern, segment, dots)) {
        next |= 1 << (at + 1);
      }
    }
    if (next === 0) return 0;
    states = skipDeep(glob, next);
  }
  return states;
}

/** A `**` that is not the last part may take nothing. */
function skipDeep(glob: Glob, states: number): number {
  let all = states;
  for (let at = 0; at < glob.parts.length - 1; at += 1) {
    if ((all & (1 << at)) !== 0 && glob.parts[at]?.kind === 'deep') all |= 1 << (at + 1);
  }
  return all;
}

/** `*` and `?` within one segment, by going back to the last `*` only: at most pattern × segment steps. */
function matchesWild(pattern: string, segment: string, dots: boolean): boolean {
  if (!dots && segment.startsWith('.') && !pattern.startsWith('.')) return false;
  let p = 0;
  let s = 0;
  let star = -1;
  let resume = 0;
  while (s < segment.length) {
    const wanted = pattern[p];
    if (wanted === '*') {
      star = p;
      resume = s;
      p += 1;
    } else if (wanted === '?') {
      p += 1;
      // One character, not half a surrogate pair.
      s += widthAt(segment, s);
    } else if (wanted !== undefined && wanted === segment[s]) {
      p += 1;
      s += 1;
    } else if (star >= 0) {
      resume += widthAt(segment, resume);
      p = star + 1;
      s = resume;
    } else {
      return false;
    }
  }
  while (pattern[p] === '*') p += 1;
  return p === pattern.length;
}

function widthAt(text: string, at: number): number {
  return (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
}
