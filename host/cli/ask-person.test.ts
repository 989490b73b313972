import { spawn } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { Sandbox, TEXT_TOOL } from './testing.ts';

const ENTRY = fileURLToPath(new URL('../bin/wirken.mjs', import.meta.url));
const QUESTION = { install: 'Type mine to agree', run: 'Go ahead?' } as const;

/** The cursor stands on the last answer, `no`; down from there is the first. */
const ONCE = '\u001b[B\r';
const ALWAYS = '\u001b[B\u001b[B\u001b[B\r';
const NEVER = '\u001b[A\r';

/** Runs wirken on a terminal (`script` of util-linux gives it one); `early` is typed before it runs, `answer` once `question` stands there. */
async function onTerminal(
  box: Sandbox,
  args: string,
  {
    early = '',
    question,
    answer,
    columns = 200,
  }: { readonly early?: string; readonly question: string; readonly answer: string; readonly columns?: number },
): Promise<{ readonly code: number | null; readonly shown: string }> {
  // Without a size the question would be broken into single letters.
  const command = `stty cols ${columns} rows 40; ${process.execPath} ${ENTRY} ${args}`;
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    cwd: box.work,
    env: { PATH: process.env['PATH'], HOME: box.root, WIRKEN_DATA_DIR: box.data, TERM: 'xterm', COLUMNS: `${columns}` },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let shown = '';
  let answered = false;
  child.stdin.write(early);
  child.stdout.on('data', (chunk: Buffer) => {
    shown += chunk.toString();
    if (answered || !shown.includes(question)) return;
    answered = true;
    child.stdin.write(answer);
  });
  const code = await new Promise<number | null>((resolve) => {
    child.on('close', resolve);
  });
  return { code, shown };
}

async function mine(): Promise<Sandbox> {
  const box = new Sandbox();
  box.skill('mine', `description: "for tests"\nversion: "1.0.0"\n${TEXT_TOOL}`);
  await box.wirken(['key', 'new']);
  await box.wirken(['skill', 'sign', './mine']);
  return box;
}

