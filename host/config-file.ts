import { parseDocument, visit } from 'yaml';
import { z } from 'zod';
import { HostError } from './base/error.ts';
import { shown } from './base/shown.ts';

const UNITS = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 } as const;

const bytes = z
  .string()
  .regex(/^[1-9]\d{0,9}(?:B|KiB|MiB|GiB)$/, 'write a size such as 256MiB')
  .transform((text) => {
    const unit = text.endsWith('KiB') ? 'KiB' : text.endsWith('MiB') ? 'MiB' : text.endsWith('GiB') ? 'GiB' : 'B';
    return Number.parseInt(text, 10) * UNITS[unit];
  });

const duration = z
  .string()
  .regex(/^[1-9]\d{0,6}(?:ms|s)$/, 'write a time such as 10s or 500ms')
  .transform((text) => Number.parseInt(text, 10) * (text.endsWith('ms') ? 1 : 1000));

const fileSchema = z.strictObject({
  trust: z.strictObject({ require: z.enum(['root', 'self-signed']).default('self-signed') }).prefault({}),
  limits: z
    .strictObject({ memory: bytes.optional(), time: duration.optional(), output: bytes.optional() })
    .prefault({})
    .transform(({ memory, time, output }) => ({
      ...(memory === undefined ? {} : { memoryBytes: memory }),
      ...(time === undefined ? {} : { timeMs: time }),
      ...(output === undefined ? {} : { outputBytes: output }),
    })),
});

/** The settings that `config.yaml` holds. A file with a fault in it counts for nothing: no setting of it is used. */
export interface FileConfig {
  readonly trustRequire: 'root' | 'self-signed';
  readonly ceilings: { readonly memoryBytes?: number; readonly timeMs?: number; readonly outputBytes?: number };
}

/** @throws HostError `config-invalid` with the key or the line */
export function parseConfig(untrusted: string, file: string): FileConfig {
  const document = parseDocument(untrusted, { strict: true, uniqueKeys: true, prettyErrors: true });
  const fault = document.errors[0] ?? document.warnings[0];
  if (fault !== undefined) {
    const at = fault.linePos?.[0];
    const place = at === undefined ? '' : ` (line ${at.line}, column ${at.col})`;
    throw invalid(`not valid YAML${place}: ${shown(fault.message.split('\n')[0] ?? '')}`, file);
  }
  visit(document, {
    Alias: () => {
      throw invalid('aliases are not allowed', file);
    },
  });
  const parsed = fileSchema.safeParse(document.toJS() ?? {});
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const key = issue?.path.join('.') ?? '';
    throw invalid(`${key === '' ? 'the file' : `"${shown(key)}"`}: ${shown(issue?.message ?? '')}`, file);
  }
  return { trustRequire: parsed.data.trust.require, ceilings: parsed.data.limits };
}

function invalid(what: string, file: string): HostError {
  return new HostError('config-invalid', what, {
    file,
    remedy: 'Correct it, or move it away to run with the defaults.',
  });
}
