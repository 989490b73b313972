import { createPrivateKey, createPublicKey, randomBytes, sign } from 'node:crypto';
import { closeSync, constants, fstatSync, linkSync, openSync, readSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { decodeHex, encodeHex, encodeUtf8 } from '../base/bytes.ts';
import { HostError, systemCode } from '../base/error.ts';
import { shown } from '../base/shown.ts';
import { TEMP_PREFIX, writeDurably, syncDir } from '../skill/durable.ts';
import { SEED_BYTES } from '../skill/ed25519.ts';
import { auditDir, ensureAuditDir, unwritable } from './place.ts';

/** The key that attests the log. Its secret half stays inside. */
export interface AuditKey {
  /** 64 lowercase hex digits. */
  readonly publicHex: string;
  /** The 64-byte Ed25519 signature. */
  sign(message: Uint8Array): Uint8Array;
}

const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');
const FILE_BYTES = 2 * SEED_BYTES + 1;

/**
 * The key of a data directory, made at first use. Processes that start at the same time agree on one.
 * @throws HostError `audit-key` for a file that is none, that others may use, or whose public half is not the pinned one;
 * `audit-unwritable` when it cannot be made.
 */
export function openAuditKey(dataDir: string): AuditKey {
  ensureAuditDir(dataDir);
  const file = keyFile(dataDir);
  const seed = readKeyFile(file, true) ?? makeSeed(dataDir, file);
  const secret = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' });
  seed.fill(0);
  const publicHex = Buffer.from(createPublicKey(secret).export({ format: 'jwk' }).x ?? '', 'base64url').toString('hex');
  const pinned = readPinnedKey(dataDir);
  if (pinned === undefined) pin(dataDir, publicHex);
  else if (pinned !== publicHex) {
    throw new HostError('audit-key', 'The key that attests the audit log is not the one whose public half is pinned', {
      file,
      remedy: `Restore ${shown(file)} or ${shown(publicFile(dataDir))} from a backup; whoever exchanged one of them could have rewritten the log.`,
    });
  }
  return { publicHex, sign: (message) => new Uint8Array(sign(null, message, secret)) };
}

/** The pinned public half, `<data>/audit/audit.pub`, as hex; `undefined` if there is none. @throws HostError `audit-key` */
export function readPinnedKey(dataDir: string): string | undefined {
  const bytes = readKeyFile(publicFile(dataDir), false);
  return bytes && encodeHex(bytes);
}

function keyFile(dataDir: string): string {
  return join(auditDir(dataDir), 'key');
}

function publicFile(dataDir: string): string {
  return join(auditDir(dataDir), 'audit.pub');
}

function makeSeed(dataDir: string, file: string): Uint8Array {
  if (readPinnedKey(dataDir) !== undefined) {
    throw new HostError('audit-key', 'The key that attests the audit log is gone, its public half is still there', {
      file,
      remedy: `Restore ${shown(file)} from a backup, or move ${shown(auditDir(dataDir))} away to begin a new log.`,
    });
  }
  const seed = randomBytes(SEED_BYTES);
  return placeOnce(file, seed) ? seed : (readKeyFile(file, true) ?? unreadable(file));
}

function pin(dataDir: string, publicHex: string): void {
  const file = publicFile(dataDir);
  const bytes = decodeHex(publicHex);
  if (bytes !== undefined) placeOnce(file, bytes);
  if (readPinnedKey(dataDir) !== publicHex) unreadable(file);
}

/** Puts the file in its place whole, unless one is there; answers whether it did. */
function placeOnce(file: string, bytes: Uint8Array): boolean {
  const dir = join(file, '..');
  const temp = join(dir, `${TEMP_PREFIX}${encodeHex(randomBytes(8))}`);
  try {
    writeDurably(temp, encodeUtf8(`${encodeHex(bytes)}\n`));
    linkSync(temp, file);
    syncDir(dir);
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw unwritable(file, error);
  } finally {
    rmSync(temp, { force: true });
  }
}

function readKeyFile(file: string, secret: boolean): Uint8Array | undefined {
  let fd: number;
  try {
    fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK | (constants.O_NOFOLLOW ?? 0));
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw malformed(file, `cannot be opened (${systemCode(error) ?? 'unknown'})`);
  }
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) throw malformed(file, 'is no regular file');
    if (process.platform !== 'win32') {
      if (stat.uid !== process.getuid?.()) throw malformed(file, 'belongs to another user');
      if ((stat.mode & (secret ? 0o077 : 0o022)) !== 0) {
        throw malformed(file, `may be ${secret ? 'read' : 'written'} by others`, `Run: chmod 600 ${shown(file)}`);
      }
    }
    const text = Buffer.alloc(FILE_BYTES + 1);
    const length = readSync(fd, text, 0, text.length, 0);
    const seed = decodeHex(text.toString('latin1', 0, length).replace(/\n$/, ''));
    text.fill(0);
    if (seed?.length !== SEED_BYTES) throw malformed(file, 'does not hold 64 lowercase hex digits');
    return seed;
  } finally {
    closeSync(fd);
  }
}

function unreadable(file: string): never {
  throw malformed(file, 'was made by another process and cannot be read');
}

function malformed(file: string, what: string, remedy = 'Restore it from a backup.'): HostError {
  return new HostError('audit-key', `${shown(file)} ${what}`, { file, remedy });
}
