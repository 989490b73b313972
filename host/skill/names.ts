import type { BundlePath, Digest, SkillName, ToolName } from './skill.ts';

const SKILL_NAME = /^[a-z][a-z0-9-]{0,63}$/;
const TOOL_NAME = /^[a-z][a-z0-9_-]{0,63}$/;
const DIGEST = /^[0-9a-f]{64}$/;
const SEGMENT = /^[A-Za-z0-9._@+-]{0,127}[A-Za-z0-9_@+-]$/;

/** Directories in a bundle path, and the file. */
export const MAX_PATH_SEGMENTS = 32;

/** The name of a skill, or `undefined`. */
export function parseSkillName(untrusted: string): SkillName | undefined {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the one parser of this brand
  return SKILL_NAME.test(untrusted) ? (untrusted as SkillName) : undefined;
}

/** The name of a tool, or `undefined`. */
export function parseToolName(untrusted: string): ToolName | undefined {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the one parser of this brand
  return TOOL_NAME.test(untrusted) ? (untrusted as ToolName) : undefined;
}

/** Lowercase hex of a SHA-256, or `undefined`. */
export function parseDigest(untrusted: string): Digest | undefined {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the one parser of this brand
  return DIGEST.test(untrusted) ? (untrusted as Digest) : undefined;
}

/** One name inside a bundle: `[A-Za-z0-9._@+-]{1,128}` without a dot at its end, so neither `.` nor `..`. */
export function isBundleSegment(untrusted: string): boolean {
  return SEGMENT.test(untrusted);
}

/** A path inside a bundle, or `undefined`. */
export function parseBundlePath(untrusted: string): BundlePath | undefined {
  const segments = untrusted.split('/', MAX_PATH_SEGMENTS + 1);
  if (segments.length > MAX_PATH_SEGMENTS || !segments.every(isBundleSegment)) return undefined;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the one parser of this brand
  return untrusted as BundlePath;
}

/** The same name for every spelling that a file system without case could take for it. */
export function foldCase(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/** The files that have a meaning of their own. */
export const PATHS = {
  skillMd: known('SKILL.md'),
  sig: known('SKILL.sig'),
  pub: known('SKILL.pub'),
  deleg: known('SKILL.deleg'),
  wasm: known('skill.wasm'),
} as const;

/** The files of a bundle that `integrity` does not list. */
export const SIGNATURE_FILES: readonly BundlePath[] = [PATHS.skillMd, PATHS.sig, PATHS.pub, PATHS.deleg];

const FOLDED_SIGNATURE_FILES: ReadonlySet<string> = new Set(SIGNATURE_FILES.map(foldCase));

/** Whether a path is one of those four, in whatever case. */
export function isSignatureFile(path: string): boolean {
  return FOLDED_SIGNATURE_FILES.has(foldCase(path));
}

function known(path: string): BundlePath {
  const parsed = parseBundlePath(path);
  if (parsed === undefined) throw new TypeError(`${path} is no bundle path`);
  return parsed;
}
