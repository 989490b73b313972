import { randomBytes } from 'node:crypto';
import { rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { zstdCompressSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HostError } from '../../base/error.ts';
import { WorkspaceDir } from '../dir.ts';
import { CREATE, dirAt, fileAt, names, putText, READ, Scene, textOf } from '../fixture.ts';
import type { DirHandle } from '../layer.ts';
import { decodeJournal } from './decode.ts';
import { JournalDiverged } from './diverged.ts';
import { MAGIC, PACKED_MAGIC } from './format.ts';
import { type Plan, plans, runPlan } from './plan.fixture.ts';
import { JournalRecorder } from './recorder.ts';
import { recordingDir } from './recording.ts';
import { JournalReplayer } from './replayer.ts';
import { replayingDir } from './replaying.ts';

function plant(scene: Scene): void {
  for (const file of ['f', 'a/f', 'a/b/g', 'é']) scene.put(file);
  scene.put('big', 'x'.repeat(4000));
  scene.put('a/same', 'x'.repeat(4000));
  symlinkSync('a', scene.path('in'));
}

/** What `use` answers over a workspace, and the journal of it. */
function record<T>(use: (dir: DirHandle) => T, maxBytes?: number): { readonly answer: T; readonly bytes: Uint8Array } {
  using scene = new Scene();
  plant(scene);
  using workspace = WorkspaceDir.openAmbient(scene.work);
  const recorder = new JournalRecorder(maxBytes === undefined ? {} : { maxBytes });
  const answer = use(recordingDir(workspace.handle('read-write'), recorder));
  const recorded = recorder.finish();
  return { answer, bytes: recorded.kind === 'kept' ? recorded.bytes : new Uint8Array() };
}

function replay<T>(bytes: Uint8Array, use: (dir: DirHandle) => T): T {
  const replayer = new JournalReplayer(decodeJournal(bytes));
  const answer = use(replayingDir(replayer));
  replayer.finish();
  return answer;
}

describe('a journal', () => {
  it('answers any plan as the files did, that are gone', { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(plans, (plan: Plan) => {
        const { answer, bytes } = record((dir) => runPlan(plan, dir));
        expect(replay(bytes, (dir) => runPlan(plan, dir))).toEqual(answer);
      }),
      { numRuns: 150 },
    );
  });

  it('keeps equal contents once', () => {
    const once = record((dir) => textOf(dir, 'big')).bytes.length;
    const again = (dir: DirHandle): readonly unknown[] => [
      textOf(dir, 'big'),
      textOf(dir, 'a/same'),
      textOf(dir, 'in/same'),
    ];
    const { answer, bytes } = record(again);
    expect(bytes.length).toBeLessThan(once + 100);
    expect(replay(bytes, again)).toEqual(answer);
  });

  it('tells contents of one length apart', () => {
    const read = (dir: DirHandle): readonly unknown[] => {
      const file = fileAt(dir, 'big', { ...READ, write: true });
      return Array.from({ length: 5 }, (_, at) => {
        file.write(Uint8Array.of(at), 17n);
        const into = new Uint8Array(1000);
        return [file.read(into, 0n), into.toString()];
      });
    };
    const { answer, bytes } = record(read);
    expect(replay(bytes, read)).toEqual(answer);
  });

  it('has no word of what was written', () => {
    const { bytes } = record((dir) => putText(dir, 'new', 'a secret of the guest', CREATE));
    expect(Buffer.from(bytes).includes('a secret')).toBe(false);
  });

  it('holds its maximum; past it everything goes on, unrecorded', () => {
    using scene = new Scene();
    plant(scene);
    using workspace = WorkspaceDir.openAmbient(scene.work);
    const recorder = new JournalRecorder({ maxBytes: 3000 });
    const dir = recordingDir(workspace.handle('read-write'), recorder);
    const early = fileAt(dir, 'f');
    const inner = dirAt(dir, 'a');
    expect(textOf(dir, 'f')).toEqual({ text: 'f' });
    expect(recorder.isOn).toBe(true);
    expect(textOf(dir, 'big')).toEqual({ text: 'x'.repeat(4000) });
    expect(recorder.isOn).toBe(false);
    expect(early.read(new Uint8Array(4), 0n)).toBe(1);
    const late = dirAt(dir, 'a/b');
    expect(late.rename('g', inner, 'moved')).toBe(undefined);
    expect(inner.rename('moved', late, 'g')).toBe(undefined);
    expect([names(late), names(inner)]).toEqual([['g'], ['b', 'f', 'same']]);
    expect(recorder.finish()).toEqual({ kind: 'too-large' });
    expect(recorder.questions.length).toBe(0);
  });

  it('is packed when it is long', () => {
    const use = (dir: DirHandle): unknown => [textOf(dir, 'big'), Array.from({ length: 9 }, () => dir.stat())];
    const { answer, bytes } = record(use);
    expect(bytes.length).toBeLessThan(500);
    expect(replay(bytes, use)).toEqual(answer);
    // What it unpacks to is a journal, too.
    expect(replay(decodeJournal(bytes).bytes, use)).toEqual(answer);
    // Noise is not.
    const noise = record((dir) => {
      const file = fileAt(dir, 'f', { ...READ, write: true });
      file.write(randomBytes(8000), 0n);
      file.read(new Uint8Array(8000), 0n);
    });
    expect(Buffer.from(noise.bytes.subarray(0, 4))).toEqual(Buffer.from(MAGIC));
  });

  it.for([1, 50, 300, 4096, 70_000])('is never longer than its maximum, %i', (maxBytes) => {
    const sizes = [10, 511, 512, 3000, 0, 40_000].map((size) => 'y'.repeat(size));
    const { bytes } = record((dir) => {
      for (const [at, text] of sizes.entries()) {
        putText(dir, `n${at}`, text);
        textOf(dir, `n${at}`);
      }
    }, maxBytes);
    expect(bytes.length).toBeLessThanOrEqual(maxBytes);
  });

  it('knows a directory of another file system from its own', () => {
    using other = new Scene();
    other.put('f');
    using elsewhere = WorkspaceDir.openAmbient(other.work);
    const use = (dir: DirHandle): readonly unknown[] => [
      dir.rename('f', elsewhere.handle('read-write'), 'x'),
      dir.link('f', false, dir, 'x'),
      dir.rename('x', dirAt(dir, 'a'), 'y'),
    ];
    const { answer, bytes } = record(use);
    expect(answer).toEqual(['xdev', undefined, undefined]);
    expect(replay(bytes, use)).toEqual(answer);
  });

  it('knows a directory of another recording from its own', () => {
    using scene = new Scene();
    scene.put('f');
    using workspace = WorkspaceDir.openAmbient(scene.work);
    const [one, other] = [new JournalRecorder(), new JournalRecorder()];
    const dir = recordingDir(workspace.handle('read-write'), one);
    expect(dir.rename('f', recordingDir(workspace.handle('read-write'), other), 'x')).toBe('xdev');
    const recorded = one.finish();
    const journal = decodeJournal(recorded.kind === 'kept' ? recorded.bytes : new Uint8Array());
    const [again, elsewhere] = [new JournalReplayer(journal), new JournalReplayer(journal)];
    expect(replayingDir(again).rename('f', replayingDir(elsewhere), 'x')).toBe('xdev');
    again.finish();
  });

  it('keeps what a call began with', () => {
    const recorder = new JournalRecorder({
      resolutionNs: 1_000_000n,
      guestPaths: ['/workspace', '/more'],
    });
    const recorded = recorder.finish();
    expect(recorded.kind === 'kept' && decodeJournal(recorded.bytes)).toMatchObject({
      resolutionNs: 1_000_000n,
      guestPaths: ['/workspace', '/more'],
      entries: 0,
    });
  });
});

