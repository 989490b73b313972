import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { parseGlob } from '../../../policy/glob.ts';
import { dirFromFd, WorkspaceDir } from '../../../workspace/dir.ts';
import { JournalRecorder } from '../../../workspace/journal/recorder.ts';
import { recordingDir } from '../../../workspace/journal/recording.ts';
import type { OpenHow } from '../../../workspace/layer.ts';
import { accessesOf } from './accesses.ts';

const HOW: OpenHow = {
  read: true,
  write: false,
  create: false,
  exclusive: false,
  truncate: false,
  directory: false,
  followLast: true,
};
let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'wirken-accesses-'));
  mkdirSync(join(root, 'src/deep'), { recursive: true });
  writeFileSync(join(root, 'src/deep/a.txt'), 'a');
});
afterEach(() => rmSync(root, { recursive: true }));

it('tells by their paths what a recorded call did, whatever handles it went through', () => {
  using workspace = WorkspaceDir.openAmbient(root);
  const all = [parseGlob('**')];
  const recorder = new JournalRecorder({ guestPaths: ['/workspace'] });
  const dir = recordingDir(dirFromFd(workspace.fd, { read: all, write: all }), recorder);
  const src = dir.open('src', { ...HOW, directory: true });
  if (typeof src === 'string' || src.kind !== 'directory') throw new Error('src must open');
  const deep = src.open('./deep/', { ...HOW, directory: true });
  if (typeof deep === 'string' || deep.kind !== 'directory') throw new Error('deep must open');
  deep.list();
  const file = deep.open('a.txt', HOW);
  if (typeof file === 'string' || file.kind !== 'file') throw new Error('the file must open');
  file.read(new Uint8Array(8), 0n);
  file.stat();
  src.open('none', HOW);
  const made = dir.open('new.txt', { ...HOW, write: true, create: true });
  if (typeof made === 'string' || made.kind !== 'file') throw new Error('it must be made');
  made.write(Uint8Array.of(1), 0n);
  dir.rename('new.txt', deep, 'old.txt');
  dir.statAt('src/deep/../deep/a.txt', true);
  dir.mkdir('more');
  dir.rmdir('more');
  const recorded = recorder.finish();
  if (recorded.kind !== 'kept') throw new Error('it must be kept');
  const told = accessesOf(recorded.bytes).map(
    ({ kind, path, refused }) => `${kind} ${path}${refused === undefined ? '' : ` ${refused}`}`,
  );
  expect(told).toEqual([
    'look src',
    'look src/deep',
    'list src/deep',
    'read src/deep/a.txt',
    'read src/none noent',
    'write new.txt',
    'read new.txt',
    'write new.txt',
    'write src/deep/old.txt',
    'look src/deep/a.txt',
    'write more',
    'write more',
  ]);
  for (const one of [made, file, deep, src, dir]) one.close();
});

it('refuses what is no journal', () => {
  expect(() => accessesOf(Uint8Array.of(1, 2, 3))).toThrow('no journal');
});
