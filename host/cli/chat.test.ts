import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { fixedClock } from '../base/ports.ts';
import { ask } from './chat.ts';
import { testPorts } from './chat/testing.ts';

const PROGRAM = join(import.meta.dirname, 'chat/testing-chat.ts');
const PROMPT = '› ';

async function asked(line: string): Promise<{ text: string; exitCode: number }> {
  const scene = {
    output: new PassThrough(),
    errors: new PassThrough(),
    colour: false,
    clock: fixedClock('2026-01-01T00:00:00Z'),
    signal: new AbortController().signal,
  };
  const { text, exitCode } = await ask(line, testPorts(), scene);
  return { text, exitCode };
}

describe('ask', () => {
  it.for<readonly [string, number, string]>([
    ['/echo hello', 0, 'said hello'],
    ["/echo 'a b'", 0, 'said a b'],
    ['/echo {"text": "x"}', 0, 'said x'],
    ['/echo ask', 0, 'said ask'],
    ['/echo', 2, 'lacks text\nusage: /echo <text>'],
    ["/echo 'a", 2, 'is not closed (character 1)\nusage: /echo <text>'],
    ['/echo shout as=high', 2, 'usage: /echo shout [--as=loud|quiet]'],
    ['/exit 7', 7, 'left'],
    ['/hostile fail', 1, 'trap: '],
    ['/guide', 1, 'these are instructions for a model, and none is configured. MODEL HELP.'],
    ['/hidden', 1, 'not called by hand'],
    ['/ech', 1, 'Did you mean /echo?'],
    ['/nobody', 1, 'There is no skill nobody here. /skills'],
    ['/', 2, '/help says more'],
    ['what is this?', 1, 'No model is configured, so only commands are answered here: /skills'],
    ['/help', 0, '/skill NAME'],
    ['/skills', 0, '/guide'],
    ['/skill echo', 0, '/echo shout [--as=loud|quiet]'],
    ['/skill wait', 0, 'may touch: filesystem.read: src/**'],
    ['/skill guide', 0, '│ Do\n│\n│ this'],
    ['/skill', 2, 'usage: /skill NAME'],
    ['/skill nobody', 1, 'There is no skill nobody here.'],
    ['/stop', 0, 'Nothing is running.'],
    ['/quit', 0, ''],
    ['', 0, ''],
  ])('%s exits %i and says: %s', async ([line, code, text]) => {
    const answer = await asked(line);
    expect(answer).toEqual({ exitCode: code, text: expect.stringContaining(text) });
  });

  it.for(['/hostile markdown', '/hostile json', '/hostile text', '/hostile fail', '/skills', '/skill hostile'])(
    '%s lets nothing through that acts on a terminal',
    async (line) => {
      const { text } = await asked(line);
      // oxlint-disable-next-line no-control-regex
      expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
      expect(text).toMatch(/\\x1b|\\u001b/);
    },
  );

  it('prints JSON that is still the same JSON', async () => {
    const { text } = await asked('/hostile json');
    const key = '\u001b[2J\u001b]0;title\u0007\u202egnp.exe';
    expect(JSON.parse(text)).toEqual({ [key]: key });
  });
});

describe('a chat from a pipe', () => {
  it('answers each line in order and leaves at the end', () => {
    const out = execFileSync(process.execPath, [PROGRAM], {
      input: '/echo one\n\n/nobody\r\n/echo two',
      encoding: 'utf8',
    });
    expect(out).toBe('said one\nThere is no skill nobody here. /skills lists those that are.\nsaid two\n');
  });

  it('leaves at /quit', () => {
    expect(execFileSync(process.execPath, [PROGRAM], { input: '/quit\n/echo x\n', encoding: 'utf8' })).toBe('');
  });
});

/** A chat on a real terminal: `script` of util-linux gives it one. */
class Terminal {
  #seen = '';
  #from = 0;
  readonly #child;
  readonly #wake = new Set<() => void>();
  readonly ended: Promise<number | null>;

  constructor(...args: readonly string[]) {
    const command = [process.execPath, PROGRAM, ...args].map((word) => `'${word}'`).join(' ');
    this.#child = spawn('script', ['-qec', command, '/dev/null'], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#child.stdout.on('data', (chunk: Buffer) => {
      this.#seen += chunk.toString();
      for (const wake of this.#wake) wake();
    });
    this.ended = new Promise((resolve) => this.#child.once('close', resolve));
  }

  type(keys: string): void {
    this.#child.stdin.write(keys);
  }

  /** Waits until `text` is on the screen behind what was waited for before; answers what came up to it. */
  async until(text: string): Promise<string> {
    for (;;) {
      const at = this.#seen.indexOf(text, this.#from);
      if (at !== -1) {
        const before = this.#seen.slice(this.#from, at + text.length);
        this.#from = at + text.length;
        return before;
      }
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.#wake.delete(wake);
          resolve();
        };
        this.#wake.add(wake);
      });
    }
  }

  get screen(): string {
    return this.#seen;
  }
}

