import { writeFileSync } from 'node:fs';
import { ToolScene } from '../testing.ts';

// Calls exec with the words of its command line, from a process whose terminal and descriptors are its caller's; the first word is where
// the outcome goes.
const [result = '', ...argv] = process.argv.slice(2);
const scene = new ToolScene();
try {
  writeFileSync(result, JSON.stringify(await scene.call('exec', { argv })));
} finally {
  scene[Symbol.dispose]();
}
