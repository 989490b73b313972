import { readPinnedKey } from '../../audit/key.ts';
import { HostError } from '../../base/error.ts';
import { parsePublicKey } from '../../skill/ed25519.ts';

/** The public key that a log is verified against, and how it came here. */
export interface VerifyKey {
  readonly hex: string;
  /** `pinned`: from beside the log, where whoever can change the log can change it as well. */
  readonly source: 'given' | 'pinned';
}

/** @throws HostError `usage` for a bad `given`, `not-found` without any, `audit-key` for a bad file */
export function verifyKey(dataDir: string, given: string | undefined): VerifyKey {
  if (given !== undefined) return { hex: checked(given), source: 'given' };
  const pinned = readPinnedKey(dataDir);
  if (pinned !== undefined) return { hex: pinned, source: 'pinned' };
  throw new HostError('not-found', 'there is no public key to verify the audit log against', {
    remedy: 'Give it with --key; `wirken audit key` printed it when the log was whole.',
  });
}

function checked(untrusted: string): string {
  try {
    return parsePublicKey(untrusted);
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    throw new HostError('usage', `--key: ${error.message}`, {
      remedy: 'Give the 64 hex digits that `wirken audit key` prints.',
    });
  }
}
