import { ToolScene } from '../testing.ts';

// Calls exec with the words of its command line, from a process whose terminal and descriptors are its caller's.
const scene = new ToolScene();
try {
  process.stdout.write(JSON.stringify(await scene.call('exec', { argv: process.argv.slice(2) })));
} finally {
  scene[Symbol.dispose]();
}
