import type { Clock, Random } from '../../base/ports.ts';
import type { SecretString } from '../../base/secret-string.ts';

/** What every receiver needs from outside. */
export interface ReceiverPorts {
  /** Reads the credential anew. @throws HostError `config-invalid` */
  readonly credential: () => SecretString;
  /** What the receiver is told about where the log lives. */
  readonly host: string;
  readonly clock: Clock;
  readonly random: Random;
}