describe.skipIf(process.platform !== 'linux')('a question on a terminal', () => {
  it.for<[string, string, number]>([
    ['the word', 'mine\r', 0],
    ['the word after a yes, which is none', 'y\r\u007fmine\r', 0],
    ['Enter alone', '\r', 1],
    ['no', 'n\r', 1],
    ['Ctrl-C', '\u0003', 1],
    ['Ctrl-D', '\u0004', 1],
  ])('before an install: %s', async ([, answer, code]) => {
    using box = await mine();
    const asked = await onTerminal(box, 'skill install ./mine', { question: QUESTION.install, answer });
    expect(asked.code).toBe(code);
    expect(existsSync(join(box.data, 'skills.lock.json'))).toBe(code === 0);
  });

  it.for<[string, string, number]>([
    ['once, which is the first', ONCE, 0],
    ['y, which is none', 'y\r', 1],
    ['Enter alone', '\r', 1],
    ['Ctrl-C', '\u0003', 1],
    ['Ctrl-D', '\u0004', 1],
  ])('before a run: %s', async ([, answer, code]) => {
    using box = await mine();
    const asked = await onTerminal(box, 'skill run ./mine text abc', { question: QUESTION.run, answer });
    expect(asked.code).toBe(code);
    expect(asked.shown.includes('ba7816bf')).toBe(code === 0);
  });

  it.for([
    ['install ./mine', QUESTION.install, 'mine\r', 'consent-required'],
    ['run ./mine text abc', QUESTION.run, ONCE, 'denied'],
  ] as const)('is not answered by what was typed ahead: %s', async ([args, question, early, refusal]) => {
    using box = await mine();
    const { code, shown } = await onTerminal(box, `skill ${args}`, { early, question, answer: '\r' });
    expect(code).toBe(1);
    expect(shown).toContain(refusal);
  });

  it('shows who asks, with what, and why', async () => {
    using box = await mine();
    const { shown } = await onTerminal(box, 'skill run ./mine text abc', { question: QUESTION.run, answer: '\r' });
    for (const part of ['self-signed', 'publisher', 'digest', 'SkillRun (tier 2)', 'why asked', '"text": "abc"'])
      expect(shown).toContain(part);
  });

  it('hides nothing of a command behind its length', async () => {
    using box = new Sandbox();
    const args = `tool run exec echo ${'a'.repeat(900)} HIDDEN ${'b'.repeat(900)}`;
    const { shown } = await onTerminal(box, args, { question: 'Type run to agree', answer: '\r' });
    const [question = '', rest = ''] = shown.split('  tool       exec');
    expect(question).toContain('HIDDEN');
    expect(rest.slice(rest.indexOf('  pattern '), rest.indexOf('  why asked'))).toContain('HIDDEN');
  });

  it('says in its own line what of the arguments is not shown', async () => {
    using box = new Sandbox();
    const args = `tool run exec --stdin=${'a'.repeat(30_000)} sh`;
    const { shown } = await onTerminal(box, args, { question: 'Type run to agree', answer: '\r' });
    const lines = stripVTControlCharacters(shown).split('\r\n');
    expect(
      lines.filter((line) => /^ {2}\d+ characters in the middle of the arguments are not shown/.test(line)),
    ).toHaveLength(1);
  });

  it('leaves no line to others where the terminal breaks theirs', async () => {
    using box = new Sandbox();
    const name = `${'a'.repeat(63)}wirken: this is safe`;
    const args = `tool run write_file '${name}' '${'b'.repeat(63)}wirken: this is safe'`;
    const { shown } = await onTerminal(box, args, { question: 'Go ahead?', answer: '\r', columns: 80 });
    const [question = ''] = stripVTControlCharacters(shown).split('Go ahead?');
    expect(question.split('\r\n').filter((line) => line.length > 80)).toEqual([]);
    expect(question.split('\r\n').filter((line) => /^\W*wirken:/.test(line) && !line.startsWith('│ '))).toEqual([]);
  });

  it('is asked once where the answer is always, until the bundle is another', async () => {
    using box = await mine();
    await onTerminal(box, 'skill run ./mine text abc', { question: QUESTION.run, answer: ALWAYS });
    expect((await box.wirken(['skill', 'run', './mine', 'text', 'abc'])).stdout).toContain('ba7816bf');
    box.skill('mine', `description: "for tests, changed"\nversion: "1.0.1"\n${TEXT_TOOL}`);
    await box.wirken(['skill', 'sign', './mine']);
    expect((await box.wirken(['skill', 'run', './mine', 'text', 'abc'])).stderr).toContain('consent-required');
  });

  it('is not asked again where the answer is never', async () => {
    using box = await mine();
    await onTerminal(box, 'skill run ./mine text abc', { question: QUESTION.run, answer: NEVER });
    const again = await onTerminal(box, 'skill run ./mine text abc', { question: QUESTION.run, answer: ONCE });
    expect(again.shown).toContain('denied');
    expect(again.shown).not.toContain(QUESTION.run);
  });

  it('for a file of one workspace says nothing about another', async () => {
    using box = new Sandbox();
    const asked = await onTerminal(box, 'tool run write_file b.txt milk', { question: QUESTION.run, answer: ALWAYS });
    expect(asked.code).toBe(0);
    expect((await box.wirken(['tool', 'run', 'write_file', 'b.txt', 'more'])).code).toBe(0);
    mkdirSync(join(box.work, 'other'));
    const elsewhere = await box.wirken(['tool', 'run', '--workspace', 'other', 'write_file', 'b.txt', 'milk']);
    expect([elsewhere.code, elsewhere.stderr]).toEqual([1, expect.stringContaining('consent-required')]);
    expect((await box.wirken(['permission', 'list'])).stdout).toContain(`in ${box.work}`);
  });

  it.for<[string, string, boolean]>([
    ['once', ONCE, true],
    ['no', '\r', false],
  ])('is put in a chat, which goes on afterwards: %s', async ([, answer, written]) => {
    using box = new Sandbox();
    const chat = await inChat(box, '/tool write_file b.txt milk\r', answer);
    expect(chat).toContain('WorkspaceWrite (tier 2)');
    expect(chat).toContain('"content": "milk"');
    expect(existsSync(join(box.work, 'b.txt'))).toBe(written);
    // The next line is the chat's again.
    expect(chat).toContain('ba7816bf');
  });
});

/** A chat on a terminal: a line that asks, the answer, `/hash text abc`, and out. */
async function inChat(box: Sandbox, line: string, answer: string): Promise<string> {
  const child = spawn('script', ['-qec', `stty cols 200 rows 60; ${process.execPath} ${ENTRY} chat`, '/dev/null'], {
    cwd: box.work,
    env: { PATH: process.env['PATH'], HOME: box.root, WIRKEN_DATA_DIR: box.data, TERM: 'xterm', COLUMNS: '200' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let shown = '';
  const steps: [string, string][] = [
    ['› ', line],
    ['Go ahead?', answer],
    [written(answer), '/hash text abc\r'],
    ['ba7816bf', '/quit\r'],
  ];
  child.stdout.on('data', (chunk: Buffer) => {
    shown += chunk.toString();
    const [next] = steps;
    if (next === undefined || !shown.includes(next[0])) return;
    steps.shift();
    // What is typed before the prompt stands there again is thrown away.
    setTimeout(() => child.stdin.write(next[1]), 300);
  });
  await new Promise((resolve) => {
    child.on('close', resolve);
  });
  return shown;
}

/** What the chat says after the answer. */
function written(answer: string): string {
  return answer === ONCE ? 'Created b.txt' : 'denied';
}
