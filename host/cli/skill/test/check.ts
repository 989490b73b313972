import { isDeepStrictEqual } from 'node:util';
import type { HostError } from '../../../base/error.ts';
import type { Json } from '../../../base/jcs.ts';
import { shown } from '../../../base/shown.ts';
import type { ProgressEvent } from '../../../wasi/call.ts';
import type { RecordedOutcome } from '../../../wasi/call-skill.ts';
import { bytesOf } from './stage.ts';
import type { Case, Content, Expect } from './case.ts';

/** What became of a call, or why it was not made. */
export type Ended = RecordedOutcome | { readonly kind: 'error'; readonly error: HostError };

export interface Seen {
  readonly ended: Ended;
  readonly progress: readonly ProgressEvent[];
  /** The workspace afterwards. */
  readonly after: ReadonlyMap<string, Uint8Array | undefined>;
}

/** Every way in which what was seen is not what a case expects, one line each, safe to show. */
export function differences({ expect, files }: Case, { ended, progress, after }: Seen): readonly string[] {
  return [
    ...kindFaults(expect, ended),
    ...resultFaults(expect, ended),
    ...wordFaults(expect, ended),
    ...(expect.progress === undefined || expect.progress === progress.length
      ? []
      : [`expected ${expect.progress} progress events, got ${progress.length}`]),
    ...fileFaults({ ...files, ...expect.files }, after),
  ];
}

function* kindFaults(expect: Expect, ended: Ended): Generator<string> {
  const wanted = wantedKind(expect);
  const got = kindOf(ended);
  if (wanted !== got.kind) yield `expected ${wanted}, got ${got.kind}${got.why === '' ? '' : `: ${shown(got.why)}`}`;
  if (expect.refused !== undefined && got.kind === 'a refusal' && got.code !== expect.refused) {
    yield `expected the refusal ${shown(expect.refused)}, got ${shown(got.code ?? '')}: ${shown(got.why)}`;
  }
  if (expect.limit !== undefined && ended.kind === 'limit' && ended.limit !== expect.limit) {
    yield `expected the limit ${shown(expect.limit)}, got ${ended.limit}`;
  }
  const exit = ended.kind === 'done' ? ended.exitCode : ended.kind === 'tool-failed' ? ended.code : undefined;
  if (expect.exit !== undefined && exit !== undefined && exit !== expect.exit) {
    yield `expected exit code ${expect.exit}, got ${exit}${got.why === '' ? '' : `: ${shown(got.why)}`}`;
  }
}

const RESULT = 'a result';
const FAILURE = "the tool's own error";

/** A result with an exit code and a tool's error cannot be told apart by their code: what is asked of the output decides. */
function wantedKind(expect: Expect): string {
  if (expect.refused !== undefined) return 'a refusal';
  if (expect.limit !== undefined) return 'an end by a limit';
  if (expect.trap === true) return 'a trap';
  const asks = [expect.output, expect.contains, expect.text, expect.matches, expect.display];
  return expect.exit === undefined || expect.exit === 0 || asks.some((one) => one !== undefined) ? RESULT : FAILURE;
}

function kindOf(ended: Ended): { readonly kind: string; readonly code?: string; readonly why: string } {
  switch (ended.kind) {
    case 'done':
      return { kind: RESULT, why: '' };
    case 'tool-failed':
      return { kind: FAILURE, why: ended.message };
    case 'limit':
      return { kind: 'an end by a limit', why: ended.message };
    case 'trap':
      return { kind: 'a trap', why: ended.message };
    case 'result-invalid':
      return { kind: 'a refusal', code: 'result-invalid', why: ended.message };
    case 'refused':
      return { kind: 'a refusal', code: ended.code, why: ended.message };
    case 'denied':
      return { kind: 'a refusal', code: 'denied', why: ended.message };
    case 'crashed':
      return { kind: 'a crash of the runner', why: ended.message };
    case 'error':
      return { kind: 'a refusal', code: ended.error.code, why: ended.error.message };
  }
}

function* resultFaults(expect: Expect, ended: Ended): Generator<string> {
  if (ended.kind !== 'done') return;
  if (expect.output !== undefined && !isDeepStrictEqual(ended.output, expect.output)) {
    yield `expected the output ${json(expect.output)}, got ${json(ended.output ?? ended.text)}`;
  }
  if (expect.contains !== undefined && !holds(ended.output, expect.contains)) {
    yield `expected an output with ${json(expect.contains)}, got ${json(ended.output ?? ended.text)}`;
  }
  if (expect.text !== undefined && ended.text !== expect.text) {
    yield `expected the text ${json(expect.text)}, got ${json(ended.text)}`;
  }
  if (expect.matches !== undefined && !new RegExp(expect.matches, 'su').test(ended.text)) {
    yield `expected a text that matches ${shown(expect.matches)}, got ${json(ended.text)}`;
  }
  if (expect.display !== undefined && ended.display !== expect.display) {
    yield `expected the display ${json(expect.display)}, got ${json(ended.display ?? null)}`;
  }
}

function* wordFaults(expect: Expect, ended: Ended): Generator<string> {
  const { why } = kindOf(ended);
  if (expect.message !== undefined && !why.includes(expect.message)) {
    yield `expected a message with ${json(expect.message)}, got ${json(why)}`;
  }
  const log = 'log' in ended ? ended.log : '';
  if (expect.log !== undefined && !log.includes(expect.log)) {
    yield `expected a log with ${json(expect.log)}, got ${json(log)}`;
  }
}

function* fileFaults(
  expected: Readonly<Record<string, Content | null>>,
  after: ReadonlyMap<string, Uint8Array | undefined>,
): Generator<string> {
  for (const [path, content] of Object.entries(expected)) {
    if (content === null) {
      if (after.has(path)) yield `${shown(path)} is still there`;
    } else if (!after.has(path)) yield `${shown(path)} is not there`;
    else {
      const bytes = after.get(path) ?? new Uint8Array();
      if (Buffer.compare(bytes, bytesOf(content)) !== 0) {
        yield typeof content === 'string'
          ? `${shown(path)} holds ${json(new TextDecoder().decode(bytes))}, expected ${json(content)}`
          : `${shown(path)} holds other bytes than expected`;
      }
    }
  }
  for (const path of after.keys()) {
    if (!Object.hasOwn(expected, path)) yield `${shown(path)} was written, and the case does not say so`;
  }
}

/** Whether `value` has everything that `part` has: members by name, items of a list by their place. */
function holds(value: Json | undefined, part: Json): boolean {
  if (typeof part !== 'object' || part === null) return value === part;
  if (typeof value !== 'object' || value === null || Array.isArray(value) !== Array.isArray(part)) return false;
  const members = new Map(Object.entries(value));
  return Object.entries(part).every(([name, one]) => holds(members.get(name), one));
}

function json(value: Json): string {
  return shown(JSON.stringify(value), 600);
}
