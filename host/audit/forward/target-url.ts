import type { Brand } from '../../base/brand.ts';

/** An absolute URL without credentials and fragment, over TLS unless the host is this machine. */
export type TargetUrl = Brand<string, 'TargetUrl'>;

export type UrlParsed =
  | { readonly kind: 'url'; readonly url: TargetUrl }
  | { readonly kind: 'invalid'; readonly why: string };

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** The URL, or what is wrong with it. A query is allowed only where the whole URL is used as it is. */
export function parseTargetUrl(untrusted: string, { query }: { readonly query: boolean }): UrlParsed {
  const url = URL.parse(untrusted);
  if (url === null) return { kind: 'invalid', why: 'is no absolute URL' };
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    return { kind: 'invalid', why: 'must begin with https://' };
  if (url.username !== '' || url.password !== '') return { kind: 'invalid', why: 'must not hold a user or a password' };
  if (url.hash !== '') return { kind: 'invalid', why: 'must not have a fragment' };
  if (!query && url.search !== '') return { kind: 'invalid', why: 'must not have a query' };
  // The parser has brought every spelling of an address (127.1, 0x7f000001) to this one.
  if (url.protocol === 'http:' && !LOOPBACK.test(url.hostname)) {
    return { kind: 'invalid', why: 'must begin with https:// unless the host is this machine' };
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the one parser of this brand
  return { kind: 'url', url: url.href as TargetUrl };
}

/** `path` below the URL; segments must be encoded already. */
export function below(url: TargetUrl, path: string): string {
  return `${url.endsWith('/') ? url.slice(0, -1) : url}${path}`;
}

/** What of a URL may be shown: a webhook's path and query may be secret. */
export function originOf(url: TargetUrl): string {
  return new URL(url).origin;
}
