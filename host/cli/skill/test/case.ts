import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { HostError } from '../../../base/error.ts';
import { shown } from '../../../base/shown.ts';
import { jsonOf, parseYaml } from '../../../skill/yaml.ts';

export const TESTS_DIR = 'tests';
const MAX_FILE_BYTES = 4 * 1024 * 1024;
const MAX_CASES = 10_000;

const path = z
  .string()
  .max(4096)
  .refine(
    (text) => text !== '' && text.split('/').every((segment) => !['', '.', '..'].includes(segment)),
    'must be a path within the workspace',
  );

/** A text, or bytes that are none. */
const content = z.union([z.string(), z.strictObject({ base64: z.base64() })]);

const ExpectSchema = z.strictObject({
  /** The whole of it. */
  output: z.json().optional(),
  /** Members of the output that must be there as they stand here; others may be as they are. */
  contains: z.json().optional(),
  text: z.string().optional(),
  matches: z.string().optional(),
  display: z.string().optional(),
  /** The exit code: of a result that has one, or of the tool's own error. */
  exit: z.int().min(0).max(255).optional(),
  /** A part of the message of a tool's error, a refusal, a limit or a trap. */
  message: z.string().optional(),
  /** A part of the log. */
  log: z.string().optional(),
  /** The code of a refusal: the call never ran, or what it answered was not taken. */
  refused: z.string().optional(),
  /** The limit that ended it. */
  limit: z.string().optional(),
  trap: z.boolean().optional(),
  /** How many progress events came. */
  progress: z.int().min(0).optional(),
  /** Files afterwards, null for one that is gone. What is not named must be as it was. */
  files: z.record(path, content.nullable()).optional(),
});

const CaseSchema = z.strictObject({
  name: z.string().min(1).max(200),
  tool: z.string(),
  input: z.record(z.string(), z.json()).default({}),
  /** What the workspace holds. */
  files: z.record(path, content).default({}),
  /** Tighter limits than the skill asks for. */
  limits: z
    .strictObject({ time_ms: z.int().min(1), memory_bytes: z.int().min(1), output_bytes: z.int().min(0) })
    .partial()
    .default({}),
  expect: ExpectSchema,
});

const FileSchema = z.strictObject({ cases: z.array(CaseSchema).max(MAX_CASES) });

export type Content = z.infer<typeof content>;
export type Expect = z.infer<typeof ExpectSchema>;
export interface Case extends z.infer<typeof CaseSchema> {
  /** Relative to the skill. */
  readonly file: string;
}

/**
 * The cases of a skill, file by file.
 * @throws HostError `not-found` if there are none, `manifest-invalid` with the file for one that is not as it should be
 */
export function readCases(dir: string): readonly Case[] {
  const folder = join(dir, TESTS_DIR);
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => /\.(?:ya?ml|json)$/.test(name)) : [];
  const cases = names.sort().flatMap((name) => readCaseFile(join(folder, name), `${TESTS_DIR}/${name}`));
  if (cases.length > 0) return cases;
  throw new HostError('not-found', `there are no cases in ${shown(TESTS_DIR)}/`, {
    file: folder,
    remedy: 'Write some: docs/authoring.md shows how, `wirken skill new` makes a first file.',
  });
}

function readCaseFile(path: string, file: string): readonly Case[] {
  if (statSync(path).size > MAX_FILE_BYTES) throw invalid(file, 'is larger than 4 MiB');
  let untrusted: unknown;
  try {
    // YAML reads JSON as well.
    untrusted = jsonOf(parseYaml(readFileSync(path, 'utf8')).map);
  } catch (error) {
    if (error instanceof HostError) throw invalid(file, error.message);
    throw error;
  }
  const parsed = FileSchema.safeParse(untrusted);
  if (parsed.success) return parsed.data.cases.map((one) => ({ ...one, file }));
  const [issue] = parsed.error.issues;
  throw invalid(file, `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'is not as it should be'}`);
}

function invalid(file: string, what: string): HostError {
  return new HostError('manifest-invalid', `${shown(file)} ${shown(what, 400)}`, {
    file,
    remedy: 'docs/authoring.md says what a case may hold.',
  });
}
