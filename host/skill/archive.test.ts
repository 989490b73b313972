import { deflateRawSync, gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes, encodeUtf8 } from '../base/bytes.ts';
import { HostError } from '../base/error.ts';
import { readArchive } from './archive.ts';
import { writeUstar } from './ustar.ts';

interface Header {
  name?: string | Uint8Array;
  type?: string;
  content?: string | Uint8Array;
  size?: string | Uint8Array;
  linkname?: string;
  magic?: string;
  prefix?: string;
  mode?: string;
  uid?: string | Uint8Array;
  gid?: string;
  mtime?: string;
  checksum?: string;
}

const SKILL_MD = '---\nname: hash\ndescription: d\n---\nbody\n';

/** A tar block that may be wrong in any field; the archive writer under test is not used for it. */
function block(header: Header): Uint8Array {
  const content =
    typeof header.content === 'string' ? encodeUtf8(header.content) : (header.content ?? new Uint8Array());
  const out = Buffer.alloc(512 + Math.ceil(content.length / 512) * 512);
  const put = (at: number, value: string | Uint8Array): void => {
    out.set(typeof value === 'string' ? Buffer.from(value, 'utf8') : value, at);
  };
  put(0, header.name ?? 'hash/a');
  put(100, header.mode ?? '0000644\0');
  put(108, header.uid ?? '0000000\0');
  put(116, header.gid ?? '0000000\0');
  put(124, header.size ?? `${content.length.toString(8).padStart(11, '0')}\0`);
  put(136, header.mtime ?? '00000000000\0');
  put(156, header.type ?? '0');
  put(157, header.linkname ?? '');
  put(257, header.magic ?? 'ustar\x0000');
  put(345, header.prefix ?? '');
  put(148, '        ');
  const sum = out.subarray(0, 512).reduce((a, b) => a + b, 0);
  put(148, header.checksum ?? `${sum.toString(8).padStart(6, '0')}\0 `);
  out.set(content, 512);
  return out;
}

/** zlib's, not ours, so that the reader does not only understand its own writer. */
const gzip = (bytes: Uint8Array): Uint8Array => new Uint8Array(gzipSync(bytes, { level: 1 }));
const END = new Uint8Array(1024);
const tgz = (...blocks: Uint8Array[]): Uint8Array => gzip(concatBytes(...blocks, END));
const skillMd = block({ name: 'hash/SKILL.md', content: SKILL_MD });

function refusal(bytes: Uint8Array): HostError {
  try {
    readArchive(bytes);
  } catch (error) {
    if (error instanceof HostError) return error;
    throw error;
  }
  throw new Error('it was read');
}

const pax = (text: string): Header => ({ name: 'PaxHeader', content: text });
const record = (key: string, value: string): string => {
  const rest = ` ${key}=${value}\n`;
  let length = rest.length + 1;
  while (`${length}${rest}`.length !== length) length++;
  return `${length}${rest}`;
};

