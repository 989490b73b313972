import { HostError } from '../../base/error.ts';
import { shown } from '../../base/shown.ts';

/**
 * Every interface that a component may import here, without its version; any 0.2.x will do, for within 0.2 interfaces only grow.
 * `wasi:sockets` is there because toolchains import it unasked; it answers `access-denied`. `wasi:http` is not there.
 */
export const KNOWN_INTERFACES = [
  'wasi:cli/environment',
  'wasi:cli/exit',
  'wasi:cli/stderr',
  'wasi:cli/stdin',
  'wasi:cli/stdout',
  'wasi:cli/terminal-input',
  'wasi:cli/terminal-output',
  'wasi:cli/terminal-stderr',
  'wasi:cli/terminal-stdin',
  'wasi:cli/terminal-stdout',
  'wasi:clocks/monotonic-clock',
  'wasi:clocks/wall-clock',
  'wasi:filesystem/preopens',
  'wasi:filesystem/types',
  'wasi:io/error',
  'wasi:io/poll',
  'wasi:io/streams',
  'wasi:random/insecure',
  'wasi:random/insecure-seed',
  'wasi:random/random',
  'wasi:sockets/instance-network',
  'wasi:sockets/ip-name-lookup',
  'wasi:sockets/network',
  'wasi:sockets/tcp',
  'wasi:sockets/tcp-create-socket',
  'wasi:sockets/udp',
  'wasi:sockets/udp-create-socket',
] as const;

const VERSIONED = /^(?<name>[a-z0-9:/-]+)@0\.2\.(?:0|[1-9][0-9]{0,5})$/;

/** @throws HostError import-unknown, naming the import, unless it is one of ours in some version 0.2.x */
export function requireKnownInterface(untrusted: string): void {
  const name = VERSIONED.exec(untrusted)?.groups?.['name'];
  if (KNOWN_INTERFACES.some((known) => known === name)) return;
  throw unknownImport(untrusted);
}

export function unknownImport(untrusted: string): HostError {
  const label = shown(untrusted, 200);
  return new HostError('import-unknown', `the component imports ${label}, which does not exist here`, {
    import: label,
    remedy: 'Build it for WASI 0.2 with files, stdio, clocks and random only.',
  });
}
