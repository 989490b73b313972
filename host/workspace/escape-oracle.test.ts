import { readFileSync, symlinkSync } from 'node:fs';
import { WASI } from 'node:wasi';
import { describe, expect, it } from 'vitest';
import wabt from 'wabt';
import { WorkspaceDir } from './dir.ts';
import { bothBackends, CREATE, putText, REPLACE, Scene, textOf } from './fixture.ts';

const LINK_AT = 0;
const TARGET_AT = 64;
const ROUND_AT = 96;
const PATH_AT = 128;
const TEXT_AT = 1024;

// Two symlinks whose texts look harmless, one path_open, one read and one write: nothing else. Read as text, `round/../outside` stays
// beneath; walked, `round` is the workspace itself and `..` leaves it. What was read and what each call answered stands in memory.
const GUEST = `(module
  (import "wasi_snapshot_preview1" "path_symlink" (func $symlink (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const ${LINK_AT}) "exit")
  (data (i32.const ${TARGET_AT}) "round/../outside")
  (data (i32.const ${ROUND_AT}) "round.")
  (data (i32.const ${PATH_AT}) "exit/secret.txt")
  (func (export "_start")
    (i32.store (i32.const 508)
      (call $symlink (i32.const ${ROUND_AT + 5}) (i32.const 1) (i32.const 3) (i32.const ${ROUND_AT}) (i32.const 5)))
    (i32.store (i32.const 512)
      (call $symlink (i32.const ${TARGET_AT}) (i32.const 16) (i32.const 3) (i32.const ${LINK_AT}) (i32.const 4)))
    ;; rights: fd_read, fd_seek and fd_write
    (i32.store (i32.const 516)
      (call $open (i32.const 3) (i32.const 1) (i32.const ${PATH_AT}) (i32.const 15) (i32.const 0)
        (i64.const 0x46) (i64.const 0) (i32.const 0) (i32.const 528)))
    ;; one piece of 64 bytes to read into, then four bytes of it to write
    (i32.store (i32.const 536) (i32.const ${TEXT_AT}))
    (i32.store (i32.const 540) (i32.const 64))
    (i32.store (i32.const 520)
      (call $read (i32.load (i32.const 528)) (i32.const 536) (i32.const 1) (i32.const 532)))
    (i32.store (i32.const 540) (i32.const 4))
    (i32.store (i32.const 524)
      (call $write (i32.load (i32.const 528)) (i32.const 536) (i32.const 1) (i32.const 548)))))`;

async function compile(): Promise<WebAssembly.Module> {
  const { parseWat } = await wabt();
  const parsed = parseWat('guest.wat', GUEST);
  const { buffer } = parsed.toBinary({});
  parsed.destroy();
  return WebAssembly.compile(new Uint8Array(buffer));
}

/** The guest under Node's own WASI with the workspace as its one preopen. */
function runUnderNodeWasi(
  module: WebAssembly.Module,
  work: string,
): { readonly errnos: readonly number[]; readonly text: string } {
  const wasi = new WASI({
    version: 'preview1',
    args: [],
    env: {},
    preopens: { '/workspace': work },
    returnOnExit: true,
  });
  const instance = new WebAssembly.Instance(module, { wasi_snapshot_preview1: wasi.wasiImport });
  wasi.start(instance);
  const memory = instance.exports['memory'] as WebAssembly.Memory;
  const view = new DataView(memory.buffer);
  return {
    errnos: [508, 512, 516, 520, 524].map((at) => view.getUint32(at, true)),
    text: Buffer.from(memory.buffer, TEXT_AT, view.getUint32(532, true)).toString(),
  };
}

describe('why preview 1 here is not node:wasi', () => {
  it.for([
    ['made by the guest', false],
    ['planted beforehand', true],
  ] as const)('under node:wasi a guest leaves its preopen by a symlink %s', async ([, planted]) => {
    using scene = new Scene();
    if (planted) symlinkSync('../outside', scene.path('exit'));
    const { errnos, text } = runUnderNodeWasi(await compile(), scene.work);
    // 20 is EEXIST: the link stands there already.
    expect(errnos).toEqual([0, planted ? 20 : 0, 0, 0, 0]);
    expect(text).toBe('the secret');
    expect(readFileSync(`${scene.outside}/secret.txt`, 'utf8')).toBe('the secretthe ');
  });

  it.for(bothBackends().map((backend) => [backend.name, backend] as const))(
    'the same plan ends here, %s',
    ([, backend]) => {
      using scene = new Scene();
      const before = scene.outsideState();
      using workspace = WorkspaceDir.openAmbient(scene.work);
      const dir = workspace.handle('read-write', backend);
      expect(dir.symlink('.', 'round')).toBeUndefined();
      expect(dir.symlink('round/../outside', 'exit')).toBe('notcapable');
      expect(textOf(dir, 'exit/secret.txt')).toBe('noent');
      symlinkSync('../outside', scene.path('exit'));
      expect(textOf(dir, 'exit/secret.txt')).toBe('notcapable');
      expect(putText(dir, 'exit/secret.txt', 'mine', REPLACE)).toBe('notcapable');
      expect(putText(dir, 'exit/new.txt', 'mine', CREATE)).toBe('notcapable');
      expect(scene.outsideState()).toBe(before);
    },
  );
});
