import { type Authority, isAddress, parseHostName } from './host.ts';

/** A parsed pattern of hosts: `example.com`, `*.example.com`, `example.com:8443`, `[::1]:80`, `*`. */
export interface HostPattern {
  readonly kind: 'host';
  /** As it is meant: in punycode, lower case. */
  readonly text: string;
  /** Absent: every host. */
  readonly host?: string;
  /** The domains beneath `host`, and not itself. */
  readonly below: boolean;
  /** Absent: every port. */
  readonly port?: number;
}

const PORT = /:(\d{1,5})$/;

/** The pattern, or in one clause why it is none. */
export function readHostPattern(untrusted: string): HostPattern | { readonly refused: string } {
  if (untrusted.includes('://') || untrusted.includes('/')) return { refused: 'is a URL; a host is wanted' };
  const portText = PORT.exec(untrusted)?.[1];
  const port = portText === undefined ? undefined : Number(portText);
  if (port !== undefined && (port < 1 || port > 65_535)) return { refused: 'has a port that is none' };
  const name = portText === undefined ? untrusted : untrusted.slice(0, -portText.length - 1);
  const suffix = port === undefined ? {} : { port };
  if (name === '*') return { kind: 'host', text: untrusted, below: false, ...suffix };
  const below = name.startsWith('*.');
  const host = parseHostName(below ? name.slice(2) : name);
  if (host === undefined) return { refused: 'is no host; write example.com, *.example.com, with or without :port' };
  if (below && isAddress(host)) return { refused: 'has * before an address, which has no names beneath it' };
  const text = `${below ? '*.' : ''}${host}${port === undefined ? '' : `:${port}`}`;
  return { kind: 'host', text, host, below, ...suffix };
}

export function matchesHost(pattern: HostPattern, { host, port }: Authority): boolean {
  if (pattern.port !== undefined && pattern.port !== port) return false;
  if (pattern.host === undefined) return true;
  if (!pattern.below) return pattern.host === host;
  return host.endsWith(`.${pattern.host}`) && !isAddress(host);
}
