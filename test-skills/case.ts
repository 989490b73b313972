import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const FilesSchema = z.strictObject({
  /** Path and content. */
  files: z.record(z.string(), z.string()).optional(),
  dirs: z.array(z.string()).optional(),
  /** Path and target; `{outside}` is the absolute path of the directory beside the workspace. */
  symlinks: z.record(z.string(), z.string()).optional(),
  fifos: z.array(z.string()).optional(),
  /** Path in the workspace, and name of the file outside that it is another name of. */
  hardLinks: z.record(z.string(), z.string()).optional(),
  /** Names in hex, for ones that are not UTF-8. */
  rawNames: z.array(z.string().regex(/^[0-9a-f]+$/)).optional(),
});

const KINDS = ['done', 'tool-failed', 'result-invalid', 'limit', 'trap', 'refused', 'crashed', 'error'] as const;

const ExpectSchema = z.strictObject({
  kind: z.enum(KINDS).optional(),
  /** Instead of `kind`: any of these. */
  kinds: z.array(z.enum(KINDS)).min(1).optional(),
  /** A refusal's code, or the tool's exit code. */
  code: z.union([z.string(), z.number()]).optional(),
  limit: z.string().optional(),
  /** The whole of it. */
  output: z.json().optional(),
  text: z.string().optional(),
  /** Length of the text. */
  textBytes: z.number().optional(),
  display: z.string().optional(),
  exitCode: z.number().optional(),
  messageContains: z.string().optional(),
  messageLacks: z.string().optional(),
  logContains: z.string().optional(),
  maxLogBytes: z.number().optional(),
  /** Progress events that arrive: exactly, or at most. */
  progress: z.number().optional(),
  maxProgress: z.number().optional(),
  /** Contents afterwards, or null for what must not be there. Files that are not named must be as they were. */
  workspaceAfter: z.record(z.string(), z.string().nullable()).optional(),
});

const CaseSchema = z.strictObject({
  /** The behaviour, in one sentence. */
  why: z.string().min(10),
  tool: z.string().default('run'),
  input: z.record(z.string(), z.json()).default({}),
  /** Absent: the skill gets no workspace. */
  workspace: FilesSchema.optional(),
  /** What the person gives; default: all that the manifest asks for. */
  grants: z.strictObject({ filesystemRead: z.array(z.string()), filesystemWrite: z.array(z.string()) }).optional(),
  /** The operator's. */
  ceilings: z
    .strictObject({
      memoryBytes: z.number().optional(),
      wallTimeMs: z.number().optional(),
      outputBytes: z.number().optional(),
    })
    .optional(),
  /** Another process swaps the directory `swap` of the workspace with a symlink to `with`, again and again. */
  race: z.strictObject({ swap: z.string(), with: z.string() }).optional(),
  /** Run twice in the same fixed world; both must answer the same. */
  deterministic: z.boolean().optional(),
  /** Further compiler flags. */
  flags: z.array(z.string()).optional(),
  /** How a core module becomes a component: embedded in the world `wirken:skill`, adapted from preview 1, or it is one already. */
  component: z.enum(['skill', 'command', 'raw']).optional(),
  expect: ExpectSchema,
});

export type CaseFiles = z.infer<typeof FilesSchema>;
export type CaseExpect = z.infer<typeof ExpectSchema>;

export interface Case extends z.infer<typeof CaseSchema> {
  readonly name: string;
  /** Absolute. */
  readonly dir: string;
  /** Absolute path of what it is built from. */
  readonly source: string;
}

const SOURCES = ['skill.c', 'skill.wat', 'module.mjs'];

/** The cases of one folder, by name. @throws Error for a case that is not as the schema says, naming it */
export function readCases(kind: 'benign' | 'hostile'): readonly Case[] {
  const folder = join(import.meta.dirname, kind);
  const names = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return names.map(({ name }) => readCase(join(folder, name), name)).sort((a, b) => (a.name < b.name ? -1 : 1));
}

function readCase(dir: string, name: string): Case {
  const untrusted: unknown = JSON.parse(readFileSync(join(dir, 'case.json'), 'utf8'));
  const parsed = CaseSchema.safeParse(untrusted);
  if (!parsed.success) throw new Error(`${dir}/case.json: ${z.prettifyError(parsed.error)}`);
  const sources = readdirSync(dir).filter((file) => SOURCES.includes(file));
  const [source] = sources;
  if (source === undefined || sources.length > 1) throw new Error(`${dir}: one of ${SOURCES.join(', ')} must be there`);
  return { ...parsed.data, name, dir, source: join(dir, source) };
}
