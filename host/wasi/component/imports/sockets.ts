import type { Guest } from './guest.ts';
import { Resource } from './io.ts';
import { err, type Result } from './result.ts';

class Network extends Resource {}
/** Never made: each way to one is refused. */
class Unreachable extends Resource {}

/**
 * `wasi:sockets` without any network: many toolchains import it whether they use it or not. Making a socket or resolving a name is
 * `access-denied`, so no operation of a socket can ever be called.
 */
export function sockets(guest: Guest) {
  const denied = (): Result<never, 'access-denied'> => err('access-denied');
  return {
    network: { Network, networkErrorCode: (): undefined => undefined },
    'instance-network': { instanceNetwork: () => new Network(guest) },
    'ip-name-lookup': { ResolveAddressStream: Unreachable, resolveAddresses: denied },
    tcp: { TcpSocket: Unreachable },
    'tcp-create-socket': { createTcpSocket: denied },
    udp: {
      UdpSocket: Unreachable,
      IncomingDatagramStream: Unreachable,
      OutgoingDatagramStream: Unreachable,
    },
    'udp-create-socket': { createUdpSocket: denied },
  };
}
