import { execFileSync } from 'node:child_process';
import { linkSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../base/jcs.ts';
import { MAX_TEXT_BYTES } from './read-file.ts';
import { textIn, ToolScene } from './testing.ts';

/** All of a file, page by page. */
async function pages(scene: ToolScene, lines: number): Promise<{ readonly text: string; readonly count: number }> {
  let text = '';
  let more: { readonly [name: string]: Json } = {};
  for (let count = 1; ; count += 1) {
    const value = await scene.done('read_file', { path: 'f', lines, ...more });
    text += textIn(value, 'text');
    const { next } = value;
    if (next === undefined) {
      expect(value['end']).toBe(true);
      return { text, count };
    }
    more = { ...Object(next) };
  }
}

describe('read_file', () => {
  it('answers lines behind their numbers', async () => {
    using scene = new ToolScene();
    scene.put('f', 'one\ntwo\r\nthree');
    const outcome = await scene.call('read_file', { path: 'f', offset_line: 2 });
    expect(outcome).toMatchObject({
      kind: 'done',
      text: '     2\ttwo\r\n     3\tthree',
      value: { path: 'f', size: 14, binary: false, first_line: 2, last_line: 3, text: 'two\r\nthree', end: true },
    });
  });

  it.for([
    ['an empty file', '', {}, { text: '', first_line: 1, last_line: 0, end: true }],
    ['a line without an end', 'a', {}, { text: 'a', last_line: 1, end: true }],
    ['one line', 'a\n', {}, { text: 'a\n', last_line: 1, end: true }],
    ['the first of two', 'a\nb\n', { lines: 1 }, { text: 'a\n', end: false, next: { offset_line: 2 } }],
    ['the last of two', 'a\nb\n', { offset_line: 2, lines: 1 }, { text: 'b\n', end: true }],
    ['the rest of a line', 'abc\nd', { offset_byte: 2 }, { text: 'c\nd', first_line: 1, last_line: 2 }],
    ['from within a character', 'äb', { offset_byte: 1 }, { text: 'b' }],
    ['a byte order mark', '\ufeffa', {}, { text: '\ufeffa' }],
  ] as const)('reads %s', async ([, content, more, expected]) => {
    using scene = new ToolScene();
    scene.put('f', content);
    expect(await scene.done('read_file', { path: 'f', ...more })).toMatchObject(expected);
  });

  it.for([
    ['a line past the end', 'a\nb\n', { offset_line: 3 }, 'not-found', 'has 2 lines'],
    ['a line of an empty file', '', { offset_line: 2 }, 'not-found', 'has 0 lines'],
    ['a byte past the line', 'abc\nd', { offset_byte: 4 }, 'arguments-invalid', 'line 1 of f has 3 bytes'],
    ['line 0', 'a', { offset_line: 0 }, 'arguments-invalid', 'offset_line'],
    ['too many lines', 'a', { lines: 1_000_000 }, 'arguments-invalid', 'lines'],
    ['what it does not know', 'a', { encoding: 'utf8' }, 'arguments-invalid', 'encoding'],
  ] as const)('refuses %s', async ([, content, more, code, message]) => {
    using scene = new ToolScene();
    scene.put('f', content);
    const outcome = await scene.call('read_file', { path: 'f', ...more });
    expect(outcome).toMatchObject({ kind: 'failed', code });
    expect(outcome.kind === 'failed' && outcome.message).toContain(message);
  });

  it.for([
    ['a zero byte', Uint8Array.of(0x89, 0x50, 0), '895000'],
    ['bytes that are no UTF-8', Uint8Array.of(0x61, 0xff, 0x62), '61ff62'],
    ['half a character at the end', Uint8Array.of(0x61, 0xe2, 0x82), '61e282'],
    ['an overlong form', Uint8Array.of(0xc0, 0x80), 'c080'],
  ] as const)('recognises a binary file by %s', async ([, bytes, hex]) => {
    using scene = new ToolScene();
    scene.put('f', bytes);
    expect(await scene.done('read_file', { path: 'f' })).toEqual({
      path: 'f',
      size: bytes.length,
      binary: true,
      head_hex: hex,
    });
  });

  it('knows a binary file by its front, wherever it is read', async () => {
    using scene = new ToolScene();
    scene.put('f', 'a\0\nplain\n');
    expect(await scene.done('read_file', { path: 'f', offset_line: 2 })).toMatchObject({ binary: true });
  });

  it('gives all of a file in pages, whatever stands in it', async () => {
    const line = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 20 }),
      fc.string({ unit: 'binary', maxLength: 10 }),
      fc.integer({ min: 1, max: 3 }).map((times) => '€ä𝄞x'.repeat(times * 9_000)),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(line, { maxLength: 12 }),
        fc.integer({ min: 1, max: 5 }),
        fc.boolean(),
        async (lines, count, ended) => {
          const text = lines.join('\n').replaceAll('\0', '') + (ended ? '\n' : '');
          using scene = new ToolScene();
          writeFileSync(scene.path('f'), text);
          expect((await pages(scene, count)).text).toBe(text);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('cuts what is too much at the end of a line, and a long line at the end of a character', async () => {
    using scene = new ToolScene();
    scene.put('f', `${'x'.repeat(100)}\n`.repeat(2_000));
    const lines = await scene.done('read_file', { path: 'f' });
    expect(Buffer.byteLength(textIn(lines, 'text'))).toBeLessThanOrEqual(MAX_TEXT_BYTES);
    expect(lines['text']).toMatch(/\n$/);
    expect(lines['next']).toEqual({ offset_line: Number(lines['last_line']) + 1 });
    scene.put('f', `a${'€'.repeat(50_000)}`);
    const value = await scene.done('read_file', { path: 'f' });
    expect(value['next']).toEqual({ offset_line: 1, offset_byte: Buffer.byteLength(textIn(value, 'text')) });
    expect(textIn(value, 'text')).toMatch(/^a€+$/);
  });

  it.for([
    ['a FIFO', 'pipe'],
    ['a device', 'zero'],
  ] as const)('never opens %s', async ([kind, name]) => {
    using scene = new ToolScene();
    const path = scene.path(name);
    if (kind === 'a FIFO') execFileSync('mkfifo', [path]);
    // Only the superuser makes devices; for others it is a FIFO again.
    else if (process.getuid?.() === 0) execFileSync('mknod', [path, 'c', '1', '5']);
    else execFileSync('mkfifo', [path]);
    for (const tool of ['read_file', 'edit_file', 'write_file', 'search_files'] as const) {
      const args = {
        read_file: { path: name },
        edit_file: { path: name, old: 'a', new: 'b' },
        write_file: { path: name, content: '' },
        search_files: { path: name, pattern: 'x' },
      }[tool];
      expect(await scene.ending(tool, args)).toBe('unsupported');
    }
    expect(await scene.done('search_files', { pattern: 'x' })).toMatchObject({ matches: [], files_searched: 0 });
    expect(await scene.done('list_files', {})).toMatchObject({ entries: [{ path: name, kind: 'other' }] });
  });

  it('reads a file with a second name, which is not written', async () => {
    using scene = new ToolScene();
    linkSync(`${scene.outside}/secret.txt`, scene.path('f'));
    expect(await scene.ending('read_file', { path: 'f' })).toBe('done');
    expect(await scene.ending('write_file', { path: 'f', content: 'x' })).toBe('io');
    expect(await scene.ending('edit_file', { path: 'f', old: 'the', new: 'no' })).toBe('io');
    expect(await scene.done('read_file', { path: 'f' })).toMatchObject({ text: 'the secret' });
  });
});
