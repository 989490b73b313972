import type { JsonSchema } from '../../skill/skill.ts';

const LINES = { type: 'array', items: { type: 'string' } } as const;
const COUNT = { type: 'integer', minimum: 0 } as const;

/** What `search_files` answers. */
export const SEARCH_OUTPUT: JsonSchema = {
  type: 'object',
  properties: {
    path: { type: 'string' },
    matches: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          path: { type: 'string', description: 'From the workspace on.' },
          line: { type: 'integer', minimum: 1 },
          text: { type: 'string', description: 'The line; of a long one the part around the match.' },
          before: LINES,
          after: LINES,
        },
        required: ['path', 'line', 'text'],
        additionalProperties: false,
      },
    },
    files_searched: COUNT,
    skipped: {
      type: 'object',
      description: 'What was not searched, and lines on which the pattern took too much work.',
      properties: { binary: COUNT, too_large: COUNT, unreadable: COUNT, lines: COUNT },
      required: ['binary', 'too_large', 'unreadable', 'lines'],
      additionalProperties: false,
    },
    not_entered: { ...LINES, description: 'Directories that were passed by; the first 20.' },
    stopped: { enum: ['matches', 'files', 'bytes', 'work'], description: 'Why there is a next.' },
    next: {
      type: 'object',
      description: 'Present if there may be more: the arguments that go on.',
      properties: { after_path: { type: 'string' }, after_line: COUNT },
      required: ['after_path'],
      additionalProperties: false,
    },
  },
  required: ['path', 'matches', 'files_searched', 'skipped', 'not_entered'],
  additionalProperties: false,
};
