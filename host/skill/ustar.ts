import { concatBytes, decodeUtf8, encodeUtf8 } from '../base/bytes.ts';
import { HostError } from '../base/error.ts';
import { shown } from '../base/shown.ts';

export const BLOCK_BYTES = 512;

/** One entry of a tar archive that is a file or a directory. `path` is well-formed UTF-8 and otherwise as it stood there. */
export interface TarEntry {
  readonly kind: 'file' | 'directory';
  readonly path: string;
  /** Of a file: a view into the archive's bytes. */
  readonly bytes: Uint8Array;
}

/** Where each field of a header block stands: offset, length. Source: POSIX.1-2017 pax, "ustar Interchange Format". */
const FIELD = {
  name: [0, 100],
  mode: [100, 8],
  uid: [108, 8],
  gid: [116, 8],
  size: [124, 12],
  mtime: [136, 12],
  checksum: [148, 8],
  typeflag: [156, 1],
  linkname: [157, 100],
  magic: [257, 8],
  devmajor: [329, 8],
  devminor: [337, 8],
  prefix: [345, 155],
} as const satisfies Record<string, readonly [number, number]>;

/** `ustar` NUL `00`, and what GNU tar writes by default. */
const MAGIC_USTAR = 'ustar\x0000';
const MAGIC_GNU = 'ustar  \0';

/** What stands for an entry that is neither file nor directory in the message of its refusal. */
const REFUSED_TYPES: Readonly<Record<string, string>> = {
  '1': 'a hard link',
  '2': 'a symbolic link',
  '3': 'a character device',
  '4': 'a block device',
  '6': 'a FIFO',
  '7': 'a contiguous file',
  D: 'a GNU directory dump',
  K: 'a GNU long link name',
  L: 'a GNU long name',
  M: 'a continued GNU volume',
  S: 'a sparse file',
  V: 'a GNU volume header',
};

/** pax records that change nothing about what a file is or where it lies. */
const HARMLESS_PAX =
  /^(?:[acm]time|[ug]id|[ug]name|comment|LIBARCHIVE\.(?:creationtime|xattr\..+)|SCHILY\.(?:dev|ino|nlink|fflags|xattr\..+))$/;

/**
 * The files and directories of a tar archive, in its order.
 * @throws HostError `archive-invalid` for whatever is not plain ustar (or GNU tar's form of the same): wrong checksum or magic, numbers
 *   that are not octal, links, devices, extension headers that change a name or a size, a missing end, bytes behind it.
 *   `archive-too-large` for more than `maxEntries` entries.
 */
export function readUstar(untrusted: Uint8Array, maxEntries: number): readonly TarEntry[] {
  if (untrusted.length % BLOCK_BYTES !== 0) throw invalid('its length is not a whole number of blocks');
  const entries: TarEntry[] = [];
  let at = 0;
  for (let headers = 1; ; headers++) {
    const header = untrusted.subarray(at, at + BLOCK_BYTES);
    if (header.length < BLOCK_BYTES) throw invalid('its end is missing');
    if (isZero(header)) break;
    if (headers > maxEntries) {
      throw new HostError('archive-too-large', `The archive has more than ${maxEntries} entries`, {
        limit: maxEntries,
      });
    }
    const { path, type, size } = parseHeader(header);
    at += BLOCK_BYTES;
    const bytes = untrusted.subarray(at, at + size);
    if (bytes.length < size) throw invalid('it is cut off in this entry', path);
    at += Math.ceil(size / BLOCK_BYTES) * BLOCK_BYTES;
    if (type === 'x' || type === 'g') refuseHarmfulPax(bytes, path);
    else if (type === '5' && size !== 0) throw invalid('a directory with content', path);
    else entries.push({ kind: type === '5' ? 'directory' : 'file', path, bytes });
  }
  const end = untrusted.subarray(at);
  if (end.length < 2 * BLOCK_BYTES) throw invalid('its end is missing');
  if (!isZero(end)) throw invalid('there is something behind its end');
  return entries;
}

/**
 * A ustar archive of these files: mode 0644, ids and times 0, in the order given.
 * @throws HostError `archive-too-large` for a path that ustar cannot hold (100 bytes, or 155 + `/` + 100).
 */
export function writeUstar(
  files: readonly { readonly path: string; readonly bytes: Uint8Array }[],
): Uint8Array<ArrayBuffer> {
  const blocks = files.flatMap(({ path, bytes }) => [
    formatHeader(path, bytes.length),
    bytes,
    new Uint8Array((BLOCK_BYTES - (bytes.length % BLOCK_BYTES)) % BLOCK_BYTES),
  ]);
  return concatBytes(...blocks, new Uint8Array(2 * BLOCK_BYTES));
}

