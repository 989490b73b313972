import { spawn } from 'node:child_process';
import Sqlite from 'better-sqlite3';
import { cpSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const ENTRY = fileURLToPath(new URL('../bin/wirken.mjs', import.meta.url));
const SKILLS = fileURLToPath(new URL('../../skills', import.meta.url));

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly bytes: Buffer;
}

export interface LoggedRow {
  readonly action: string;
  readonly actor: string;
  readonly channel?: string;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly session: { readonly full: string };
}

/** A directory of its own with a data directory in it, and the command line run there as a real process. For tests. */
export class Sandbox implements Disposable {
  readonly root = realpathSync(mkdtempSync(join(tmpdir(), 'wirken-cli-')));
  readonly data = join(this.root, 'data');
  readonly work = join(this.root, 'work');

  constructor() {
    mkdirSync(this.work);
  }

  /** Runs `wirken ARGS` in `work`. */
  async wirken(args: readonly string[], input: string | Uint8Array = '', env: NodeJS.ProcessEnv = {}): Promise<Ran> {
    const child = spawn(process.execPath, [ENTRY, ...args], {
      cwd: this.work,
      env: { PATH: process.env['PATH'], HOME: this.root, WIRKEN_DATA_DIR: this.data, ...env },
    });
    const [out, err] = [[], []] as [Buffer[], Buffer[]];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    const code = await new Promise<number | null>((resolve) => {
      child.on('close', resolve);
    });
    const bytes = Buffer.concat(out);
    return { code, bytes, stdout: bytes.toString(), stderr: Buffer.concat(err).toString() };
  }

  /** An unsigned skill `work/<name>` around the program of a bundled one. */
  skill(name: string, frontmatter: string, program: string | undefined = 'hash'): string {
    const dir = join(this.work, name);
    mkdirSync(dir, { recursive: true });
    writeFileSync(join(dir, 'SKILL.md'), `---\n${frontmatter}\n---\nA text for a model.\n`);
    if (program !== undefined) cpSync(join(SKILLS, program, 'skill.wasm'), join(dir, 'skill.wasm'));
    return dir;
  }

  /** Runs a chat that is told `input` and stays open until `done`, or for ten seconds. */
  async chatUntil(input: string, done: () => boolean): Promise<void> {
    const child = spawn(process.execPath, [ENTRY, 'chat'], {
      cwd: this.work,
      env: { PATH: process.env['PATH'], HOME: this.root, WIRKEN_DATA_DIR: this.data },
      stdio: ['pipe', 'ignore', 'inherit'],
    });
    const ended = new Promise((resolve) => {
      child.on('close', resolve);
    });
    child.stdin.write(input);
    for (let waited = 0; waited < 10_000 && !done(); waited += 50) await sleep(50);
    child.stdin.end();
    await ended;
  }

  /** The rows of the audit log, in order; none without a log. */
  auditRows(): readonly LoggedRow[] {
    const file = join(this.data, 'audit', 'log.db');
    if (!existsSync(file)) return [];
    const db = new Sqlite(file, { readonly: true });
    try {
      const rows = db.prepare<[], { payload: string }>('SELECT payload FROM events ORDER BY id').all();
      return rows.map(({ payload }): LoggedRow => JSON.parse(payload));
    } finally {
      db.close();
    }
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** A tool that hashes the text it is given, by the program of the bundled skill `hash`. */
export const TEXT_TOOL = `tools:
  - name: "text"
    description: "hashes a text"
    parameters: { type: "object", properties: { text: { type: "string" } }, required: ["text"] }`;
