/**
 * Every way an input, a peer or an environment can be bad. A code is stable: scripts and tests match it, `docs/cli.md` lists it.
 * The first groups are the refusal codes of bundle verification.
 */
export const ERROR_CODES = [
  // bundle verification, in the order in which `verify` finds them
  'bundle-unsafe-entry',
  'bundle-too-large',
  'signature-missing',
  'signature-malformed',
  'key-weak',
  'key-is-root',
  'signature-invalid',
  'revoked',
  'manifest-invalid',
  'integrity-missing-file',
  'integrity-extra-file',
  'integrity-mismatch',
  'delegation-invalid',
  'delegation-required',
  'key-changed',
  'downgrade',
  'capability-unavailable',
  // archives and installation
  'archive-invalid',
  'archive-too-large',
  'consent-required',
  'not-installed',
  'lock-invalid',
  'lock-busy',
  'store-mismatch',
  // modules and calls
  'module-invalid',
  'module-too-large',
  'import-unknown',
  'component-invalid',
  'limit-exceeded',
  'trap',
  'runner-crashed',
  'queue-full',
  'result-invalid',
  'arguments-invalid',
  'tool-unknown',
  'tool-failed',
  // writing skills
  'toolchain-missing',
  'build-failed',
  // workspace
  'path-invalid',
  'path-escapes',
  'workspace-refused',
  'glob-invalid',
  // everything else
  'key-invalid',
  'trust-invalid',
  'config-invalid',
  'usage',
  'not-found',
  'unsupported',
  // policy and audit
  'denied',
  'policy-invalid',
  'audit-unwritable',
  'audit-invalid',
  'audit-key',
  'io',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/** Facts about an error that a program may want; `file` and `remedy` are also printed. */
export interface ErrorDetails {
  /** What the error is about: a path as the user named it. */
  readonly file?: string;
  /** What to do next, one sentence. */
  readonly remedy?: string;
  readonly [fact: string]: string | number | boolean | readonly string[] | undefined;
}

/** This input, this peer or this machine is at fault. A bug of ours is a `TypeError` instead. */
export class HostError extends Error {
  override readonly name = 'HostError';
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message);
    this.code = code;
    this.details = details;
  }
}

/** The `code` of a Node system error, or `undefined` for anything else. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