describe('a call that goes another way', () => {
  const original = (dir: DirHandle): void => {
    const file = fileAt(dir, 'f', { ...READ, write: true });
    file.write(Buffer.from('one'), 0n);
    file.read(new Uint8Array(10), 0n);
    dir.mkdir('new');
  };

  it.for<[string, number, (dir: DirHandle) => unknown]>([
    ['opens another path', 0, (dir) => dir.open('g', { ...READ, write: true })],
    ['opens otherwise', 0, (dir) => dir.open('f', READ)],
    ['does something else', 0, (dir) => dir.list()],
    ['writes other bytes', 1, (dir) => fileAt(dir, 'f', { ...READ, write: true }).write(Buffer.from('two'), 0n)],
    ['writes elsewhere', 1, (dir) => fileAt(dir, 'f', { ...READ, write: true }).write(Buffer.from('one'), 1n)],
    ['asks the directory for the file', 1, (dir) => [fileAt(dir, 'f', { ...READ, write: true }), dir.stat()]],
    [
      'reads less',
      2,
      (dir) => {
        const file = fileAt(dir, 'f', { ...READ, write: true });
        file.write(Buffer.from('one'), 0n);
        file.read(new Uint8Array(9), 0n);
      },
    ],
    ['does less', 0, () => undefined],
    ['does more', 4, (dir) => [original(dir), dir.mkdir('newer')]],
  ])('%s', ([, position, other]) => {
    const { bytes } = record(original);
    expect(replay(bytes, original)).toBe(undefined);
    const replayer = new JournalReplayer(decodeJournal(bytes));
    const dir = replayingDir(replayer);
    expect(() => {
      other(dir);
      replayer.finish();
    }).toThrow(JournalDiverged);
    expect(replayer.diverged?.position).toBe(position);
    expect(replayer.diverged?.message).not.toMatch(/new|two/);
    // It cannot be taken back.
    expect(() => dir.stat()).toThrow(JournalDiverged);
    expect(() => replayer.finish()).toThrow(JournalDiverged);
  });

  it('never touches a file', () => {
    const { bytes } = record(original);
    using scene = new Scene();
    writeFileSync(scene.path('f'), 'now');
    rmSync(scene.path('f'));
    replay(bytes, original);
    expect(scene.outsideState()).toContain('the secret');
  });
});

