import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const text = readFileSync(join(root, 'docs', 'authoring.md'), 'utf8');
const scratch = realpathSync(mkdtempSync(join(tmpdir(), 'wirken-authoring-')));
const work = join(scratch, 'work');
const env = {
  ...process.env,
  NO_COLOR: '1',
  PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`,
  WIRKEN_DATA_DIR: join(scratch, 'data'),
  WIRKEN_TEST_NODE: process.execPath,
  WIRKEN_TEST_MAIN: join(root, 'host', 'bin', 'wirken.mjs'),
};
const PRELUDE = 'wirken() { "$WIRKEN_TEST_NODE" "$WIRKEN_TEST_MAIN" "$@"; }\n';
/** What a reader types into files, by the language of the block. */
const FILES: Readonly<Record<string, string>> = { ts: 'word-tools/src/skill.ts', yaml: 'word-tools/tests/cases.yaml' };

const blocks = [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language = '', body = '']) => ({
  language,
  body,
}));

beforeAll(() => {
  mkdirSync(join(work, 'notes'), { recursive: true });
  writeFileSync(join(work, 'notes', 'monday.txt'), 'we met yesterday and said so\n');
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe('docs/authoring.md', () => {
  it('leads from nothing to an installed skill, command by command', { timeout: 240_000 }, async () => {
    let commands = 0;
    for (const { language, body } of blocks) {
      const file = FILES[language];
      if (file !== undefined) writeFileSync(join(work, file), body);
      if (language !== 'console') continue;
      for (const { command, answer } of stepsOf(body)) {
        commands += 1;
        const output = await bash(command);
        expect(output, command).toEqual(answer.map((line) => expect.stringMatching(patternOf(line))));
      }
    }
    expect(commands).toBeGreaterThan(12);
  });
});

function stepsOf(body: string): readonly { readonly command: string; readonly answer: readonly string[] }[] {
  const steps: { command: string; answer: string[] }[] = [];
  for (const line of body.trimEnd().split('\n')) {
    if (line.startsWith('$ ')) steps.push({ command: line.slice(2), answer: [] });
    else steps.at(-1)?.answer.push(line);
  }
  return steps;
}

/** `…` stands for anything in its line. */
function patternOf(line: string): RegExp {
  return new RegExp(`^${line.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll('…', '.*')}$`);
}

async function bash(command: string): Promise<readonly string[]> {
  const child = spawn('bash', ['-c', `exec 2>&1\n${PRELUDE}${command}`], {
    cwd: work,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
  await new Promise((resolve) => child.on('close', resolve));
  return output.trimEnd().split('\n');
}
