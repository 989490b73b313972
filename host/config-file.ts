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
  network: z.strictObject({ hosts: z.array(z.string().min(1).max(256)).max(10_000).default([]) }).prefault({}),
  exec: z.strictObject({ unsandboxed: z.boolean().default(false) }).prefault({}),
  audit: z
    .strictObject({
      checkpoints: z
        .string()
        .regex(/^\/[^\0]*$/, 'write an absolute path')
        .optional(),
      forward: z.unknown().optional(),
    })
    .prefault({}),
});

/** The settings that `config.yaml` holds. A file with a fault in it counts for nothing: no setting of it is used. */
export interface FileConfig {
  readonly trustRequire: 'root' | 'self-signed';
  /** The operator's ceilings over what a manifest asks for. */
  readonly ceilings: Ceilings;
  /** Hosts whose requests are of tier 2, patterns as in a rule, not parsed yet. */
  readonly networkHosts: readonly string[];
  readonly exec: {
    /** Whether commands may run where there is no OS sandbox for them. */
    readonly unsandboxed: boolean;
  };
  readonly audit: {
    /** A file elsewhere that gets every checkpoint, absolute. */
    readonly checkpoints?: string;
    /** What `audit.forward` holds, not parsed yet; absent if it is. */
    readonly forward?: unknown;
  };
}

export interface Ceilings {
  readonly memoryBytes?: number;
  readonly timeMs?: number;
  readonly outputBytes?: number;
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
  const { trust, limits, network, exec, audit } = parsed.data;
  return {
    trustRequire: trust.require,
    ceilings: limits,
    networkHosts: network.hosts,
    exec,
    audit: {
      ...(audit.checkpoints === undefined ? {} : { checkpoints: audit.checkpoints }),
      ...(audit.forward === undefined ? {} : { forward: audit.forward }),
    },
  };
}

function invalid(what: string, file: string): HostError {
  return new HostError('config-invalid', what, {
    file,
    remedy: 'Correct it, or move it away to run with the defaults.',
  });
}
