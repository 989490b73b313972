import { HostError } from '../base/error.ts';
import type { RawBundle } from './bundle.ts';
import type { Finding } from './lint/finding.ts';
import { lintManifest } from './lint/rules.ts';
import { repairText } from './lint/repair.ts';
import { parseManifest } from './manifest.ts';
import { PATHS } from './names.ts';
import { readBundleDir } from './read-bundle.ts';
import { replaceInBundle } from './sign.ts';

export type { Finding } from './lint/finding.ts';

/**
 * Looks for faults in the bundle of an author. No signature is needed or looked at.
 * `fix` repairs what needs no judgement (byte order mark, carriage returns, zero bytes in SKILL.md) and writes it back.
 * @throws HostError `not-found`, `io`
 */
export function lintBundle(dir: string, options: { readonly fix?: boolean } = {}): readonly Finding[] {
  let raw: RawBundle;
  try {
    raw = readBundleDir(dir);
  } catch (error) {
    return [findingOf(error)];
  }
  const skillMd = raw.files.get(PATHS.skillMd);
  if (skillMd === undefined) {
    return [{ severity: 'error', rule: 'manifest-invalid', file: PATHS.skillMd, message: 'There is no SKILL.md' }];
  }
  const { bytes, findings } = repairText(skillMd, options.fix === true);
  if (findings.length > 0 && options.fix !== true) return findings;
  if (findings.length > 0) replaceInBundle(dir, PATHS.skillMd, bytes);
  try {
    return [...findings, ...lintManifest(parseManifest(bytes, raw.name), raw)];
  } catch (error) {
    return [...findings, findingOf(error)];
  }
}

/** Only faults of the bundle become findings. */
function findingOf(error: unknown): Finding {
  if (!(error instanceof HostError) || error.code === 'not-found' || error.code === 'io') throw error;
  const { file, line, remedy } = error.details;
  return {
    severity: 'error',
    rule: error.code,
    file: file ?? PATHS.skillMd,
    message: error.message,
    ...(typeof line === 'number' ? { line } : {}),
    ...(remedy === undefined ? {} : { remedy }),
  };
}
