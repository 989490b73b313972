import type { Json } from '../../base/jcs.ts';
import { shown } from '../../base/shown.ts';
import { counted } from './bytes.ts';
import { numberedLine } from './numbered.ts';
import type { ToolResult } from './tool.ts';
import { pathText } from './where.ts';

/** Matches in one answer, and the UTF-16 units of their lines. */
const MAX_MATCHES = 200;
const MAX_CHARS = 64 * 1024;
/** Of a line that is shown, and how much of it stands before the match. */
const MAX_LINE_CHARS = 500;
const LEAD_CHARS = 200;
const MAX_PASSED_BY = 20;

/** Why a search ended before its end. */
export type Stop = 'matches' | 'files' | 'bytes' | 'work';

/** What was not searched. */
export type Skipped = 'binary' | 'too_large' | 'unreadable' | 'lines';

/** The answer is full; caught where the search began. */
export class PageFull extends Error {
  override readonly name = 'PageFull';
}

interface Match {
  readonly [member: string]: Json;
  readonly path: string;
  readonly line: number;
  readonly text: string;
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/** Behind which line of which file to go on; without a line behind the whole file. */
interface Place {
  readonly path: string;
  readonly line?: number;
}

/** What a search has found so far. */
export class Found {
  readonly #path: string;
  readonly #context: number;
  readonly #matches: Match[] = [];
  readonly #passedBy: string[] = [];
  readonly #skipped: Record<Skipped, number> = { binary: 0, too_large: 0, unreadable: 0, lines: 0 };
  #searched = 0;
  #chars = 0;
  #finished: Place | undefined;
  #stopped: { readonly why: Stop; readonly next: Place } | undefined;

  constructor(path: string, context: number) {
    this.#path = path;
    this.#context = context;
  }

  /** `index` counts from 0, `at` is where in the line. @throws PageFull */
  add(path: string, lines: readonly string[], index: number, at: number): void {
    const match: Match = {
      path,
      line: index + 1,
      text: excerpt(lines[index] ?? '', at),
      before: lines.slice(Math.max(0, index - this.#context), index).map((line) => excerpt(line, 0)),
      after: lines.slice(index + 1, index + 1 + this.#context).map((line) => excerpt(line, 0)),
    };
    this.#chars += [match.text, ...match.before, ...match.after].reduce((sum, line) => sum + line.length, 0);
    if (this.#matches.length === MAX_MATCHES || (this.#chars > MAX_CHARS && this.#matches.length > 0)) {
      this.stop('matches');
    }
    this.#matches.push(match);
  }

  searched(): void {
    this.#searched += 1;
  }

  /** Counts what was not searched; answers nothing, as its text. */
  skip(what: Skipped): undefined {
    this.#skipped[what] += 1;
    return undefined;
  }

  passBy(path: string): void {
    if (this.#passedBy.length < MAX_PASSED_BY) this.#passedBy.push(path);
  }

  /** Everything up to here was looked at. */
  finish(path: string): void {
    this.#finished = { path };
  }

  /** Ends the search here. @throws PageFull */
  stop(why: Stop, at?: Place): never {
    const last = this.#matches.at(-1);
    const next =
      at ?? (why === 'matches' && last !== undefined ? { path: last.path, line: last.line } : this.#finished);
    if (next === undefined) throw new TypeError('a search stopped before it began');
    this.#stopped = { why, next };
    throw new PageFull();
  }

  result(): ToolResult {
    const next = this.#stopped?.next;
    const value = {
      path: this.#path,
      matches: this.#matches.map(({ before, after, ...match }) =>
        this.#context === 0 ? match : { ...match, before, after },
      ),
      files_searched: this.#searched,
      skipped: { ...this.#skipped },
      not_entered: this.#passedBy,
      ...(this.#stopped === undefined || next === undefined
        ? {}
        : {
            stopped: this.#stopped.why,
            next: { after_path: next.path, ...(next.line === undefined ? {} : { after_line: next.line }) },
          }),
    };
    return { value, text: [...this.#matchLines(), ...this.#remarks()].join('\n') };
  }

  #matchLines(): readonly string[] {
    let path: string | undefined;
    return this.#matches.flatMap(({ path: own, line, text, before, after }) => {
      const head = own === path ? (before.length + after.length > 0 ? ['    --'] : []) : [shown(own, 4_096)];
      path = own;
      return [
        ...head,
        ...before.map((one, at) => numberedLine(line - before.length + at, one, '- ')),
        numberedLine(line, text, ': '),
        ...after.map((one, at) => numberedLine(line + 1 + at, one, '- ')),
      ];
    });
  }

  #remarks(): readonly string[] {
    const skipped = Object.entries(SKIPPED_WORDS).flatMap(([what, words]) => {
      const count = Object.entries(this.#skipped).find(([name]) => name === what)?.[1] ?? 0;
      return count === 0 ? [] : [`${count} ${words}`];
    });
    const passed = this.#passedBy.map((path) => `${pathText(path)}/`);
    const remarks = [...skipped, ...(passed.length === 0 ? [] : [`not entered: ${passed.join(', ')}`])];
    const summary = `${this.#matches.length} ${this.#matches.length === 1 ? 'match' : 'matches'} in ${counted(this.#searched, 'file')} searched`;
    const lines = [`(${[summary, ...remarks].join('; ')})`];
    if (this.#stopped !== undefined) {
      const { why, next } = this.#stopped;
      const line = next.line === undefined ? '' : ` after_line=${next.line}`;
      lines.push(`… ${STOP_WORDS[why]}: the same with after_path=${JSON.stringify(next.path)}${line} goes on`);
    }
    return lines;
  }
}

const SKIPPED_WORDS = {
  binary: 'binary, not searched',
  too_large: 'too large, not searched',
  unreadable: 'not readable',
  lines: 'lines too costly for the pattern',
} as const satisfies Record<Skipped, string>;

const STOP_WORDS = {
  matches: 'there may be more matches',
  files: 'there are more files than one call looks at',
  bytes: 'there is more to read than one call reads',
  work: 'the pattern takes more work than one call does',
} as const satisfies Record<Stop, string>;

/** The line as it is shown: of a long one the part around the match. */
function excerpt(line: string, at: number): string {
  if (line.length <= MAX_LINE_CHARS) return line;
  const from = Math.max(0, Math.min(at - LEAD_CHARS, line.length - MAX_LINE_CHARS));
  const part = line.slice(from, from + MAX_LINE_CHARS).toWellFormed();
  return `${from > 0 ? '…' : ''}${part}${from + MAX_LINE_CHARS < line.length ? '…' : ''}`;
}
