import { z } from 'zod';
import { decodeUtf8, encodeUtf8 } from '../../base/bytes.ts';
import { HostError } from '../../base/error.ts';
import { shown } from '../../base/shown.ts';
import { readWhole, replaceFile } from '../../skill/durable.ts';

const MAX_STATE_BYTES = 64 * 1024;

const instant = z.iso.datetime();
const count = z.int().nonnegative();
const schema = z.strictObject({
  v: z.literal(1),
  cursor: z.strictObject({ id: count, hash: z.string().regex(/^(?:[0-9a-f]{64})?$/) }),
  sent: count,
  dead: count,
  last_success: instant.optional(),
  trouble: z
    .strictObject({ kind: z.enum(['retry', 'refused']), at: instant, reason: z.string().max(4096), next_try: instant })
    .optional(),
});

/** Why a forwarder does not get on. */
export interface Trouble {
  /** `refused`: nothing works until a person changes something. */
  readonly kind: 'retry' | 'refused';
  /** Times are ISO 8601. */
  readonly at: string;
  readonly reason: string;
  readonly nextTry: string;
}

/** Where a forwarder stands. */
export interface ForwardState {
  /** The last row that it is done with, 0 before the first, and that row's hash, empty before the first. */
  readonly cursor: { readonly id: number; readonly hash: string };
  readonly sent: number;
  readonly dead: number;
  readonly lastSuccess?: string;
  /** Gone with the next success. */
  readonly trouble?: Trouble;
}

/** The state of one forwarder on the disk. Only the process that holds the lock writes it. */
export class StateFile {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** `undefined` before the first write. @throws HostError `audit-invalid` if it is damaged, `io` */
  read(): ForwardState | undefined {
    const bytes = readWhole(this.path, MAX_STATE_BYTES, 'audit-invalid');
    if (bytes === undefined) return undefined;
    const parsed = schema.safeParse(parseJson(decodeUtf8(bytes)));
    if (!parsed.success) {
      throw new HostError('audit-invalid', `The state of a forwarder, ${shown(this.path, 4096)}, is damaged`, {
        file: this.path,
        remedy: 'Put back a copy, or remove it: then every row of the log is sent again.',
      });
    }
    const { cursor, sent, dead, last_success, trouble } = parsed.data;
    return {
      cursor,
      sent,
      dead,
      ...(last_success === undefined ? {} : { lastSuccess: last_success }),
      ...(trouble === undefined
        ? {}
        : { trouble: { kind: trouble.kind, at: trouble.at, reason: trouble.reason, nextTry: trouble.next_try } }),
    };
  }

  /** Durable when it returns; a reader and a power cut see the old state or the new one. @throws HostError `io` */
  write({ cursor, sent, dead, lastSuccess, trouble }: ForwardState): void {
    const written = {
      v: 1,
      cursor,
      sent,
      dead,
      ...(lastSuccess === undefined ? {} : { last_success: lastSuccess }),
      ...(trouble === undefined
        ? {}
        : {
            trouble: {
              kind: trouble.kind,
              at: trouble.at,
              reason: trouble.reason.slice(0, 4096),
              next_try: trouble.nextTry,
            },
          }),
    };
    replaceFile(this.path, encodeUtf8(`${JSON.stringify(written)}\n`));
  }
}

function parseJson(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
