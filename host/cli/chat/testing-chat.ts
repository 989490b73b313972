import { systemClock } from '../../base/ports.ts';
import { runChat } from '../chat.ts';
import { fileHistory, memoryHistory } from '../terminal/history.ts';
import { testPorts } from './testing.ts';

// The chat with the skills of tests, as a program of its own: node testing-chat.ts [HISTORY-FILE]
const [, , historyFile] = process.argv;
process.exitCode = await runChat(testPorts(), {
  input: process.stdin,
  output: process.stdout,
  errors: process.stderr,
  colour: process.stdout.isTTY,
  history: historyFile === undefined ? memoryHistory() : fileHistory(historyFile),
  clock: systemClock,
  signal: new AbortController().signal,
});
