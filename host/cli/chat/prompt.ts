import { createInterface } from 'node:readline';
import { BRACKETED_PASTE } from '../terminal/paste.ts';
import type { PastedInput } from '../terminal/paste.ts';
import type { ChatOutput } from './ports.ts';

export type Typed =
  | { readonly kind: 'line'; readonly line: string }
  /** Ctrl-D on an empty line, a second Ctrl-C, or the end of the chat. */
  | { readonly kind: 'left' };

export interface PromptSpec {
  readonly prompt: string;
  readonly input: PastedInput;
  readonly output: ChatOutput;
  /** Newest first. */
  readonly history: readonly string[];
  complete(line: string): Promise<[string[], string]>;
  readonly signal: AbortSignal;
}

const INTERRUPT_HINT = '(Ctrl-C again, Ctrl-D or /quit leaves)';

/** Lets a person edit one line. Whatever was typed or pasted behind its end is dropped with the editor. */
export async function askLine(spec: PromptSpec): Promise<Typed> {
  const { input, output, signal } = spec;
  if (signal.aborted) return { kind: 'left' };
  output.write(BRACKETED_PASTE.on);
  const editor = createInterface({
    input,
    output,
    terminal: true,
    prompt: spec.prompt,
    history: [...spec.history],
    historySize: 500,
    removeHistoryDuplicates: true,
    completer: (line: string, done: (error: null, result: [string[], string]) => void) => {
      void answer(spec.complete(line), line, done);
    },
  });
  const { promise, resolve } = Promise.withResolvers<Typed>();
  const leave = (): void => resolve({ kind: 'left' });
  let interrupted = false;
  editor.once('line', (line) => resolve({ kind: 'line', line }));
  editor.once('close', leave);
  editor.on('SIGINT', () => {
    if (interrupted && editor.line === '') return leave();
    interrupted = true;
    // Ends the line that is being edited without entering it.
    output.write(`\n${INTERRUPT_HINT}\n`);
    editor.write(null, { ctrl: true, name: 'e' });
    editor.write(null, { ctrl: true, name: 'u' });
    editor.prompt();
  });
  signal.addEventListener('abort', leave, { once: true });
  editor.prompt();
  const typed = await promise;
  signal.removeEventListener('abort', leave);
  editor.close();
  output.write(typed.kind === 'left' ? `${BRACKETED_PASTE.off}\n` : BRACKETED_PASTE.off);
  return typed;
}

async function answer(
  found: Promise<[string[], string]>,
  line: string,
  done: (error: null, result: [string[], string]) => void,
): Promise<void> {
  let result: [string[], string] = [[], line];
  try {
    result = await found;
  } catch {
    // A listing that fails offers nothing.
  }
  done(null, result);
}
