import { PERMISSION_KEYS } from '../policy/grants.ts';
import type { JsonSchema } from './skill.ts';
import { GRANTED_BY, LOCK_VERSION } from './lock.ts';

const TEXT = { type: 'string', minLength: 1, maxLength: 4096 } as const;
const SHA256 = { type: 'string', pattern: '^[0-9a-f]{64}$', description: 'SHA-256, lowercase hex' } as const;
const KEY = { type: 'string', pattern: '^[0-9a-f]{64}$', description: 'Ed25519 public key, lowercase hex' } as const;
const TIME = { type: 'string', pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z$' } as const;

/** The JSON Schema of `skills.lock.json`; `docs/skills.lock.schema.json` is this, and a test holds it against `parseLock`. */
export const LOCK_SCHEMA: JsonSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'skills.lock.json',
  description:
    'The skills that are installed in a data directory of wirken, pinned by digest, and what each was granted.',
  ...object({
    version: { const: LOCK_VERSION },
    skills: {
      type: 'object',
      propertyNames: { pattern: '^[a-z][a-z0-9-]{0,63}$' },
      additionalProperties: { $ref: '#/$defs/skill' },
    },
  }),
  $defs: {
    skill: object(
      {
        version: { ...TEXT, description: 'semver, as in the manifest' },
        digest: { ...SHA256, description: 'The bundle digest: names the directory in the store' },
        form: { enum: ['A', 'B'], description: 'How the bundle digest was formed' },
        key: { ...KEY, description: 'The signer' },
        publisher: { ...TEXT, description: 'Of a version 2 delegation, otherwise the key of the signer' },
        trust: {
          oneOf: [object({ kind: { const: 'root-delegated' }, root: KEY }), object({ kind: { const: 'self-signed' } })],
        },
        source: {
          ...object({ kind: { enum: ['directory', 'archive'] }, path: TEXT }),
          description: 'Where it was installed from; an update reads it again',
        },
        derived: {
          ...object({
            by: { ...TEXT, description: 'The program and version that made the files' },
            files: { type: 'object', additionalProperties: SHA256 },
          }),
          description: 'What was made from the bundle at install',
        },
        grants: object({
          asked: { $ref: '#/$defs/permissions' },
          given: { $ref: '#/$defs/permissions' },
          at: TIME,
          by: { enum: [...GRANTED_BY] },
        }),
        installedAt: TIME,
      },
      ['version', 'derived'],
    ),
    permissions: {
      type: 'object',
      properties: Object.fromEntries(
        Object.values(PERMISSION_KEYS).map((key) => [key, { type: 'array', items: TEXT }]),
      ),
      additionalProperties: false,
    },
  },
};

function object(properties: JsonSchema, optional: readonly string[] = []): JsonSchema {
  return {
    type: 'object',
    properties,
    required: Object.keys(properties).filter((key) => !optional.includes(key)),
    additionalProperties: false,
  };
}
