import { type ComponentHeader, encodeEnd, FROM_RUNNER, TO_RUNNER } from '../pool/protocol.ts';
import type { BundleHeader, ModuleHeader } from '../pool/protocol.ts';
import { makeCall } from './call.ts';
import { Collector } from './collector.ts';
import { Guests } from './guests.ts';
import { CallHeaders } from './headers.ts';
import { Journals } from './journals.ts';
import { HostLink } from './link.ts';
import { Message } from './message.ts';
import type { Bundle } from './mounts.ts';

/** What Node's permission model must have taken away before a guest may run. `addon` and `ffi` depend on the mode. */
const FORBIDDEN = ['net', 'child', 'worker', 'wasi', 'addon', 'inspector'] as const;

await serve(new HostLink(), process.argv[2] ?? '');

/** Serves one host until it is gone. */
async function serve(link: HostLink, mode: string): Promise<void> {
  const guests = new Guests();
  const headers = new CallHeaders();
  const collector = new Collector();
  const journals = new Journals();
  // A runner without directories does not load what opens files.
  const workspace = mode === 'sealed' ? {} : await import('../../workspace/dir.ts');
  // With native calls within reach a guest that got out of the engine could start what outlives its deadline.
  if (mode === 'beneath') (await import('./seal.ts')).sealProcess();
  let bundle: Bundle | undefined;
  link.send(FROM_RUNNER.ready, Uint8Array.of(isConfined() ? 1 : 0));

  for (let frame = link.receive(); frame !== undefined; frame = link.receive()) {
    const message = new Message(frame.body);
    switch (frame.kind) {
      case TO_RUNNER.module:
        guests.addModule(moduleHeader(message), message);
        break;
      case TO_RUNNER.component:
        guests.addComponent(componentHeader(message), message);
        break;
      case TO_RUNNER.bundle: {
        const { digest, files } = bundleHeader(message);
        bundle = { digest, files: new Map(files.map(({ path, bytes }) => [path, message.take(bytes)])) };
        break;
      }
      case TO_RUNNER.call: {
        const { end, tidy } = await makeCall(
          headers.parse(message),
          message,
          guests,
          { ...workspace, bundle, journals },
          link,
        );
        link.send(FROM_RUNNER.end, encodeEnd(end));
        // After the answer: the host does not wait for it, and mostly has no next call yet.
        collector.afterCall(tidy());
        break;
      }
      default:
        throw new TypeError(`a frame of kind ${frame.kind}`);
    }
  }
}

function isConfined(): boolean {
  const { permission } = process;
  return permission !== undefined && FORBIDDEN.every((scope) => !permission.has(scope)) && !permission.has('fs.read');
}

function moduleHeader({ header }: Message): ModuleHeader {
  return JSON.parse(header);
}

function componentHeader({ header }: Message): ComponentHeader {
  return JSON.parse(header);
}

function bundleHeader({ header }: Message): BundleHeader {
  return JSON.parse(header);
}
