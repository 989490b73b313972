import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { HostError, systemCode } from '../base/error.ts';
import { shown } from '../base/shown.ts';
import { MAX_ARCHIVE_BYTES, readArchive } from './archive.ts';
import { rawBundle, type RawBundle } from './bundle.ts';
import { asIo, readWhole } from './durable.ts';
import type { LockedSource } from './lock.ts';
import { readBundleDir } from './read-bundle.ts';

const ARCHIVE = /\.(?:skill|tgz|tar\.gz)$/;
const NAME_AND_VERSION = /^[a-z][a-z0-9-]{0,63}(?:@[^/\\]*)?$/;

/**
 * What `wirken skill install` was pointed at, relative to `cwd`. A word without `/` that is no archive is a name of a registry.
 * @throws HostError `not-found`
 */
export function parseSource(untrusted: string, cwd: string): LockedSource {
  const path = resolve(cwd, untrusted);
  if (!ARCHIVE.test(untrusted) && NAME_AND_VERSION.test(untrusted)) {
    const here = kindOf(path) === undefined ? '' : `, or ./${shown(untrusted)} for the one in this directory`;
    throw new HostError('not-found', `"${shown(untrusted)}" is a name, and there is no registry yet`, {
      file: untrusted,
      remedy: `Name a directory (with a "/" in it), a .skill or a .tgz${here}.`,
    });
  }
  const kind = kindOf(path);
  if (kind === undefined) {
    throw new HostError('not-found', `There is nothing at ${shown(untrusted)}`, {
      file: untrusted,
      remedy: 'Name a directory that holds SKILL.md, a .skill or a .tgz.',
    });
  }
  return { kind, path };
}

/** The bundle at a source, read once into memory. @throws HostError of `readBundleDir` and `readArchive`. */
export function readSource(source: LockedSource): RawBundle {
  if (source.kind === 'directory') return readBundleDir(source.path);
  const bytes = readWhole(source.path, MAX_ARCHIVE_BYTES, 'archive-too-large');
  if (bytes === undefined) {
    throw new HostError('not-found', `There is no archive at ${shown(source.path)}`, {
      file: source.path,
      remedy: 'Install the skill from where it is now.',
    });
  }
  try {
    const { name, entries } = readArchive(bytes);
    return rawBundle(name, entries, source.path);
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    throw new HostError(error.code, error.message, { ...error.details, file: source.path });
  }
}

function kindOf(path: string): LockedSource['kind'] | undefined {
  return asIo(path, () => {
    try {
      return statSync(path).isDirectory() ? 'directory' : 'archive';
    } catch (error) {
      const code = systemCode(error);
      if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
      throw error;
    }
  });
}