describe('bytes that are no journal', () => {
  const tried = (bytes: Uint8Array, plan: Plan): void => {
    try {
      const replayer = new JournalReplayer(decodeJournal(bytes));
      runPlan(plan, replayingDir(replayer));
      replayer.finish();
    } catch (error) {
      if (!(error instanceof JournalDiverged) && !(error instanceof HostError && error.code === 'audit-invalid'))
        throw error;
    }
  };

  it('are refused, whatever they are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), plans, (noise, begins, plan) => {
        tried(begins ? Buffer.concat([MAGIC, Uint8Array.of(0, 0), noise]) : noise, plan);
      }),
      { numRuns: 2000 },
    );
  });

  it('are refused, or replayed as far as they go, when a journal was changed', { timeout: 120_000 }, () => {
    const edit = fc.record({ at: fc.nat(), to: fc.nat(255), kind: fc.constantFrom('set', 'cut', 'insert', 'drop') });
    fc.assert(
      fc.property(plans, fc.array(edit, { minLength: 1, maxLength: 4 }), (plan, edits) => {
        let bytes: Uint8Array = record((dir) => runPlan(plan, dir)).bytes;
        for (const { at, to, kind } of edits) bytes = edited(bytes, at % Math.max(1, bytes.length), to, kind);
        tried(bytes, plan);
      }),
      { numRuns: 150 },
    );
  });

  it.for<[string, readonly number[]]>([
    ['nothing', []],
    ['nothing packed', [...PACKED_MAGIC]],
    ['something packed that is no journal', [...PACKED_MAGIC, ...zstdCompressSync(Buffer.from('{}'))]],
    ['something packed within', [...PACKED_MAGIC, ...zstdCompressSync(Buffer.from(PACKED_MAGIC))]],
    ['a bomb', [...PACKED_MAGIC, ...zstdCompressSync(Buffer.alloc(65 * 1024 * 1024))]],
    ['another version', [0x77, 0x6a, 0x32, 0x0a, 0, 0, 0, 0]],
    ['no end', [...MAGIC, 0, 0]],
    ['more behind the end', [...MAGIC, 0, 0, 0, 0]],
    ['an operation of no kind', [...MAGIC, 0, 0, 99, 0]],
    ['a number in a longer form', [...MAGIC, 0x80, 0x00, 0, 0]],
    ['a number without an end', [...MAGIC, ...Array.from({ length: 20 }, () => 0xff), 0, 0]],
    ['a billion directories', [...MAGIC, 0, 0x80, 0x94, 0xeb, 0xdc, 0x03, 0]],
    ['a listing of billions', [...MAGIC, 0, 0, 8, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x0f, 0]],
    ['a refusal of no kind', [...MAGIC, 0, 0, 14, 0, 77, 0]],
    ['a read of more than was asked for', [...MAGIC, 0, 0, 9, 0, 0, 1, 0, 2, 65, 65, 0]],
    ['a content of another length', [...MAGIC, 0, 0, ...read(512, 0), ...CONTENT, ...read(513, 1), 0]],
    ['a content that is not there', [...MAGIC, 0, 0, 9, 0, 0, 0xff, 0x7f, 0, 0x80, 0x04, 1, 0]],
  ])('are refused: %s', ([, bytes]) => {
    expect(() => decodeJournal(Uint8Array.from(bytes))).toThrow(HostError);
  });

  it('are taken when nothing is wrong', () => {
    const twice = [...MAGIC, 0, 0, ...read(512, 0), ...CONTENT, ...read(512, 1), 0];
    expect(decodeJournal(Uint8Array.from(twice)).entries).toBe(2);
    expect(decodeJournal(Uint8Array.from([...MAGIC, 0, 0, 0])).entries).toBe(0);
    expect(decodeJournal(Uint8Array.from([...MAGIC, 0, 0, 9, 0, 0, 2, 0, 2, 65, 65, 0])).entries).toBe(1);
  });
});

/** A read of up to 1000 bytes of the first handle that gave so many: a new content (0) or an earlier one. */
function read(bytes: number, content: number): readonly number[] {
  return [9, 0, 0, 0xe8, 0x07, 0, 0x80 | (bytes & 0x7f), bytes >> 7, content];
}

const CONTENT = Array.from({ length: 512 }, (_, at) => at % 256);

function edited(bytes: Uint8Array, at: number, to: number, kind: string): Uint8Array {
  if (kind === 'cut') return bytes.subarray(0, at);
  if (kind === 'drop') return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]);
  const rest = bytes.subarray(kind === 'set' ? at + 1 : at);
  return Buffer.concat([bytes.subarray(0, at), Uint8Array.of(to), rest]);
}
