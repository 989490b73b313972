import { chmod, readFile, writeFile } from 'node:fs/promises';
import { systemCode } from '../../base/error.ts';

/** What was typed before, newest first. */
export interface History {
  load(): Promise<readonly string[]>;
  /** Replaces it; called after each line. */
  save(lines: readonly string[]): Promise<void>;
}

const MAX_LINES = 500;
const MAX_LINE_CHARS = 2_000;
const SECRET_WORD = /pass(?:word|phrase|wd)|secret|token|api[-_]?key|credential|authorization|bearer|private[-_]?key/i;
const KEY_LIKE = /[A-Za-z0-9+/_=-]{24,}/g;

/** Whether a line may be remembered: not if it begins with a blank, is huge, or holds what looks like a secret. */
export function isMemorable(line: string): boolean {
  if (line.startsWith(' ') || line.trim() === '' || line.length > MAX_LINE_CHARS || SECRET_WORD.test(line))
    return false;
  // Letters and digits mixed over a long stretch: a key rather than a path or a sentence.
  return !(line.match(KEY_LIKE) ?? []).some((run) => !run.includes('/') && /\d/.test(run) && /[A-Za-z]/.test(run));
}

/** History in a file that only its owner may read. A file that is not there, or cannot be read or written, is an empty history. */
export function fileHistory(path: string): History {
  return {
    async load() {
      try {
        const lines = (await readFile(path, 'utf8')).split('\n');
        return lines.filter(isMemorable).slice(0, MAX_LINES);
      } catch (error) {
        if (systemCode(error) !== undefined) return [];
        throw error;
      }
    },
    async save(lines) {
      const kept = lines.filter((line) => !line.includes('\n') && isMemorable(line)).slice(0, MAX_LINES);
      try {
        await writeFile(path, `${kept.join('\n')}\n`, { mode: 0o600 });
        await chmod(path, 0o600);
      } catch (error) {
        if (systemCode(error) === undefined) throw error;
      }
    },
  };
}

/** History that ends with the process. */
export function memoryHistory(): History {
  let kept: readonly string[] = [];
  return {
    load: () => Promise.resolve(kept),
    save: (lines) => {
      kept = lines.filter(isMemorable).slice(0, MAX_LINES);
      return Promise.resolve();
    },
  };
}
