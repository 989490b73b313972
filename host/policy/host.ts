/** Where a request goes: the host as the network will take it, and the port. */
export interface Authority {
  /** Lower case, punycode, without a dot at its end; an address in its shortest spelling, IPv6 in brackets. */
  readonly host: string;
  readonly port: number;
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };
/** Bytes of a URL. */
export const MAX_URL_BYTES = 8192;
// What parsers of URLs disagree about: blanks and control characters are dropped by some, a backslash is a slash to some.
// oxlint-disable-next-line no-control-regex
const AMBIGUOUS = /[\u0000-\u0020\u007f-\u009f\\]/;
const MAPPED_IPV4 = /^\[::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})\]$/;
const IPV4 = /^\d+\.\d+\.\d+\.\d+$/;

/** The host and port that a URL means, or in one clause why it is refused. */
export function authorityOf(untrusted: string): Authority | { readonly refused: string } {
  if (untrusted.length > MAX_URL_BYTES) return { refused: `the URL is longer than ${MAX_URL_BYTES} bytes` };
  if (!untrusted.isWellFormed()) return { refused: 'the URL is no well-formed Unicode' };
  if (AMBIGUOUS.test(untrusted)) return { refused: 'the URL holds a blank, a control character or a backslash' };
  const url = URL.parse(untrusted);
  if (url === null) return { refused: 'the URL is none' };
  const port = DEFAULT_PORTS[url.protocol];
  if (port === undefined) return { refused: 'the URL is neither http nor https' };
  // Before the @ stands what a person takes for the host.
  if (url.username !== '' || url.password !== '') return { refused: 'the URL holds a user name or password' };
  const host = canonical(url.hostname);
  if (host === undefined) return { refused: 'the URL has no usable host' };
  return { host, port: url.port === '' ? port : Number(url.port) };
}

/** A host as a person or a config file writes it, in the spelling of `Authority`; `undefined` if it is none. */
export function parseHostName(untrusted: string): string | undefined {
  if (AMBIGUOUS.test(untrusted) || /[/@?#%*]/.test(untrusted)) return undefined;
  const bracketed = untrusted.startsWith('[') && untrusted.endsWith(']');
  if (!bracketed && /[:[\]]/.test(untrusted)) return undefined;
  const url = URL.parse(`http://${untrusted}/`);
  return url === null || url.port !== '' ? undefined : canonical(url.hostname);
}

/** Whether a host is an address and has no names beneath it. */
export function isAddress(host: string): boolean {
  return host.startsWith('[') || IPV4.test(host);
}

/** `host` and every domain above it, `a.example.com`, `example.com`, `com`; of an address itself alone. */
export function domainsOf(host: string): readonly string[] {
  if (isAddress(host)) return [host];
  const labels = host.split('.');
  return labels.map((_, at) => labels.slice(at).join('.'));
}

/** From the URL parser's spelling, which knows 0x7f000001 and ① already. */
function canonical(hostname: string): string | undefined {
  const mapped = MAPPED_IPV4.exec(hostname);
  if (mapped) {
    const [high, low] = [Number.parseInt(mapped[1] ?? '', 16), Number.parseInt(mapped[2] ?? '', 16)];
    return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
  }
  const host = hostname.endsWith('.') ? hostname.slice(0, -1) : hostname;
  if (host === '' || host.split('.').includes('')) return undefined;
  return host;
}
