import { expect, it } from 'vitest';
import { HostError } from '../../base/error.ts';
import { parseForwardConfig } from './parse-config.ts';

const webhook = { name: 'own', kind: 'webhook', url: 'https://siem.example.com/in', 'token-env': 'T' };
const splunk = { name: 'sp', kind: 'splunk', url: 'https://splunk.example.com:8088/', 'token-file': 'secrets/hec' };
const sentinel = {
  name: 'az',
  kind: 'sentinel',
  url: 'https://dce.eastus-1.ingest.monitor.azure.com',
  rule: `dcr-${'a'.repeat(32)}`,
  stream: 'Custom-Audit_CL',
  tenant: 'contoso.onmicrosoft.com',
  client: '66666666-7777-8888-9999-aaaaaaaaaaaa',
  'token-env': 'T',
};
const datadog = { name: 'dd', kind: 'datadog', 'token-env': 'DD_API_KEY' };

it('reads every kind, with its defaults', () => {
  expect(parseForwardConfig([datadog, splunk, sentinel, webhook])).toEqual([
    {
      name: 'dd',
      kind: 'datadog',
      url: 'https://http-intake.logs.datadoghq.com/',
      credential: { kind: 'env', variable: 'DD_API_KEY' },
      tags: [],
      start: 'beginning',
    },
    {
      name: 'sp',
      kind: 'splunk',
      url: 'https://splunk.example.com:8088/',
      credential: { kind: 'file', path: 'secrets/hec' },
      sourcetype: 'wirken:audit',
      acknowledgements: false,
      start: 'beginning',
    },
    {
      name: 'az',
      kind: 'sentinel',
      url: 'https://dce.eastus-1.ingest.monitor.azure.com/',
      credential: { kind: 'env', variable: 'T' },
      rule: sentinel.rule,
      stream: sentinel.stream,
      tenant: sentinel.tenant,
      client: sentinel.client,
      authority: 'https://login.microsoftonline.com/',
      scope: 'https://monitor.azure.com/.default',
      start: 'beginning',
    },
    {
      name: 'own',
      kind: 'webhook',
      url: 'https://siem.example.com/in',
      credential: { kind: 'env', variable: 'T' },
      start: 'beginning',
    },
  ]);
});

it.for([[undefined], [null], [[]]])('reads no receivers from %j', ([written]) => {
  expect(parseForwardConfig(written)).toEqual([]);
});

it('keeps a filter, a start and a region', () => {
  const [parsed] = parseForwardConfig([
    { ...datadog, site: 'datadoghq.eu', actions: ['skill.call', 'chain.head'], start: 'now', tags: ['env:prod'] },
  ]);
  expect(parsed).toMatchObject({
    url: 'https://http-intake.logs.datadoghq.eu/',
    actions: ['skill.call', 'chain.head'],
    start: 'now',
    tags: ['env:prod'],
  });
});

it.for<[string, unknown, string]>([
  ['no list', { name: 'x' }, 'audit.forward'],
  ['a kind that is not known', [{ ...webhook, kind: 'kafka' }], 'audit.forward.0.kind'],
  ['no kind', [{ name: 'x' }], 'audit.forward.0.kind'],
  ['a name with a slash', [{ ...webhook, name: '../x' }], 'audit.forward.0.name'],
  ['a name twice', [webhook, { ...splunk, name: 'own' }], 'audit.forward.1.name'],
  ['no url', [{ ...splunk, url: undefined }], 'audit.forward.0.url'],
  ['http to elsewhere', [{ ...splunk, url: 'http://splunk.example.com' }], 'audit.forward.0.url'],
  ['a user in the url', [{ ...splunk, url: 'https://u:p@splunk.example.com' }], 'audit.forward.0.url'],
  ['a query where none is', [{ ...splunk, url: 'https://splunk.example.com?a=1' }], 'audit.forward.0.url'],
  ['a token in the file', [{ ...webhook, token: 'abc' }], 'audit.forward.0'],
  ['no credential', [{ ...webhook, 'token-env': undefined }], 'audit.forward.0.token-env'],
  ['two credentials', [{ ...webhook, 'token-file': 'x' }], 'audit.forward.0.token-env'],
  ['a variable with blanks', [{ ...webhook, 'token-env': 'A B' }], 'audit.forward.0.token-env'],
  ['a misspelt action', [{ ...webhook, actions: ['skill.cal'] }], 'audit.forward.0.actions.0'],
  ['an inherited name as an action', [{ ...webhook, actions: ['toString'] }], 'audit.forward.0.actions.0'],
  ['an empty filter', [{ ...webhook, actions: [] }], 'audit.forward.0.actions'],
  ['a region that does not exist', [{ ...datadog, site: 'datadoghq.org' }], 'audit.forward.0.site'],
  ['a region and a url', [{ ...datadog, site: 'datadoghq.eu', url: 'https://a.b' }], 'audit.forward.0.site'],
  ['a rule that leads elsewhere', [{ ...sentinel, rule: '../../x' }], 'audit.forward.0.rule'],
  ['a stream that leads elsewhere', [{ ...sentinel, stream: 'a/../b' }], 'audit.forward.0.stream'],
  ['a tenant that leads elsewhere', [{ ...sentinel, tenant: 'a/b' }], 'audit.forward.0.tenant'],
  ['a tenant of dots', [{ ...sentinel, tenant: '..' }], 'audit.forward.0.tenant'],
  ['an authority over http', [{ ...sentinel, authority: 'http://a.b' }], 'audit.forward.0.authority'],
  ['a key of another kind', [{ ...webhook, index: 'main' }], 'audit.forward.0'],
  ['too many', Array.from({ length: 17 }, (_, at) => ({ ...webhook, name: `a${at}` })), 'audit.forward'],
])('refuses %s, naming the key', ([, written, key]) => {
  const error = refusal(written);
  expect(error.code).toBe('config-invalid');
  expect(error.details['key']).toBe(key);
  expect(error.message).toContain(`"${key}"`);
});

it('prints no value of the file: one of them may be a credential', () => {
  expect(refusal([{ ...webhook, token: 'hunter2-hunter2' }]).message).not.toContain('hunter2');
  expect(refusal([{ ...splunk, url: 'https://u:hunter2@a.b' }]).message).not.toContain('hunter2');
  expect(refusal([{ ...webhook, 'token-env': 'hunter2 hunter2' }]).message).not.toContain('hunter2');
});

function refusal(written: unknown): HostError {
  try {
    parseForwardConfig(written);
  } catch (error) {
    if (error instanceof HostError) return error;
    throw error;
  }
  throw new TypeError('it was taken');
}
