import { systemClock } from '../../base/ports.ts';
import { parseForwardConfig } from './parse-config.ts';
import { forwardOnce, startForwarding } from './start.ts';
import { QUICK, testRandom } from './testing-log.ts';

// A process that forwards: `testing-child.ts once|always DATADIR CONFIG-AS-JSON`. Says `up`, and in the end what came of it.
const [mode, dataDir = '', config = '[]'] = process.argv.slice(2);
const options = {
  dataDir,
  specs: parseForwardConfig(JSON.parse(config)),
  env: process.env,
  clock: systemClock,
  random: testRandom,
  log: (name: string, line: string) => console.error(`${name}: ${line}`),
  signal: new AbortController().signal,
  host: 'child',
  pace: QUICK,
};
if (mode === 'once') {
  console.log(JSON.stringify(await forwardOnce(options)));
} else {
  const forwarding = startForwarding(options);
  console.log('up');
  await forwarding.closed;
}
