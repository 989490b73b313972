import type { JsonSchema } from '../../skill/skill.ts';

/** The parameter `path` of every tool. */
export const PATH = {
  type: 'string',
  minLength: 1,
  description: 'A path inside the workspace, relative to it, `/`-separated; `.` is the workspace itself.',
} as const satisfies JsonSchema;

export const GLOB = {
  type: 'string',
  minLength: 1,
  description:
    'Only names that match: `*` and `?` within a name, `**` for whole directories. Without a `/` it is matched against the name alone, `*.ts` for instance; with one against the path beneath `path`. A leading dot must be written.',
} as const satisfies JsonSchema;
