import { expect, it } from 'vitest';
import { below, originOf, parseTargetUrl, type TargetUrl } from './target-url.ts';

it.for<[string, boolean]>([
  ['https://a.example', true],
  ['https://a.example:8443/prefix/', true],
  ['https://10.0.0.1/', true],
  ['http://localhost:8088', true],
  ['http://127.0.0.1', true],
  ['http://127.1:9', true],
  ['http://0x7f000001', true],
  ['http://[::1]:80', true],
  ['http://a.example', false],
  ['http://localhost.example', false],
  ['http://127.0.0.1.example', false],
  ['http://128.0.0.1', false],
  ['http://[::2]', false],
  ['http://[::ffff:127.0.0.1]', false],
  ['http://0.0.0.0', false],
  ['ftp://a.example', false],
  ['file:///etc/passwd', false],
  ['https://user@a.example', false],
  ['https://a.example#f', false],
  ['https://a.example?q', false],
  ['//a.example', false],
  ['a.example', false],
  ['', false],
])('%s: %s', ([text, taken]) => {
  expect(parseTargetUrl(text, { query: false }).kind).toBe(taken ? 'url' : 'invalid');
});

it('takes a query only where it is asked to, and never shows it', () => {
  const url = parsed('https://a.example/hook?key=secret', true);
  expect(originOf(url)).toBe('https://a.example');
});

it.for([
  ['https://a.example', 'https://a.example/api/v2/logs'],
  ['https://a.example/', 'https://a.example/api/v2/logs'],
  ['https://a.example/proxy', 'https://a.example/proxy/api/v2/logs'],
  ['https://a.example/proxy/', 'https://a.example/proxy/api/v2/logs'],
])('adds a path below %s', ([base = '', whole]) => {
  expect(below(parsed(base, false), '/api/v2/logs')).toBe(whole);
});

function parsed(text: string, query: boolean): TargetUrl {
  const result = parseTargetUrl(text, { query });
  if (result.kind === 'invalid') throw new TypeError(result.why);
  return result.url;
}