describe.skipIf(process.platform !== 'linux')('a chat on a terminal', () => {
  it('completes names, tools, values and files', async () => {
    const terminal = new Terminal();
    await terminal.until(PROMPT);
    terminal.type('/ec\t');
    await terminal.until('/echo ');
    terminal.type('sh\t');
    await terminal.until('shout ');
    terminal.type('--as=l\t');
    await terminal.until('oud ');
    terminal.type('\r');
    await terminal.until('said');
    await terminal.until(PROMPT);
    terminal.type('/echo no\t');
    await terminal.until('tes.md ');
    terminal.type('\r');
    await terminal.until('│');
    await terminal.until('notes.md');
    await terminal.until(PROMPT);
    terminal.type('/quit\r');
    expect(await terminal.ended).toBe(0);
  });

  it('stops a running skill by Ctrl-C and by /stop, goes on, and leaves at the second Ctrl-C', async () => {
    const terminal = new Terminal();
    await terminal.until(PROMPT);
    for (const stop of ['\u0003', '/stop\r']) {
      terminal.type('/wait\r');
      await terminal.until('waiting');
      terminal.type(stop);
      await terminal.until('Stopped.');
      await terminal.until(PROMPT);
    }
    terminal.type('/echo still here');
    await terminal.until('still here');
    terminal.type('\u0003');
    await terminal.until('leaves)');
    await terminal.until(PROMPT);
    terminal.type('\u0003');
    expect(await terminal.ended).toBe(0);
    expect(terminal.screen).not.toContain('said still');
  });

  it('throws away what is typed while a skill runs', async () => {
    const terminal = new Terminal();
    await terminal.until(PROMPT);
    terminal.type('/wait\r');
    await terminal.until('waiting');
    terminal.type('/echo forged\r');
    terminal.type('\u0003');
    await terminal.until('Stopped.');
    await terminal.until(PROMPT);
    terminal.type('/echo asked\r');
    await terminal.until('│');
    await terminal.until(PROMPT);
    terminal.type('\u0004');
    expect(await terminal.ended).toBe(0);
    expect(terminal.screen).not.toContain('forged');
  });

  it('gives the terminal away for a question and takes it back', async () => {
    const terminal = new Terminal();
    await terminal.until(PROMPT);
    for (const line of ['/echo ask\r', '/echo again\r']) {
      terminal.type(line);
      await terminal.until('│');
      await terminal.until(PROMPT);
    }
    terminal.type('\u0004');
    expect(await terminal.ended).toBe(0);
    expect(terminal.screen).toContain(' again');
  });

  it('takes a paste of several lines as text', async () => {
    const terminal = new Terminal();
    await terminal.until(PROMPT);
    terminal.type('\u001b[200~/echo {"text":\r\n"pa\u0003sted"}\r/quit\u001b[20');
    terminal.type('1~');
    await terminal.until('/quit');
    terminal.type('\u007f'.repeat(6));
    terminal.type('\r');
    await terminal.until('│');
    await terminal.until('pasted');
    await terminal.until(PROMPT);
    terminal.type('\u0004');
    expect(await terminal.ended).toBe(0);
  });

  it.for(['markdown', 'json', 'text', 'fail'])('lets no escape sequence of /hostile %s through', async (tool) => {
    const terminal = new Terminal();
    await terminal.until(PROMPT);
    terminal.type(`/hostile ${tool}\r`);
    await terminal.until('gnp.exe');
    await terminal.until(PROMPT);
    terminal.type('\u0004');
    await terminal.ended;
    expect(terminal.screen).not.toContain('\u001b[2J');
    expect(terminal.screen).not.toContain('\u001b]0;');
    expect(terminal.screen).not.toContain('\u202e');
  });

  it('keeps a history for its owner alone, without what looks like a secret', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'wirken-chat-'));
    const file = join(dir, 'history');
    const first = new Terminal(file);
    await first.until(PROMPT);
    for (const line of ['/echo remembered', '/echo password=hunter2', ' /echo blank']) {
      first.type(`${line}\r`);
      await first.until('│');
      await first.until(PROMPT);
    }
    first.type('\u0004');
    await first.ended;
    expect(readFileSync(file, 'utf8')).toBe('/echo remembered\n');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const second = new Terminal(file);
    await second.until(PROMPT);
    second.type('\u001b[A\r');
    await second.until('│');
    await second.until('remembered');
    await second.until(PROMPT);
    second.type('\u0004');
    await second.ended;
    rmSync(dir, { recursive: true });
  });
});
