import { HostError } from '../base/error.ts';
import { shown, shownJson, shownText } from '../base/shown.ts';
import type { Json } from '../base/jcs.ts';

/** Exit codes of every command, unless its help names others. */
export const EXIT = { done: 0, refused: 1, usage: 2 } as const;

/** Where a command writes: results to stdout, everything else to stderr. */
export interface Output {
  readonly json: boolean;
  /** Whether a person at a terminal reads the results. */
  readonly terminal: boolean;
  readonly columns: number;
  /** The result: `text` for a person, `value` under `--json`. */
  result(text: string, value: Json): void;
  /** Bytes of a result, as they are. */
  raw(bytes: Uint8Array): void;
  /** A remark for a person; not under `--json`. */
  note(text: string): void;
  /** A warning for a person, also under `--json`. */
  warn(text: string): void;
}

interface Stream {
  write(chunk: string | Uint8Array): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export function createOutput(stdout: Stream, stderr: Stream, json: boolean): Output {
  const write = (stream: Stream, text: string) => void stream.write(text.endsWith('\n') ? text : `${text}\n`);
  return {
    json,
    terminal: stdout.isTTY === true,
    columns: stdout.columns ?? 80,
    result: (text, value) => {
      if (json) write(stdout, shownJson(JSON.stringify(value, null, stdout.isTTY === true ? 2 : undefined)));
      else if (text !== '') write(stdout, text);
    },
    raw: (bytes) => void stdout.write(bytes),
    note: (text) => {
      if (!json) write(stderr, text);
    },
    warn: (text) => write(stderr, `wirken: warning: ${text}`),
  };
}

/** Tables are cut to a terminal's width, and not at all for a file or a pipe. */
export function widthOf({ out }: { readonly out: Output }): { readonly columns?: number } {
  return out.terminal ? { columns: out.columns } : {};
}

/** A refusal or an error as a person reads it: what, which file, what to do; and its code, for whoever looks it up. */
export interface Fault {
  readonly code: string;
  readonly message: string;
  readonly file?: string | undefined;
  readonly remedy?: string | undefined;
}

export function faultOf(error: unknown): Fault {
  if (error instanceof HostError) {
    return { code: error.code, message: error.message, file: error.details.file, remedy: error.details.remedy };
  }
  throw error;
}

/**
 * `wirken: signature-invalid: …` and the lines that belong to it. A message of several lines quotes a skill, so that all but its first
 * line stand behind a bar and none passes for a line of wirken's own.
 */
export function faultText(fault: Fault): string {
  const [first = '', ...quoted] = shownText(fault.message).trimEnd().split('\n');
  const lines = [`wirken: ${fault.code}: ${first}`, ...quoted.map((line) => `  │ ${line}`)];
  if (fault.file !== undefined) lines.push(`  in ${shown(fault.file, 4096)}`);
  if (fault.remedy !== undefined) lines.push(`  ${shownText(fault.remedy)}`);
  return lines.join('\n');
}

export function faultJson(fault: Fault): Json {
  return {
    ok: false,
    error: {
      code: fault.code,
      message: fault.message,
      ...(fault.file === undefined ? {} : { file: fault.file }),
      ...(fault.remedy === undefined ? {} : { remedy: fault.remedy }),
    },
  };
}
