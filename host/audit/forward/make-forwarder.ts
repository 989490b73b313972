import { Datadog } from './datadog.ts';
import type { Forwarder } from './forwarder.ts';
import type { ReceiverPorts } from './receiver-ports.ts';
import { Sentinel } from './sentinel.ts';
import type { ForwardSpec } from './spec.ts';
import { Splunk } from './splunk.ts';
import { Webhook } from './webhook.ts';

/** The receiver that a spec describes. Nothing is sent yet, no credential read. */
export function makeForwarder(spec: ForwardSpec, ports: ReceiverPorts): Forwarder {
  switch (spec.kind) {
    case 'datadog':
      return new Datadog(spec, ports);
    case 'splunk':
      return new Splunk(spec, ports);
    case 'sentinel':
      return new Sentinel(spec, ports);
    case 'webhook':
      return new Webhook(spec, ports);
  }
}
