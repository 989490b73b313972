import { HostError } from '../../base/error.ts';
import { globMatches, leadsTo, parseGlob } from '../../policy/glob.ts';
import type { Glob } from '../../policy/glob.ts';

/** Which names a walk shows and which directories it enters; both by the path beneath where it began. */
export interface NameFilter {
  shows(segments: readonly string[]): boolean;
  enters(segments: readonly string[]): boolean;
}

const VENDORED = 'node_modules';

/**
 * The filter of a glob, or of none. Directories whose name begins with a dot, and `node_modules`, are entered only if the glob names
 * them: they hold what others made, and a lot of it.
 * @throws HostError `arguments-invalid`
 */
export function nameFilter(untrustedGlob: string | undefined): NameFilter {
  if (untrustedGlob === undefined) {
    return {
      shows: () => true,
      enters: (segments) => !(segments.at(-1) ?? '').startsWith('.') && segments.at(-1) !== VENDORED,
    };
  }
  const glob = parsedGlob(untrustedGlob.includes('/') ? untrustedGlob : `**/${untrustedGlob}`);
  const vendored = untrustedGlob.split('/').includes(VENDORED);
  return {
    shows: (segments) => globMatches(glob, segments),
    enters: (segments) => leadsTo([glob], segments) && (vendored || segments.at(-1) !== VENDORED),
  };
}

function parsedGlob(untrusted: string): Glob {
  try {
    return parseGlob(untrusted);
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    throw new HostError('arguments-invalid', error.message, error.details);
  }
}
