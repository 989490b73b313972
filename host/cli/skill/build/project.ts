import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { HostError } from '../../../base/error.ts';
import { shown } from '../../../base/shown.ts';

export const PROJECT_FILE = 'skill.json';

const path = z
  .string()
  .max(1024)
  .refine((text) => !text.startsWith('/') && !text.split('/').includes('..'), 'must lie within the skill');

/** Definitions, optimisation, warnings, machine and standard. Others load plugins, name linkers or write elsewhere. */
const FLAG =
  /^-(?:D[A-Za-z_]\w*(?:=.*)?|U[A-Za-z_]\w*|O[0-3sz]|std=[\w+]+|W[\w-]+(?:=\w+)?|m(?!llvm)[\w-]+(?:=[\w-]+)?)$/;

const ProjectSchema = z.strictObject({
  build: z.discriminatedUnion('language', [
    z.strictObject({
      language: z.literal('c'),
      sources: z.array(path).min(1).max(1000),
      /** Further compiler flags, behind the usual ones. */
      flags: z.array(z.string().max(1024).regex(FLAG, 'is no flag that a skill may name')).max(100).default([]),
    }),
    z.strictObject({ language: z.enum(['javascript', 'rust', 'assemblyscript', 'wat']), entry: path }),
  ]),
});

export type BuildSpec = z.infer<typeof ProjectSchema>['build'];
export type CSpec = Extract<BuildSpec, { readonly language: 'c' }>;
/** What is built from one file and what that file names. */
export type EntrySpec = Exclude<BuildSpec, CSpec>;
export type Language = BuildSpec['language'];

/** Without a skill.json: what is built from which file, the first that is there. */
const BY_FILE = [
  ['src/skill.ts', 'javascript'],
  ['src/skill.js', 'javascript'],
  ['src/skill.c', 'c'],
  ['src/skill.rs', 'rust'],
  ['src/skill.wat', 'wat'],
] as const;

/**
 * How a skill is built: as its `skill.json` says, otherwise by the files that are there.
 * @throws HostError `manifest-invalid` for a skill.json that is none, `not-found` if there is nothing to build
 */
export function readProject(dir: string): BuildSpec {
  const file = join(dir, PROJECT_FILE);
  if (existsSync(file)) return parseProject(readFileSync(file, 'utf8'), file);
  const found = BY_FILE.find(([source]) => existsSync(join(dir, source)));
  if (found === undefined) {
    throw new HostError('not-found', `there is nothing to build in ${shown(dir, 400)}`, {
      file: dir,
      remedy: `Add a ${PROJECT_FILE} (docs/authoring.md), or one of ${BY_FILE.map(([source]) => source).join(', ')}.`,
    });
  }
  const [source, language] = found;
  return language === 'c' ? { language, sources: [source], flags: [] } : { language, entry: source };
}

function parseProject(text: string, file: string): BuildSpec {
  const fail = (message: string): HostError =>
    new HostError('manifest-invalid', `${PROJECT_FILE}: ${message}`, {
      file,
      remedy: 'docs/authoring.md says what it may hold.',
    });
  let untrusted: unknown;
  try {
    untrusted = JSON.parse(text);
  } catch {
    throw fail('it is not JSON');
  }
  const parsed = ProjectSchema.safeParse(untrusted);
  if (parsed.success) return parsed.data.build;
  throw fail(parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; '));
}
