import type { RawBundle } from '../bundle.ts';
import type { Finding } from './finding.ts';
import type { JsonSchema, Manifest, Tool } from '../skill.ts';
import { isNothing, listed } from '../../policy/grants.ts';
import { shown } from '../../base/shown.ts';
import { digestFiles } from '../digest.ts';
import { parseBundlePath, PATHS, SIGNATURE_FILES } from '../names.ts';

const MIN_DESCRIPTION_CHARS = 20;
const LINK = /\]\(([^()\s#]{1,512})(?:#[^()\s]*)?\)/g;

/** What can be said about a manifest that parses. */
export function lintManifest(manifest: Manifest, raw: RawBundle): readonly Finding[] {
  return [
    ...manifest.warnings.map((message) => error('unknown-key', message)),
    ...lintWords(manifest),
    ...lintReach(manifest, raw),
    ...manifest.tools.flatMap((tool) => [...lintTool(tool)]),
    ...lintPermissions(manifest, raw),
    ...lintLinks(manifest, raw),
    ...lintSignature(manifest, raw),
  ];
}

function* lintWords({ name, description, version }: Manifest): Generator<Finding> {
  if (version === undefined) yield warning('version-missing', 'There is no `version`: `pack` and registries need one');
  if (shown(description, description.length) !== description) {
    yield error('description-unsafe', '`description` holds line breaks or characters that cannot be seen');
  }
  if (description.trim() !== description)
    yield warning('description-blank', '`description` begins or ends with a blank');
  if (description.length < MIN_DESCRIPTION_CHARS || description.toLowerCase() === name) {
    yield warning(
      'description-short',
      '`description` says too little: what does the skill do, and when is it the right one?',
    );
  }
}

function* lintReach({ tools, body, modelInvocable, userInvocable }: Manifest, raw: RawBundle): Generator<Finding> {
  const hasModule = raw.files.has(PATHS.wasm);
  if (tools.length > 0 && !hasModule) yield error('module-missing', 'There are tools, but no skill.wasm to run them');
  if (tools.length === 0 && hasModule) yield error('tools-missing', 'There is a skill.wasm, but no tool that calls it');
  if (tools.length === 0 && body.trim() === '') yield error('empty', 'There are neither instructions nor tools');
  if (!modelInvocable && !userInvocable) {
    yield warning(
      'unreachable',
      'Neither a person nor a model can call it: `user-invocable` is false and so is model invocation',
    );
  }
}

function* lintTool(tool: Tool): Generator<Finding> {
  const where = `The tool ${tool.name}`;
  if (tool.description.length < MIN_DESCRIPTION_CHARS)
    yield warning('description-short', `${where} is hardly described`);
  const parameters = propertiesOf(tool.parameters);
  for (const required of requiredOf(tool.parameters)) {
    if (parameters !== undefined && !Object.hasOwn(parameters, required)) {
      yield error('parameter-unknown', `${where} requires ${shown(required, 64)}, which it does not declare`);
    }
  }
  for (const [name, schema] of Object.entries(parameters ?? {})) {
    if (isSchema(schema) && !Object.hasOwn(schema, 'description')) {
      yield warning('parameter-undescribed', `${where}: the parameter ${shown(name, 64)} has no description`);
    }
  }
  const outputs = tool.output === undefined ? undefined : propertiesOf(tool.output);
  for (const pointer of [tool.display, tool.exitCode]) {
    const member = pointer?.split('/')[1]?.replaceAll('~1', '/').replaceAll('~0', '~');
    if (member !== undefined && outputs !== undefined && !Object.hasOwn(outputs, member)) {
      yield error(
        'pointer-unknown',
        `${where}: ${shown(pointer ?? '', 80)} points to nothing that the output declares`,
      );
    }
  }
}

function* lintPermissions({ permissions }: Manifest, raw: RawBundle): Generator<Finding> {
  if (!isNothing(permissions) && !raw.files.has(PATHS.wasm)) {
    yield warning('permission-unused', 'It asks for permissions, but there is no skill.wasm that could use them');
  }
  if (permissions.filesystemWrite.some((glob) => glob === '**' || glob === '**/*')) {
    yield warning('permission-broad', 'It asks to write the whole workspace: name the folders that it needs');
  }
  const later = listed({ ...permissions, filesystemRead: [], filesystemWrite: [] });
  if (later.length > 0)
    yield warning('capability-unavailable', `This host cannot give yet: ${shown(later.join('; '), 400)}`);
}

/** Links of the text to files that the bundle does not have. */
function* lintLinks({ body }: Manifest, raw: RawBundle): Generator<Finding> {
  const targets = new Set(Array.from(body.matchAll(LINK), ([, target]) => target ?? ''));
  for (const target of targets) {
    const path = parseBundlePath(target.replace(/^\.\//, ''));
    if (/^[a-z][a-z0-9+.-]*:/i.test(target) || path === undefined || raw.files.has(path)) continue;
    yield warning('link-broken', `The text links to ${shown(target, 120)}, which is not there`);
  }
}

function* lintSignature({ integrity }: Manifest, raw: RawBundle): Generator<Finding> {
  if (!raw.files.has(PATHS.sig)) return;
  const digests = digestFiles(new Map([...raw.files].filter(([path]) => !SIGNATURE_FILES.includes(path))));
  const same =
    digests.size === (integrity?.size ?? 0) && [...digests].every(([path, digest]) => integrity?.get(path) === digest);
  if (!same) yield warning('signature-stale', 'Files changed since it was signed: run `wirken skill sign` again');
}

function propertiesOf(schema: JsonSchema): JsonSchema | undefined {
  const properties = schema['properties'];
  return isSchema(properties) ? properties : undefined;
}

function requiredOf(schema: JsonSchema): readonly string[] {
  const required: unknown = schema['required'];
  return Array.isArray(required) ? required.filter((name) => typeof name === 'string') : [];
}

function isSchema(value: JsonSchema[string] | undefined): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function error(rule: string, message: string): Finding {
  return { severity: 'error', rule, file: PATHS.skillMd, message };
}

function warning(rule: string, message: string): Finding {
  return { severity: 'warning', rule, file: PATHS.skillMd, message };
}
