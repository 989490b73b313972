import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { parsePublicKey, verifySignature } from '../skill/ed25519.ts';
import { openCheckpoint } from './checkpoint.ts';
import { headMessage } from './head.ts';
import { readPinnedKey } from './key.ts';
import { databaseFile } from './place.ts';
import { chainFaults, type ChainRow, draft, openTestLog, storedRows, testData } from './testing.ts';
import { Frontier, leafHash } from './tree.ts';

const WRITER = join(import.meta.dirname, 'writer.fixture.ts');

interface Outcome {
  readonly acknowledged: readonly (readonly [id: number, seq: number, hash: string])[];
  readonly refused: readonly string[];
  readonly code: number | null;
  readonly stderr: string;
}

function start(data: string, options: Readonly<Record<string, string>>): ChildProcess {
  const more = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
  return spawn(process.execPath, [WRITER, '--data', data, ...more], { stdio: ['ignore', 'pipe', 'pipe'] });
}

async function outcomeOf(child: ChildProcess): Promise<Outcome> {
  let [stdout, stderr] = ['', ''];
  child.stdout?.on('data', (chunk) => (stdout += chunk));
  child.stderr?.on('data', (chunk) => (stderr += chunk));
  await once(child, 'close');
  return outcome(stdout, stderr, child.exitCode);
}

function outcome(stdout: string, stderr: string, code: number | null): Outcome {
  // A process that was killed may have cut its last line.
  const lines = stdout.split('\n').slice(0, -1);
  return {
    acknowledged: lines.flatMap((line) => {
      const [id, seq, hash] = line.split(' ');
      return id === '!' ? [] : [[Number(id), Number(seq), hash ?? ''] as const];
    }),
    refused: lines.filter((line) => line.startsWith('!')),
    code,
    stderr,
  };
}

/** Every row that was acknowledged stands where it was said to stand. */
function expectKept(rows: readonly ChainRow[], { acknowledged }: Outcome): void {
  for (const [id, seq, hash] of acknowledged) expect(rows[id - 1]).toMatchObject({ id, seq, hash });
}

/** Every head covers what it says, without gaps, and every checkpoint is that of the rows before it. */
function expectAttested(data: string, rows: readonly ChainRow[]): void {
  const key = parsePublicKey(readPinnedKey(data) ?? '');
  const next = new Map<string, number>();
  for (const head of rows.filter(({ action }) => action === 'chain.head')) {
    const { first_seq, last_seq, prev_hash, hash, sig } = JSON.parse(head.payload).detail;
    const of = rows.filter(({ session }) => session === head.session);
    expect(first_seq).toBe(next.get(head.session) ?? 1);
    expect(last_seq).toBe(head.seq - 1);
    expect([prev_hash, hash]).toEqual([of[first_seq - 1]?.prev_hash, of[last_seq - 1]?.hash]);
    const range = { session: head.session, firstSeq: first_seq, lastSeq: last_seq, prevHash: prev_hash, hash };
    expect(verifySignature(Buffer.from(sig, 'hex'), headMessage(range), key)).toBe(true);
    next.set(head.session, last_seq + 1);
  }
  const db = new Database(databaseFile(data), { readonly: true });
  const notes = new Map(
    db.prepare<[], [number, string]>('SELECT size, note FROM checkpoints ORDER BY size').raw().all(),
  );
  db.close();
  const tree = new Frontier();
  for (const { hash } of rows) {
    tree.push(leafHash(hash));
    const note = notes.get(tree.size);
    if (note !== undefined) expect(openCheckpoint(note, key)).toEqual({ size: tree.size, root: tree.root() });
  }
}

describe('eight processes at once', () => {
  it.for([
    ['one session', () => 'shared'],
    ['a session each', (process: number) => `own-${process}`],
    ['some sessions of all and one of its own', (process: number) => `a,b,own-${process}`],
  ] as const)('keep ids, chains and tree right over %s', async ([, sessionsOf]) => {
    using data = testData();
    const outcomes = await Promise.all(
      Array.from({ length: 8 }, (_, process) =>
        outcomeOf(start(data.path, { sessions: sessionsOf(process), rows: '120' })),
      ),
    );
    const rows = storedRows(data.path);
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ code: 0, stderr: '', refused: [] });
      expect(outcome.acknowledged).toHaveLength(120);
      expectKept(rows, outcome);
    }
    expect(rows.filter(({ action }) => action === 'tool.call')).toHaveLength(8 * 120);
    expect(chainFaults(rows)).toEqual([]);
    expectAttested(data.path, rows);
  });
});

