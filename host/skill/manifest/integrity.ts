import type { BundlePath, Digest } from '../skill.ts';
import { compareBytes } from '../../base/bytes.ts';
import { shown } from '../../base/shown.ts';
import { MAX_BUNDLE_FILES } from '../bundle.ts';
import { foldCase, isSignatureFile, parseBundlePath, parseDigest, SIGNATURE_FILES } from '../names.ts';
import type { YamlMap } from '../yaml.ts';
import type { Field } from './field.ts';

const PREFIX = 'sha256:';
const REMEDY = '`wirken skill sign` writes this part; do not edit it by hand.';

/** The digest of every further file. Order and quotes are part of the format: there is one way to write the same list. */
export function parseIntegrity(
  field: Field,
  doubleQuoted: ReadonlySet<YamlMap>,
): ReadonlyMap<BundlePath, Digest> | undefined {
  if (field.absent) return undefined;
  const map = field.map();
  if (map.size > MAX_BUNDLE_FILES) throw field.fail(`lists more than ${MAX_BUNDLE_FILES} files`, REMEDY);
  if (!doubleQuoted.has(map)) throw field.fail('has a path without double quotes', REMEDY);
  const digests = new Map<BundlePath, Digest>();
  const folded = new Set<string>();
  let before: string | undefined;
  for (const [untrusted, value] of map) {
    const entry = field.at(untrusted);
    const path = parseBundlePath(untrusted);
    if (path === undefined) throw entry.fail('is no path that a bundle may have', REMEDY);
    if (isSignatureFile(path) && !SIGNATURE_FILES.includes(path))
      throw entry.fail('differs from a file of the signature in case alone', 'Rename the file.');
    if (isSignatureFile(path)) throw entry.fail('cannot be listed: the signature covers it in another way', REMEDY);
    if (before !== undefined && compareBytes(before, path) >= 0) throw entry.fail('is not sorted by bytes', REMEDY);
    if (folded.has(foldCase(path)))
      throw entry.fail('differs from another path in case alone', 'Rename one of the two.');
    before = path;
    folded.add(foldCase(path));
    const digest =
      typeof value === 'string' && value.startsWith(PREFIX) ? parseDigest(value.slice(PREFIX.length)) : undefined;
    if (digest === undefined) throw entry.fail('must be sha256: and 64 lowercase hex digits', REMEDY);
    digests.set(path, digest);
  }
  return digests;
}

/** The lines that say this in the frontmatter, without a line feed at the end. */
export function writeIntegrity(digests: ReadonlyMap<BundlePath, Digest>, indent: number): string {
  const blanks = ' '.repeat(indent);
  if (digests.size === 0) return 'integrity: {}';
  const lines = [...digests]
    .sort(([a], [b]) => compareBytes(a, b))
    .map(([path, digest]) => `${blanks}  "${shown(path, path.length)}": ${PREFIX}${digest}`);
  return ['integrity:', ...lines].join('\n');
}
