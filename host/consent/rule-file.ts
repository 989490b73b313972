import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, type BigIntStats, statSync } from 'node:fs';
import { join } from 'node:path';
import { decodeUtf8, encodeUtf8 } from '../base/bytes.ts';
import { HostError, systemCode } from '../base/error.ts';
import { ensureDir, replaceFile, sweepReplaced } from '../skill/durable.ts';
import type { Rule, RuleText } from '../policy/rule.ts';
import { NO_RULES, RuleSet } from '../policy/rules.ts';
import { addRule, type Edited, removeRule } from './edit-rules.ts';
import { exclusively } from './exclusively.ts';
import { MAX_RULE_FILE_BYTES, ruleFileError } from './rule-document.ts';
import { parseRules } from './parse-rules.ts';

export const RULE_FILE_NAME = 'permissions.yaml';
const NO_FILE = 'none';

/** What the file said when it looked like this: its rules, or what is wrong with it. */
interface Known {
  readonly identity: string;
  readonly content: RuleSet | HostError;
}

/** `<data>/permissions.yaml`: the operator's rules. */
export class RuleFile {
  readonly path: string;
  readonly #dataDir: string;
  #known: Known | undefined;

  constructor(dataDir: string) {
    this.#dataDir = dataDir;
    this.path = join(dataDir, RULE_FILE_NAME);
  }

  /**
   * The rules of now; the file is read again when it changed. Without a file there are none.
   * @throws HostError `policy-invalid` with file, line and column for a file that is wrong, unreadable, or that others may write:
   *   none of its rules counts then, and the gate denies until it is mended
   */
  rules(): RuleSet {
    const identity = identityNow(this.path);
    if (identity !== this.#known?.identity) this.#known = this.#read();
    const { content } = this.#known;
    if (content instanceof HostError) throw content;
    return content;
  }

  /**
   * Adds a rule; comments stay. Answers the rules as they are then.
   * @throws HostError `policy-invalid`, `lock-busy`, `io`; the file then stays as it was
   */
  async add(rule: RuleText, signal: AbortSignal): Promise<readonly Rule[]> {
    return await this.#edit((text) => addRule(text, RULE_FILE_NAME, rule), signal);
  }

  /**
   * Removes the rule that reads `text` (`Rule.text`).
   * @throws HostError `not-found`, and as `add`
   */
  async remove(text: string, signal: AbortSignal): Promise<readonly Rule[]> {
    return await this.#edit((before) => {
      const index = parseRules(before, RULE_FILE_NAME).findIndex((rule) => rule.text === text);
      return removeRule(before, RULE_FILE_NAME, index);
    }, signal);
  }

  async #edit(change: (text: string) => Edited, signal: AbortSignal): Promise<readonly Rule[]> {
    ensureDir(this.#dataDir);
    return await exclusively(
      join(this.#dataDir, 'permissions.busy'),
      () => {
        sweepReplaced(this.path);
        const before = readText(this.path)?.text ?? '';
        const { text, rules } = change(before);
        if (text !== before) replaceFile(this.path, encodeUtf8(text));
        return rules;
      },
      signal,
    );
  }

  #read(): Known {
    try {
      const file = readText(this.path);
      if (file === undefined) return { identity: NO_FILE, content: NO_RULES };
      return { identity: file.identity, content: parsedSet(file.text) };
    } catch (error) {
      // What cannot be read has no identity that would tell when to look again.
      if (error instanceof HostError) return { identity: '', content: error };
      throw error;
    }
  }
}

function parsedSet(text: string): RuleSet | HostError {
  try {
    return new RuleSet(parseRules(text, RULE_FILE_NAME), RULE_FILE_NAME);
  } catch (error) {
    if (error instanceof HostError) return error;
    throw error;
  }
}

/** What tells this state of the file from another; '' if it cannot be looked at. */
function identityNow(path: string): string {
  try {
    const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
    return stat !== undefined ? identityOf(stat) : isThere(path) ? '' : NO_FILE;
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return '';
  }
}

/** Whether the name stands there, wherever it leads. */
function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

function identityOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return `${dev} ${ino} ${size} ${mtimeNs} ${ctimeNs}`;
}

/** The text, or `undefined` if there is no file. Waits on no FIFO. @throws HostError `policy-invalid` */
function readText(path: string): { readonly text: string; readonly identity: string } | undefined {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    // A symlink to rules that are gone is not the word of someone who has none.
    if (systemCode(error) === 'ENOENT' && !isThere(path)) return undefined;
    throw unreadable(error);
  }
  try {
    const stat = fstatSync(fd, { bigint: true });
    checkOwner(stat);
    const bytes = new Uint8Array(Number(stat.size));
    let at = 0;
    while (at < bytes.length) {
      const count = readSync(fd, bytes, at, bytes.length - at, at);
      if (count === 0) break;
      at += count;
    }
    const text = decodeUtf8(bytes.subarray(0, at));
    if (text === undefined) throw ruleFileError(RULE_FILE_NAME, 'is no UTF-8', undefined, 'Save it as UTF-8.');
    return { text, identity: identityOf(stat) };
  } catch (error) {
    throw unreadable(error);
  } finally {
    closeSync(fd);
  }
}

function checkOwner(stat: BigIntStats): void {
  if (!stat.isFile())
    throw ruleFileError(RULE_FILE_NAME, 'is no regular file', undefined, 'Put a file in its place, or remove it.');
  if (stat.size > BigInt(MAX_RULE_FILE_BYTES))
    throw ruleFileError(RULE_FILE_NAME, `is larger than ${MAX_RULE_FILE_BYTES} bytes`, undefined, 'Make it smaller.');
  if (process.platform === 'win32') return;
  if (stat.uid !== BigInt(process.getuid?.() ?? -1))
    throw ruleFileError(RULE_FILE_NAME, 'belongs to another user', undefined, 'Make it your own: chown.');
  if ((stat.mode & 0o022n) !== 0n)
    throw ruleFileError(RULE_FILE_NAME, 'can be written by others', undefined, `Run chmod go-w on it.`);
}

function unreadable(error: unknown): unknown {
  const code = systemCode(error);
  if (error instanceof HostError || code === undefined) return error;
  return ruleFileError(RULE_FILE_NAME, `cannot be read (${code})`, undefined, 'Make it readable, or remove it.');
}
