import { z } from 'zod';
import { HostError } from '../../base/error.ts';
import { shown } from '../../base/shown.ts';
import { isAction } from './actions.ts';
import type { CredentialRef, ForwardSpec } from './spec.ts';
import { parseTargetUrl, type TargetUrl } from './target-url.ts';

/** The regions of Datadog by name: a misspelt one would be given the key. Another one can be named by `url`. */
const DATADOG_SITES = [
  'datadoghq.com',
  'us3.datadoghq.com',
  'us5.datadoghq.com',
  'datadoghq.eu',
  'uk1.datadoghq.com',
  'ap1.datadoghq.com',
  'ap2.datadoghq.com',
  'ddog-gov.com',
  'us2.ddog-gov.com',
] as const;

const MAX_FORWARDERS = 16;

const targetUrl = (query: boolean) =>
  z.string().transform((text, context): TargetUrl => {
    const parsed = parseTargetUrl(text, { query });
    if (parsed.kind === 'url') return parsed.url;
    context.addIssue({ code: 'custom', message: parsed.why });
    return z.NEVER;
  });
const baseUrl = targetUrl(false);
/** A value that goes into a header, a path or a form as it is. */
const word = (shape: RegExp, example: string) => z.string().regex(shape, `write it as ${example}`);

const common = {
  name: word(/^[a-z][a-z0-9-]{0,31}$/, 'lower-case letters, digits and hyphens, such as splunk-prod'),
  'token-env': word(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, 'the name of an environment variable').optional(),
  'token-file': z
    .string()
    .min(1)
    .max(4096)
    .regex(/^[^\0]*$/, 'must not hold a NUL')
    .optional(),
  actions: z
    .array(z.string().refine(isAction, 'is no action of the audit log'))
    .min(1, 'name at least one action, or leave it out')
    .optional(),
  start: z.enum(['beginning', 'now']).default('beginning'),
};

const schema = z
  .array(
    z.discriminatedUnion('kind', [
      z.strictObject({
        ...common,
        kind: z.literal('datadog'),
        site: z.enum(DATADOG_SITES).optional(),
        url: baseUrl.optional(),
        tags: z
          .array(word(/^[A-Za-z][A-Za-z0-9_.:/-]{0,199}$/, 'key:value'))
          .max(64)
          .default([]),
      }),
      z.strictObject({
        ...common,
        kind: z.literal('splunk'),
        url: baseUrl,
        index: word(/^[a-z0-9_][a-z0-9_-]{0,79}$/, 'the name of an index').optional(),
        sourcetype: word(/^[A-Za-z0-9_:.-]{1,80}$/, 'the name of a source type').default('wirken:audit'),
        acknowledgements: z.boolean().default(false),
      }),
      z.strictObject({
        ...common,
        kind: z.literal('sentinel'),
        url: baseUrl,
        rule: word(/^dcr-[0-9a-f]{32}$/, 'the immutable id of the data collection rule, dcr-…'),
        stream: word(/^[A-Za-z][A-Za-z0-9_-]{0,99}$/, 'the name of a stream, Custom-…'),
        tenant: word(/^[A-Za-z0-9][A-Za-z0-9.-]{0,99}$/, 'the id of the tenant'),
        client: word(/^[0-9A-Fa-f-]{36}$/, 'the id of the application, a UUID'),
        authority: baseUrl.prefault('https://login.microsoftonline.com'),
        scope: word(/^https:\/\/[!-~]{1,200}\/\.default$/, 'https://…/.default').default(
          'https://monitor.azure.com/.default',
        ),
      }),
      z.strictObject({ ...common, kind: z.literal('webhook'), url: targetUrl(true) }),
    ]),
  )
  .max(MAX_FORWARDERS);

type Written = z.output<typeof schema>[number];

/**
 * The receivers that `audit.forward` of the config file lists; none, if it is absent.
 * @throws HostError `config-invalid`, naming the key
 */
export function parseForwardConfig(untrusted: unknown): readonly ForwardSpec[] {
  const parsed = schema.safeParse(untrusted ?? []);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw invalid(issue?.path ?? [], issue?.message ?? '');
  }
  const names = new Set<string>();
  return parsed.data.map((written, index) => {
    if (names.has(written.name)) throw invalid([index, 'name'], `the name ${written.name} stands there twice`);
    names.add(written.name);
    return specOf(written, index);
  });
}

function specOf(written: Written, index: number): ForwardSpec {
  const { name, start } = written;
  const shared = {
    name,
    start,
    credential: credentialOf(written, index),
    ...(written.actions === undefined ? {} : { actions: written.actions }),
  };
  switch (written.kind) {
    case 'datadog':
      if (written.site !== undefined && written.url !== undefined) {
        throw invalid([index, 'site'], 'give the site or the url, not both');
      }
      return {
        ...shared,
        kind: 'datadog',
        url: written.url ?? intakeOf(written.site ?? 'datadoghq.com'),
        tags: written.tags,
      };
    case 'splunk':
      return {
        ...shared,
        kind: 'splunk',
        url: written.url,
        sourcetype: written.sourcetype,
        acknowledgements: written.acknowledgements,
        ...(written.index === undefined ? {} : { index: written.index }),
      };
    case 'sentinel': {
      const { url, rule, stream, tenant, client, authority, scope } = written;
      return { ...shared, kind: 'sentinel', url, rule, stream, tenant, client, authority, scope };
    }
    case 'webhook':
      return { ...shared, kind: 'webhook', url: written.url };
  }
}

function credentialOf(written: Written, index: number): CredentialRef {
  const variable = written['token-env'];
  const path = written['token-file'];
  if (variable !== undefined && path === undefined) return { kind: 'env', variable };
  if (path !== undefined && variable === undefined) return { kind: 'file', path };
  throw invalid(
    [index, 'token-env'],
    path === undefined
      ? 'says where the credential is, or token-file does; one of them is needed'
      : 'and token-file exclude each other',
  );
}

function intakeOf(site: (typeof DATADOG_SITES)[number]): TargetUrl {
  const parsed = parseTargetUrl(`https://http-intake.logs.${site}`, { query: false });
  if (parsed.kind === 'invalid') throw new TypeError(parsed.why);
  return parsed.url;
}

function invalid(path: readonly PropertyKey[], message: string): HostError {
  const key = ['audit', 'forward', ...path.map(String)].join('.');
  return new HostError('config-invalid', `"${shown(key)}": ${shown(message)}`, {
    key,
    remedy:
      'docs/audit-forwarding.md lists the keys. A credential never stands in the file: name it by token-env or token-file.',
  });
}