describe('a process that is killed', () => {
  it('at any point has lost nothing that it was told is there', async () => {
    using data = testData();
    let acknowledged = 0;
    for (let round = 0; round < 10; round++) {
      const children = [start(data.path, { rows: '1000000', bytes: '2000' }), start(data.path, { rows: '1000000' })];
      const [victim, other] = children;
      if (victim === undefined || other === undefined) throw new TypeError('two children');
      const outcomes = children.map(outcomeOf);
      await once(victim.stdout ?? victim, 'data');
      await new Promise((resolve) => setTimeout(resolve, (round * 37) % 100));
      victim.kill('SIGKILL');
      await new Promise((resolve) => setTimeout(resolve, (round * 13) % 30));
      other.kill('SIGKILL');
      const ended = await Promise.all(outcomes);
      const rows = storedRows(data.path);
      for (const outcome of ended) {
        expectKept(rows, outcome);
        acknowledged += outcome.acknowledged.length;
      }
      expect(chainFaults(rows)).toEqual([]);
    }
    expect(acknowledged).toBeGreaterThan(10);
    {
      await using log = openTestLog(data.path);
      await log.append(draft('s'));
    }
    const rows = storedRows(data.path);
    expect(chainFaults(rows)).toEqual([]);
    expectAttested(data.path, rows);
  });
});

describe('a full disk', () => {
  const isRoot = process.platform === 'linux' && process.getuid?.() === 0;

  it.runIf(isRoot && mountTmpfs(undefined))(
    'refuses rows with one clear error, and loses none that it took',
    async () => {
      using data = testData();
      const full = join(data.path, 'full');
      mkdirSync(full);
      mountTmpfs(full);
      try {
        const options = { rows: '300', writers: '1', bytes: '4000' };
        const filled = await outcomeOf(start(full, options));
        expect(filled.code).toBe(0);
        expect(filled.acknowledged.length).toBeGreaterThan(10);
        expect(new Set(filled.refused)).toEqual(new Set(['! audit-unwritable']));
        expect(filled.stderr).toMatch(/no space left on the disk|the disk answers with an error/);
        expectKept(storedRows(full), filled);
        expect(chainFaults(storedRows(full))).toEqual([]);

        execFileSync('mount', ['-o', 'remount,size=8m', full]);
        const later = await outcomeOf(start(full, { rows: '20' }));
        expect(later).toMatchObject({ code: 0, refused: [], stderr: '' });
        const rows = storedRows(full);
        expectKept(rows, filled);
        expectKept(rows, later);
        expect(chainFaults(rows)).toEqual([]);
        expectAttested(full, rows);
      } finally {
        execFileSync('umount', [full]);
      }
    },
  );

  it('that is a limit on the size of a file does the same', () => {
    using data = testData();
    const script = `ulimit -f 600; trap '' XFSZ; exec "$@"`;
    const args = ['--data', data.path, '--rows', '400', '--writers', '2', '--bytes', '3000'];
    const { stdout, stderr, status } = spawnSync('bash', ['-c', script, 'bash', process.execPath, WRITER, ...args]);
    const limited = outcome(String(stdout), String(stderr), status);
    expect(limited.code).toBe(0);
    expect(limited.acknowledged.length).toBeGreaterThan(10);
    expect(new Set(limited.refused)).toEqual(new Set(['! audit-unwritable']));
    const rows = storedRows(data.path);
    expectKept(rows, limited);
    expect(chainFaults(rows)).toEqual([]);
  });

  it('while the log is made leaves nothing that is in the way later', async () => {
    using data = testData();
    const script = `ulimit -f 8; trap '' XFSZ; exec "$@"`;
    const { stderr, status } = spawnSync('bash', ['-c', script, 'bash', process.execPath, WRITER, '--data', data.path]);
    expect(status).not.toBe(0);
    expect(String(stderr)).toMatch(/audit-unwritable/);
    const later = await outcomeOf(start(data.path, { rows: '20' }));
    expect(later).toMatchObject({ code: 0, refused: [], stderr: '' });
    expect(chainFaults(storedRows(data.path))).toEqual([]);
  });
});

/** Mounts a small file system, or only tries whether that works here. */
function mountTmpfs(at: string | undefined): boolean {
  const dir = at ?? `/tmp/wirken-audit-mount-${process.pid}`;
  if (at === undefined) mkdirSync(dir);
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=640k', 'tmpfs', dir], { stdio: 'ignore' });
  if (at !== undefined) return status === 0;
  if (status === 0) execFileSync('umount', [dir]);
  rmSync(dir, { recursive: true });
  return status === 0;
}