function parseHeader(header: Uint8Array): { path: string; type: '0' | '5' | 'x' | 'g'; size: number } {
  const magic = latin1(header, FIELD.magic);
  if (magic !== MAGIC_USTAR && magic !== MAGIC_GNU) throw invalid('a header without the mark of ustar');
  if (octal(header, 'checksum') !== checksum(header)) throw invalid('a header with a wrong checksum');
  const name = text(header, 'name');
  const prefix = text(header, 'prefix');
  // GNU tar keeps other things where ustar has the prefix; plain files do not need them.
  if (magic === MAGIC_GNU && prefix !== '') throw invalid('a GNU extension in the header', name);
  const path = prefix === '' ? name : `${prefix}/${name}`;
  const flag = latin1(header, FIELD.typeflag);
  const type = flag === '\0' ? '0' : flag;
  if (type !== '0' && type !== '5' && type !== 'x' && type !== 'g') {
    throw invalid(REFUSED_TYPES[type] ?? `an entry of unknown type "${shown(type)}"`, path);
  }
  if (text(header, 'linkname') !== '') throw invalid('a link target', path);
  for (const field of ['mode', 'uid', 'gid', 'mtime', 'devmajor', 'devminor'] as const) {
    if (octal(header, field) === undefined && !isZero(slice(header, FIELD[field])))
      throw invalid(`a malformed ${field}`, path);
  }
  const size = octal(header, 'size');
  if (size === undefined) throw invalid('a malformed size', path);
  return { path, type, size };
}

function formatHeader(path: string, size: number): Uint8Array {
  const header = Buffer.alloc(BLOCK_BYTES);
  const put = (field: keyof typeof FIELD, value: string): number => header.write(value, FIELD[field][0], 'latin1');
  const [prefix, name] = splitPath(path);
  header.set(name, FIELD.name[0]);
  header.set(prefix, FIELD.prefix[0]);
  put('mode', '0000644\0');
  put('uid', '0000000\0');
  put('gid', '0000000\0');
  put('size', `${size.toString(8).padStart(11, '0')}\0`);
  put('mtime', '00000000000\0');
  put('typeflag', '0');
  put('magic', MAGIC_USTAR);
  put('devmajor', '0000000\0');
  put('devminor', '0000000\0');
  put('checksum', `${checksum(header).toString(8).padStart(6, '0')}\0 `);
  return header;
}

function splitPath(path: string): readonly [prefix: Uint8Array, name: Uint8Array] {
  const whole = encodeUtf8(path);
  if (whole.length <= FIELD.name[1]) return [new Uint8Array(), whole];
  // The first slash that leaves a short enough name gives the shortest prefix.
  const slash = whole.indexOf(0x2f, whole.length - FIELD.name[1] - 1);
  if (slash < 1 || slash > FIELD.prefix[1] || slash === whole.length - 1) {
    throw new HostError('archive-too-large', `The path "${shown(path)}" is too long for an archive`, {
      remedy: 'Give the file a shorter path.',
    });
  }
  return [whole.subarray(0, slash), whole.subarray(slash + 1)];
}

/** Sum of the header's bytes, its checksum field counted as spaces. */
function checksum(header: Uint8Array): number {
  const [start, length] = FIELD.checksum;
  return header.reduce((sum, byte, i) => sum + (i >= start && i < start + length ? 0x20 : byte), 0);
}

/** A number as ustar has it, or `undefined`: base 256, signs, leading spaces and an empty field included. */
function octal(header: Uint8Array, field: keyof typeof FIELD): number | undefined {
  const digits = /^([0-7]+)[ \0]*$/.exec(latin1(header, FIELD[field]))?.[1];
  return digits === undefined ? undefined : Number.parseInt(digits, 8);
}

function text(header: Uint8Array, field: 'name' | 'prefix' | 'linkname'): string {
  const bytes = slice(header, FIELD[field]);
  const end = bytes.indexOf(0);
  if (end >= 0 && !isZero(bytes.subarray(end))) throw invalid(`something behind the end of a ${field}`);
  const decoded = decodeUtf8(end < 0 ? bytes : bytes.subarray(0, end));
  if (decoded === undefined) throw invalid(`a ${field} that is not UTF-8`);
  return decoded;
}

/** Checks the records of a pax extended header. Source: POSIX.1-2017 pax, "pax Extended Header". */
function refuseHarmfulPax(records: Uint8Array, path: string): void {
  let at = 0;
  while (at < records.length) {
    const space = records.indexOf(0x20, at);
    const stated = space < 0 ? '' : Buffer.from(records.subarray(at, Math.min(space, at + 10))).toString('latin1');
    const length = /^[1-9][0-9]*$/.test(stated) ? Number(stated) : 0;
    const record = records.subarray(at, at + length);
    const equals = record.indexOf(0x3d);
    const start = space - at + 1;
    if (record.length !== length || equals <= start || record.at(-1) !== 0x0a)
      throw invalid('a malformed pax header', path);
    const key = Buffer.from(record.subarray(start, equals)).toString('latin1');
    if (!HARMLESS_PAX.test(key)) throw invalid(`a pax header that sets "${shown(key)}"`, path);
    at += length;
  }
}

function slice(header: Uint8Array, [offset, length]: readonly [number, number]): Uint8Array {
  return header.subarray(offset, offset + length);
}

function latin1(header: Uint8Array, field: readonly [number, number]): string {
  return Buffer.from(slice(header, field)).toString('latin1');
}

function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}

function invalid(what: string, path?: string): HostError {
  const where = path === undefined ? '' : ` (entry "${shown(path)}")`;
  return new HostError('archive-invalid', `The archive is refused: ${what}${where}`, {
    ...(path === undefined ? {} : { entry: shown(path) }),
    remedy: 'Ask its author for one made by `wirken skill pack`.',
  });
}
