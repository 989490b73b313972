import type { Json } from '../base/jcs.ts';
import type { Manifest, SkillName } from './skill.ts';
import { HostError } from '../base/error.ts';
import { shown } from '../base/shown.ts';
import { parseSkillMd } from './frontmatter.ts';
import { Field } from './manifest/field.ts';
import { parseIntegrity } from './manifest/integrity.ts';
import { parseLimits } from './manifest/limits.ts';
import { parsePermissions } from './manifest/permissions.ts';
import { parseTools } from './manifest/tools.ts';
import { parseSkillName } from './names.ts';
import { isSemver } from './semver.ts';
import { isYamlList, jsonOf } from './yaml.ts';

const MAX_WARNINGS = 32;
const TOP_KEYS = [
  'name',
  'description',
  'version',
  'license',
  'compatibility',
  'metadata',
  'allowed-tools',
  'disable-model-invocation',
  'user-invocable',
  'argument-hint',
  'tools',
  'parameters',
  'permissions',
  'limits',
  'integrity',
];

/**
 * The manifest that SKILL.md holds: the one door from its bytes to the type.
 * @throws HostError `manifest-invalid` with line and column or the key's path.
 */
export function parseManifest(untrusted: Uint8Array, directoryName: string): Manifest {
  const { frontmatter, body } = parseSkillMd(untrusted);
  const root = new Field(frontmatter.map, '');
  const name = parseName(root.at('name'), directoryName);
  const description = root.at('description').text(1, 1024);
  const version = parseVersion(root.at('version'));
  const license = root.at('license').optionalText(1024);
  const compatibility = root.at('compatibility').optionalText(1024);
  const argumentHint = parseArgumentHint(root.at('argument-hint'));
  const unknown: string[] = root.otherKeys(TOP_KEYS).map((key) => root.at(key).path);
  const warn = (key: string): void => void unknown.push(key);
  const modelInvocation = root.at('disable-model-invocation');
  const integrity = parseIntegrity(root.at('integrity'), frontmatter.doubleQuoted);
  return {
    name,
    description,
    ...(version === undefined ? {} : { version }),
    ...(license === undefined ? {} : { license }),
    ...(compatibility === undefined ? {} : { compatibility }),
    metadata: parseMetadata(root.at('metadata')),
    allowedTools: parseAllowedTools(root.at('allowed-tools')),
    modelInvocable: !modelInvocation.flag(true),
    modelInvocationStated: !modelInvocation.absent,
    userInvocable: root.at('user-invocable').flag(true),
    ...(argumentHint === undefined ? {} : { argumentHint }),
    tools: parseTools(root, name, description, warn),
    permissions: parsePermissions(root.at('permissions')),
    limits: parseLimits(root.at('limits'), warn),
    ...(integrity === undefined ? {} : { integrity }),
    body,
    warnings: warningsOf(unknown),
  };
}

function parseName(field: Field, directoryName: string): SkillName {
  const name = parseSkillName(directoryName);
  if (name === undefined) {
    throw new HostError(
      'manifest-invalid',
      `${shown(directoryName, 80)} is no name for a skill: it must match ^[a-z][a-z0-9-]{0,63}$`,
      {
        file: shown(directoryName, 80),
        remedy: 'Rename the directory: a skill is called what its directory is called.',
      },
    );
  }
  if (!field.absent && field.value !== name) {
    throw field.fail(`is not ${name}, the name of the directory`, 'Rename the directory, or correct or remove `name`.');
  }
  return name;
}

function parseVersion(field: Field): string | undefined {
  const version = field.optionalText(128);
  if (version !== undefined && !isSemver(version)) throw field.fail('must be a version such as 1.4.0 (semver.org)');
  return version;
}

function parseMetadata(field: Field): { readonly [key: string]: Json } {
  if (field.absent) return {};
  return Object.fromEntries(Array.from(field.map(), ([key, value]) => [key, jsonOf(value)]));
}

/** Agent Skills write a list or one line, separated by commas or blanks; `Bash(git log:*)` is one entry. */
function parseAllowedTools(field: Field): readonly string[] {
  if (field.absent || field.value === null) return [];
  if (isYamlList(field.value)) return field.items(256).map((item) => item.text(1, 256));
  return field.text(0, 4_096).match(/[^\s,(]+(?:\([^)]*\)?)?|\([^)]*\)?/g) ?? [];
}

/** `[file]` without quotes is a YAML list, and a usual way to write a hint. */
function parseArgumentHint(field: Field): string | undefined {
  if (!isYamlList(field.value)) return field.optionalText(256);
  return field
    .items(16)
    .map((item) => `[${item.text(1, 64)}]`)
    .join(' ');
}

function warningsOf(unknown: readonly string[]): readonly string[] {
  const warnings = unknown
    .slice(0, MAX_WARNINGS)
    .map((key) => `SKILL.md: the key \`${key}\` is not known and does nothing`);
  if (unknown.length > MAX_WARNINGS)
    warnings.push(`SKILL.md: ${unknown.length - MAX_WARNINGS} more keys are not known`);
  return warnings;
}
