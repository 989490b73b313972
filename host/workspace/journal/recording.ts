import type { DirEntry, DirHandle, Errno, FileHandle, FileStat, OpenHow, TimeToSet } from '../layer.ts';
import {
  askHandle,
  askLink,
  askOpen,
  askPath,
  askRead,
  askRename,
  askResize,
  askSetTimes,
  askSetTimesAt,
  askStatAt,
  askSymlink,
  askWrite,
} from './question.ts';
import type { JournalRecorder } from './recorder.ts';
import { sha256 } from './sha256.ts';

/** The same directory, everything that it answers kept by the recorder. Closing it closes the other. */
export function recordingDir(dir: DirHandle, recorder: JournalRecorder): DirHandle {
  return new RecordingDir(dir, recorder);
}

class RecordingDir implements DirHandle {
  readonly kind = 'directory';
  readonly #dir: DirHandle;
  readonly #recorder: JournalRecorder;
  readonly #number: number;

  constructor(dir: DirHandle, recorder: JournalRecorder) {
    this.#dir = dir;
    this.#recorder = recorder;
    this.#number = recorder.nextHandle();
  }

  open(path: string, how: OpenHow): FileHandle | DirHandle | Errno {
    const answer = this.#dir.open(path, how);
    const { questions, answers, isOn } = this.#recorder;
    if (isOn) {
      askOpen(questions, this.#number, path, how);
      answers.opened(answer);
    }
    if (typeof answer === 'string') return answer;
    // Also when nothing is kept any more: the layer takes handles of its own kind alone, and this one may be renamed into.
    if (answer.kind === 'directory') return new RecordingDir(answer, this.#recorder);
    return isOn ? new RecordingFile(answer, this.#recorder) : answer;
  }

  stat(): FileStat | Errno {
    const answer = this.#dir.stat();
    const { questions, answers, isOn } = this.#recorder;
    if (!isOn) return answer;
    askHandle(questions, 'stat', this.#number);
    answers.stat(answer);
    return answer;
  }

  statAt(path: string, followLast: boolean): FileStat | Errno {
    const answer = this.#dir.statAt(path, followLast);
    const { questions, answers, isOn } = this.#recorder;
    if (!isOn) return answer;
    askStatAt(questions, this.#number, path, followLast);
    answers.stat(answer);
    return answer;
  }

  list(): readonly DirEntry[] | Errno {
    const answer = this.#dir.list();
    const { questions, answers, isOn } = this.#recorder;
    if (!isOn) return answer;
    askHandle(questions, 'list', this.#number);
    answers.list(answer);
    return answer;
  }

  mkdir(path: string): Errno | undefined {
    return this.#path('mkdir', path, this.#dir.mkdir(path));
  }

  unlink(path: string): Errno | undefined {
    return this.#path('unlink', path, this.#dir.unlink(path));
  }

  rmdir(path: string): Errno | undefined {
    return this.#path('rmdir', path, this.#dir.rmdir(path));
  }

  rename(from: string, to: DirHandle, toPath: string): Errno | undefined {
    const target = this.#target(to);
    const answer = this.#dir.rename(from, target.dir, toPath);
    const { questions, answers, isOn } = this.#recorder;
    if (!isOn) return answer;
    askRename(questions, this.#number, from, target.number, toPath);
    answers.reply(answer);
    return answer;
  }

  link(from: string, followLast: boolean, to: DirHandle, toPath: string): Errno | undefined {
    const target = this.#target(to);
    const answer = this.#dir.link(from, followLast, target.dir, toPath);
    const { questions, answers, isOn } = this.#recorder;
    if (!isOn) return answer;
    askLink(questions, this.#number, from, followLast, target.number, toPath);
    answers.reply(answer);
    return answer;
  }

  symlink(target: string, path: string): Errno | undefined {
    const answer = this.#dir.symlink(target, path);
    const { questions, answers, isOn } = this.#recorder;
    if (!isOn) return answer;
    askSymlink(questions, this.#number, target, path);
    answers.reply(answer);
    return answer;
  }

  readlink(path: string): { readonly target: string } | Errno {
    const answer = this.#dir.readlink(path);
    const { questions, answers, isOn } = this.#recorder;
    if (!isOn) return answer;
    askPath(questions, 'readlink', this.#number, path);
    answers.target(answer);
    return answer;
  }

  setTimesAt(path: string, followLast: boolean, atim: TimeToSet, mtim: TimeToSet): Errno | undefined {
    const answer = this.#dir.setTimesAt(path, followLast, atim, mtim);
    const { questions, answers, isOn } = this.#recorder;
    if (!isOn) return answer;
    askSetTimesAt(questions, this.#number, path, followLast, atim, mtim);
    answers.reply(answer);
    return answer;
  }

  sync(): Errno | undefined {
    const answer = this.#dir.sync();
    const { questions, answers, isOn } = this.#recorder;
    if (!isOn) return answer;
    askHandle(questions, 'sync', this.#number);
    answers.reply(answer);
    return answer;
  }

  close(): void {
    this.#dir.close();
  }

  #path(op: 'mkdir' | 'unlink' | 'rmdir', path: string, answer: Errno | undefined): Errno | undefined {
    const { questions, answers, isOn } = this.#recorder;
    if (!isOn) return answer;
    askPath(questions, op, this.#number, path);
    answers.reply(answer);
    return answer;
  }

  /** The directory behind a handle of this recording, whose layer knows only its own; any other stays as it is. */
  #target(to: DirHandle): { readonly dir: DirHandle; readonly number: number } {
    if (!(to instanceof RecordingDir) || to.#recorder !== this.#recorder) return { dir: to, number: 0 };
    return { dir: to.#dir, number: to.#number + 1 };
  }
}

class RecordingFile implements FileHandle {
  readonly kind = 'file';
  readonly #file: FileHandle;
  readonly #recorder: JournalRecorder;
  readonly #number: number;

  constructor(file: FileHandle, recorder: JournalRecorder) {
    this.#file = file;
    this.#recorder = recorder;
    this.#number = recorder.nextHandle();
  }

  read(into: Uint8Array, at: bigint): number | Errno {
    const answer = this.#file.read(into, at);
    const { questions, answers, isOn } = this.#recorder;
    if (!isOn) return answer;
    askRead(questions, this.#number, at, into.length);
    answers.content(typeof answer === 'string' ? answer : answer === into.length ? into : into.subarray(0, answer));
    return answer;
  }

  write(from: Uint8Array, at: bigint): number | Errno {
    const answer = this.#file.write(from, at);
    const { questions, answers, isOn } = this.#recorder;
    if (!isOn) return answer;
    askWrite(questions, this.#number, at, from.length, sha256(from));
    answers.count(answer);
    return answer;
  }

  stat(): FileStat | Errno {
    const answer = this.#file.stat();
    const { questions, answers, isOn } = this.#recorder;
    if (!isOn) return answer;
    askHandle(questions, 'stat', this.#number);
    answers.stat(answer);
    return answer;
  }

  resize(bytes: bigint): Errno | undefined {
    const answer = this.#file.resize(bytes);
    const { questions, answers, isOn } = this.#recorder;
    if (!isOn) return answer;
    askResize(questions, this.#number, bytes);
    answers.reply(answer);
    return answer;
  }

  setTimes(atim: TimeToSet, mtim: TimeToSet): Errno | undefined {
    const answer = this.#file.setTimes(atim, mtim);
    const { questions, answers, isOn } = this.#recorder;
    if (!isOn) return answer;
    askSetTimes(questions, this.#number, atim, mtim);
    answers.reply(answer);
    return answer;
  }

  sync(): Errno | undefined {
    const answer = this.#file.sync();
    const { questions, answers, isOn } = this.#recorder;
    if (!isOn) return answer;
    askHandle(questions, 'sync', this.#number);
    answers.reply(answer);
    return answer;
  }

  close(): void {
    this.#file.close();
  }
}