describe('readArchive', () => {
  it('reads files by their path below the top directory', () => {
    const { name, entries } = readArchive(
      tgz(block({ name: 'hash/', type: '5' }), skillMd, block({ name: 'hash/refs/a.md', content: 'x' })),
    );
    expect(name).toBe('hash');
    expect([...entries.keys()]).toEqual(['SKILL.md', 'refs/a.md']);
    expect(Buffer.from(entries.get('refs/a.md') ?? []).toString()).toBe('x');
  });

  it.for<[why: string, top: string, skill: string, name: string]>([
    ['its own directory', 'hash', SKILL_MD, 'hash'],
    ['npm', 'package', SKILL_MD, 'hash'],
    ['a repository', 'hash-1.0.0', '---\nname: "hash"\n---\n', 'hash'],
    ['a directory where SKILL.md has no name', 'hash', '---\ndescription: d\n---\n', 'hash'],
    ['a name in the Markdown only', 'hash', '---\ndescription: d\n---\nname: other\n', 'hash'],
    ['an indented name', 'hash', '---\nmetadata:\n  name: other\n---\n', 'hash'],
    ['no frontmatter', 'hash', 'name: other\n', 'hash'],
  ])('takes the name from %s', ([, top, content, expected]) => {
    expect(readArchive(tgz(block({ name: `${top}/SKILL.md`, content }))).name).toBe(expected);
  });

  it.for<[why: string, header: Header]>([
    ['the form of GNU tar', { magic: 'ustar  \0' }],
    ['a type of NUL', { type: '\0' }],
    ['ids that are not there', { uid: '\0\0\0\0\0\0\0\0' }],
    ['any mode', { mode: '0006777\0' }],
    ['a prefix', { prefix: 'hash/long', name: 'a' }],
  ])('reads %s', ([, header]) => {
    const { entries } = readArchive(tgz(skillMd, block({ content: 'x', ...header })));
    expect([...entries.keys()]).toEqual(['SKILL.md', header.prefix === undefined ? 'a' : 'long/a']);
  });

  it('reads padding behind the end, as tar programs write it', () => {
    expect(readArchive(tgz(skillMd, new Uint8Array(9 * 1024))).entries.size).toBe(1);
  });

  it.for(['mtime', 'atime', 'ctime', 'uid', 'gname', 'comment', 'SCHILY.ino', 'LIBARCHIVE.xattr.com.apple.x'])(
    'passes over a pax header with %s',
    (key) => {
      for (const type of ['x', 'g']) {
        const bytes = tgz(block({ ...pax(record('mtime', '1.5') + record(key, '1=2\n')), type }), skillMd);
        expect(readArchive(bytes).entries.size).toBe(1);
      }
    },
  );

  it('reads what `tar czf x.tgz ./hash` writes', () => {
    const bytes = tgz(block({ name: './hash/', type: '5' }), block({ name: './hash/SKILL.md', content: 'text' }));
    expect([...readArchive(bytes).entries.keys()]).toEqual(['SKILL.md']);
    expect(readArchive(bytes).name).toBe('hash');
  });

  it.for<[why: string, header: Header]>([
    ['absolute', { name: '/etc/passwd' }],
    ['climbing', { name: 'hash/../../x' }],
    ['climbing at the end', { name: 'hash/..' }],
    ['climbing at the start', { name: '../x' }],
    ['climbing in the prefix', { prefix: 'hash/..', name: 'x' }],
    ['a dot', { name: 'hash/./x' }],
    ['a leading dot before nothing', { name: './x' }],
    ['two leading dots', { name: '././hash/x' }],
    ['an empty segment', { name: 'hash//x' }],
    ['a file with a slash at its end', { name: 'hash/x/' }],
    ['no name', { name: '' }],
    ['only a slash', { name: '/' }],
    ['a directory that is only a slash', { name: '/', type: '5' }],
    ['a backslash', { name: 'hash\\..\\x' }],
    ['a backslash further down', { name: 'hash/a\\b' }],
    ['no UTF-8', { name: new Uint8Array([0x68, 0x61, 0x73, 0x68, 0x2f, 0xff]) }],
    ['something behind NUL', { name: 'hash/a\0../x' }],
    ['a file as the top', { name: 'hash' }],
    ['a file beside the top', { name: 'README' }],
    ['a second top', { name: 'other/x' }],
    ['a top in other letters', { name: 'Hash/x' }],
    ['a hard link', { type: '1', linkname: 'hash/SKILL.md' }],
    ['a symlink', { type: '2', linkname: '/etc/passwd' }],
    ['a character device', { type: '3' }],
    ['a block device', { type: '4' }],
    ['a FIFO', { type: '6' }],
    ['a contiguous file', { type: '7' }],
    ['a GNU long name', { type: 'L', content: 'hash/long' }],
    ['a GNU long link', { type: 'K', content: 'x' }],
    ['a sparse file', { type: 'S' }],
    ['a multi-volume part', { type: 'M' }],
    ['a Solaris header', { type: 'X', content: record('path', 'x') }],
    ['an unknown type', { type: 'Z' }],
    ['a type that is a control character', { type: '\x1b' }],
    ['a link target on a file', { linkname: 'x' }],
    ['a wrong checksum', { checksum: '0000001\0' }],
    ['an empty checksum', { checksum: '\0\0\0\0\0\0\0\0' }],
    ['the form before ustar', { magic: '\0\0\0\0\0\0\0\0' }],
    ['another version', { magic: 'ustar\x0001' }],
    ['GNU with a prefix', { magic: 'ustar  \0', prefix: 'hash', name: 'x' }],
    ['a size of base 256', { size: new Uint8Array([0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]) }],
    ['a negative size', { size: '-0000000001\0' }],
    ['no size', { size: '\0\0\0\0\0\0\0\0\0\0\0\0' }],
    ['a size with an 8', { size: '00000000008\0' }],
    ['a size behind spaces', { size: '          1\0' }],
    ['a size beyond the archive', { size: '77777777777\0' }],
    ['an id of base 256', { uid: new Uint8Array([0x80, 0, 0, 0, 0, 0, 0, 1]) }],
    ['a malformed id', { gid: 'x' }],
    ['a malformed mode', { mode: '0000648\0' }],
    ['a malformed time', { mtime: '-1' }],
    ['a directory with content', { name: 'hash/d', type: '5', content: 'x' }],
    ['an empty directory', { name: 'hash/d/', type: '5' }],
    ['the same file twice', { name: 'hash/SKILL.md' }],
    ['the same file in other letters', { name: 'hash/skill.MD' }],
    ['a file as a directory', { name: 'hash/SKILL.md/x' }],
    ['a file as a directory in other letters', { name: 'hash/skill.md/x' }],
    ['a directory where a file is', { name: 'hash/SKILL.md', type: '5' }],
    ['a pax path', { ...pax(record('path', 'x')), type: 'x' }],
    ['a pax path for all', { ...pax(record('path', 'x')), type: 'g' }],
    ['a pax size', { ...pax(record('size', '1')), type: 'x' }],
    ['a pax link', { ...pax(record('linkpath', 'x')), type: 'x' }],
    ['a pax character set', { ...pax(record('hdrcharset', 'BINARY')), type: 'x' }],
    ['a sparse file of pax', { ...pax(record('GNU.sparse.major', '1')), type: 'x' }],
    ['a path behind a harmless record', { ...pax(record('mtime', '1') + record('path', 'x')), type: 'x' }],
    ['a pax record without length', { ...pax('mtime=1\n'), type: 'x' }],
    ['a pax record that is too long', { ...pax('99 mtime=1\n'), type: 'x' }],
    ['a pax record that is too short', { ...pax('3 mtime=1\n'), type: 'x' }],
    ['a pax record without end', { ...pax('9 mtime=1'), type: 'x' }],
    ['a pax record of length 0', { ...pax('0 mtime=1\n'), type: 'x' }],
    ['a pax record of a huge length', { ...pax('99999999999999999999 mtime=1\n'), type: 'x' }],
    ['a pax record without a key', { ...pax('5 =1\n'), type: 'x' }],
  ])('refuses %s', ([, header]) => {
    expect(refusal(tgz(skillMd, block(header))).code).toBe('archive-invalid');
  });

  it.for<[why: string, bytes: Uint8Array]>([
    ['nothing', new Uint8Array()],
    ['no gzip', encodeUtf8('PK\x03\x04 and more of it')],
    ['an empty tar', gzip(END)],
    ['an empty file', gzip(new Uint8Array())],
    ['a tar without end', gzip(skillMd)],
    ['a tar with half an end', gzip(concatBytes(skillMd, new Uint8Array(512)))],
    ['something behind the end', gzip(concatBytes(skillMd, END, skillMd))],
    ['half a block', gzip(concatBytes(skillMd, END, new Uint8Array(100)))],
    ['half a header', gzip(skillMd.subarray(0, 300))],
    ['a second gzip member', concatBytes(tgz(skillMd), gzip(END))],
    ['garbage behind gzip', concatBytes(tgz(skillMd), encodeUtf8('x'))],
    ['zeros behind gzip', concatBytes(tgz(skillMd), new Uint8Array(512))],
    ['a cut trailer', tgz(skillMd).subarray(0, -1)],
    ['cut data', tgz(skillMd).subarray(0, 40)],
    ['only a gzip header', tgz(skillMd).subarray(0, 10)],
    ['reserved gzip flags', tgz(skillMd).with(3, 0x20)],
    ['another compression', tgz(skillMd).with(2, 7)],
    ['a name in the header without end', concatBytes(tgz(skillMd).with(3, 8).subarray(0, 10), encodeUtf8('name'))],
    ['an extra field beyond the file', concatBytes(tgz(skillMd).with(3, 4).subarray(0, 10), encodeUtf8('\x7f\x7f'))],
    ['a wrong CRC', ((b) => b.with(b.length - 8, (b[b.length - 8] ?? 0) ^ 1))(tgz(skillMd))],
    ['a wrong length', ((b) => b.with(b.length - 4, (b[b.length - 4] ?? 0) ^ 1))(tgz(skillMd))],
  ])('refuses %s', ([, bytes]) => {
    expect(refusal(bytes).code).toBe('archive-invalid');
  });

  it('reads a gzip header with name, comment, extra field and checksum', () => {
    const plain = tgz(skillMd);
    const head = concatBytes(plain.subarray(0, 10).with(3, 0x1c), new Uint8Array([2, 0, 1, 2]), encodeUtf8('n\0c\0'));
    expect(readArchive(concatBytes(head, plain.subarray(10))).name).toBe('hash');
    expect(readArchive(gzipSync(concatBytes(skillMd, END))).name).toBe('hash');
  });

  it.for<[why: string, blocks: Uint8Array[], message: RegExp]>([
    ['absolute', [block({ name: '/etc/passwd' })], /absolute path \(entry "\/etc\/passwd"\)/],
    ['a cut entry', [block({ name: 'hash/a', size: '00000100000\0' })], /cut off in this entry \(entry "hash\/a"\)/],
    [
      'a directory with content',
      [block({ name: 'hash/d', type: '5', content: 'x' }), block({ name: 'hash/d/a' })],
      /a directory with content/,
    ],
    ['a symlink', [block({ type: '2' })], /a symbolic link \(entry "hash\/a"\)/],
  ])('says what is wrong and where: %s', ([, blocks, message]) => {
    expect(refusal(tgz(skillMd, ...blocks)).message).toMatch(message);
  });

  it('shows a hostile name escaped', () => {
    const error = refusal(tgz(skillMd, block({ name: '/\x1b[2J\u202e' })));
    expect(error.message).toContain('\\x1b[2J\\u{202e}');
    // oxlint-disable-next-line no-control-regex
    expect(error.message + JSON.stringify(error.details)).not.toMatch(/\x1b|\u202e/);
  });

  it('refuses a file too many, in files, headers and bytes', () => {
    const files = (count: number): Uint8Array[] =>
      Array.from({ length: count }, (_, i) => block({ name: `hash/f${i}`, content: '' }));
    expect(readArchive(tgz(...files(2_000))).entries.size).toBe(2_000);
    expect(refusal(tgz(...files(2_001))).code).toBe('archive-too-large');
    const padded = Array.from({ length: 8_001 }, () => block({ ...pax(record('mtime', '1')), type: 'x' }));
    expect(refusal(tgz(skillMd, ...padded)).code).toBe('archive-too-large');
    const big = block({ name: 'hash/big', content: new Uint8Array(64 * 1024 * 1024 - SKILL_MD.length) });
    expect(readArchive(tgz(skillMd, big)).entries.size).toBe(2);
    expect(refusal(tgz(skillMd, big, block({ name: 'hash/one', content: 'x' }))).code).toBe('archive-too-large');
    expect(refusal(new Uint8Array(100 * 1024 * 1024)).code).toBe('archive-too-large');
  });

  it('gives up on a gigabyte of zeros without unpacking it', () => {
    // 1 GiB from one deflated MiB block repeated: its stored form is what a bomb looks like, about 1 MB.
    const chunk = deflateRawSync(Buffer.alloc(16 * 1024 * 1024), { finishFlush: 3 });
    const bomb = concatBytes(gzip(new Uint8Array()).subarray(0, 10), ...Array.from({ length: 64 }, () => chunk));
    const before = process.resourceUsage().maxRSS;
    expect(refusal(bomb).code).toBe('archive-too-large');
    expect((process.resourceUsage().maxRSS - before) * 1024).toBeLessThan(400 * 1024 * 1024);
  });

  it('answers any damage with a HostError', () => {
    const tar = concatBytes(
      block({ name: 'hash/', type: '5' }),
      skillMd,
      block({ name: 'hash/a', content: 'abc' }),
      END,
    );
    const whole = gzip(tar);
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 8 });
    const tryRead = (bytes: Uint8Array): void => {
      try {
        readArchive(bytes);
      } catch (error) {
        if (!(error instanceof HostError)) throw error;
        expect(['archive-invalid', 'archive-too-large']).toContain(error.code);
      }
    };
    const damaged = (bytes: Uint8Array, places: [number, number][]): Uint8Array =>
      places.reduce((out, [at, value]) => out.with(at % out.length, value), bytes);
    fc.assert(
      fc.property(damage, (places) => tryRead(damaged(whole, places))),
      { numRuns: 400 },
    );
    fc.assert(
      fc.property(damage, (places) => tryRead(gzip(damaged(tar, places)))),
      { numRuns: 400 },
    );
    fc.assert(
      fc.property(fc.nat(tar.length), (cut) => tryRead(gzip(tar.subarray(0, cut)))),
      { numRuns: 200 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2048 }), (bytes) => tryRead(gzip(bytes))),
      { numRuns: 200 },
    );
  });

  it('lets no damaged header through whose checksum was made right again', () => {
    const fields = fc.record(
      {
        name: fc.string({ maxLength: 40 }),
        prefix: fc.string({ maxLength: 40 }),
        type: fc.constantFrom('0', '1', '2', '5', 'x', 'g', 'L', '\0'),
        size: fc.string({ maxLength: 12 }),
        mtime: fc.string({ maxLength: 12 }),
        content: fc.string({ maxLength: 600 }),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fields, (header) => {
        try {
          const { entries } = readArchive(tgz(skillMd, block(header)));
          for (const path of entries.keys()) expect(path).not.toMatch(/^\/|^$|(^|\/)\.{0,2}(\/|$)/);
        } catch (error) {
          if (!(error instanceof HostError)) throw error;
        }
      }),
      { numRuns: 500 },
    );
  });

  it('gives back what was written', () => {
    const segment = fc.stringMatching(/^[A-Za-z0-9_@+-]{1,60}$/);
    const path = fc.array(segment, { minLength: 1, maxLength: 4 }).map((segments) => segments.join('/'));
    const file = fc.tuple(path, fc.uint8Array({ maxLength: 1500 }));
    const related = ([a]: [string, unknown], [b]: [string, unknown]): boolean => {
      const [x, y] = [`${a.toLowerCase()}/`, `${b.toLowerCase()}/`];
      return x.startsWith(y) || y.startsWith(x);
    };
    fc.assert(
      fc.property(fc.uniqueArray(file, { comparator: related, maxLength: 12, minLength: 1 }), (files) => {
        const fits = files.filter(([at]) => `top/${at}`.length <= 200);
        fc.pre(fits.length > 0 && !fits.some(([at]) => at === 'SKILL.md'));
        let tar: Uint8Array;
        try {
          tar = writeUstar(fits.map(([at, bytes]) => ({ path: `top/${at}`, bytes })));
        } catch (error) {
          if (error instanceof HostError && error.code === 'archive-too-large') return;
          throw error;
        }
        const { entries } = readArchive(gzip(tar));
        expect([...entries].map(([at, bytes]) => [at, new Uint8Array(bytes)])).toEqual(fits);
      }),
    );
  });
});
