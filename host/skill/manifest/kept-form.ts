import { isDeepStrictEqual } from 'node:util';
import type { Json } from '../../base/jcs.ts';
import { NOTHING, type Permissions } from '../../policy/grants.ts';
import { parseBundlePath, parseDigest, parseSkillName, parseToolName } from '../names.ts';
import type { BundlePath, Digest, JsonSchema, LimitAsks, Manifest, Tool } from '../skill.ts';

/** A name that means something else in a literal than in `JSON.parse`; no manifest has such a key, and a text that says it is not kept. */
const PROTOTYPE = '__proto__';

type JsonObject = { readonly [key: string]: Json };

/** The manifest as one line of JSON, or `undefined` if JSON cannot say all of it: -0, for instance. */
export function encodeManifest(manifest: Manifest): string | undefined {
  const { integrity, ...rest } = manifest;
  const text = JSON.stringify(integrity === undefined ? rest : { ...rest, integrity: [...integrity] });
  return isDeepStrictEqual(decodeManifest(text), manifest) ? text : undefined;
}

/**
 * What `encodeManifest` wrote, or `undefined` for anything else. Every value has the type that the parser gives it, names, paths and
 * digests come from their own parsers, and no key is there that a manifest does not have.
 */
export function decodeManifest(untrusted: string): Manifest | undefined {
  try {
    return untrusted.includes(PROTOTYPE) ? undefined : manifest(object(parse(untrusted)));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof Unlike) return undefined;
    throw error;
  }
}

/** Not what was written here. */
class Unlike extends Error {}

function manifest(from: JsonObject): Manifest {
  const { name, description, version, license, compatibility, metadata, allowedTools, argumentHint, ...others } = from;
  const { modelInvocable, modelInvocationStated, userInvocable, ...parts } = others;
  const { tools, permissions: asks, limits: most, integrity: listed, body, warnings, ...more } = parts;
  none(more);
  return {
    name: known(parseSkillName(text(name))),
    description: text(description),
    ...(version === undefined ? {} : { version: text(version) }),
    ...(license === undefined ? {} : { license: text(license) }),
    ...(compatibility === undefined ? {} : { compatibility: text(compatibility) }),
    metadata: object(metadata),
    allowedTools: texts(allowedTools),
    modelInvocable: flag(modelInvocable),
    modelInvocationStated: flag(modelInvocationStated),
    userInvocable: flag(userInvocable),
    ...(argumentHint === undefined ? {} : { argumentHint: text(argumentHint) }),
    tools: list(tools).map((item) => tool(object(item))),
    permissions: permissions(object(asks)),
    limits: limits(object(most)),
    ...(listed === undefined ? {} : { integrity: integrity(listed) }),
    body: text(body),
    warnings: texts(warnings),
  };
}

function tool({ name, description, parameters, output, display, exitCode, ...rest }: JsonObject): Tool {
  const { readOnly, idempotent, ...more } = rest;
  none(more);
  return {
    name: known(parseToolName(text(name))),
    description: text(description),
    parameters: schema(parameters),
    ...(output === undefined ? {} : { output: schema(output) }),
    ...(display === undefined ? {} : { display: text(display) }),
    ...(exitCode === undefined ? {} : { exitCode: text(exitCode) }),
    readOnly: flag(readOnly),
    idempotent: flag(idempotent),
  };
}

function permissions(from: JsonObject): Permissions {
  const { filesystemRead, filesystemWrite, networkHosts, secrets, tools, inference, env, ...more } = from;
  none(more);
  const asked = {
    filesystemRead: texts(filesystemRead),
    filesystemWrite: texts(filesystemWrite),
    networkHosts: texts(networkHosts),
    secrets: texts(secrets),
    tools: texts(tools),
    inference: texts(inference),
    env: texts(env),
  };
  return Object.values(asked).every((list) => list.length === 0) ? NOTHING : asked;
}

function limits({ memoryBytes, timeMs, outputBytes, ...more }: JsonObject): LimitAsks {
  none(more);
  return { memoryBytes: amount(memoryBytes), timeMs: amount(timeMs), outputBytes: amount(outputBytes) };
}

function integrity(from: Json): ReadonlyMap<BundlePath, Digest> {
  return new Map(
    list(from).map((item): [BundlePath, Digest] => {
      const [path, digest, ...more] = list(item);
      if (more.length > 0) throw new Unlike();
      return [known(parseBundlePath(text(path))), known(parseDigest(text(digest)))];
    }),
  );
}

function parse(untrusted: string): Json {
  const value: unknown = JSON.parse(untrusted);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- JSON.parse makes nothing else
  return value as Json;
}

function schema(value: Json | undefined): JsonSchema {
  return object(value);
}

function object(value: Json | undefined): JsonObject {
  if (value === undefined || value === null || typeof value !== 'object' || isList(value)) throw new Unlike();
  return value;
}

function list(value: Json | undefined): readonly Json[] {
  if (value === undefined || !isList(value)) throw new Unlike();
  return value;
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function texts(value: Json | undefined): readonly string[] {
  return list(value).map(text);
}

function text(value: Json | undefined): string {
  if (typeof value !== 'string') throw new Unlike();
  return value;
}

function flag(value: Json | undefined): boolean {
  if (typeof value !== 'boolean') throw new Unlike();
  return value;
}

function amount(value: Json | undefined): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value <= 0) throw new Unlike();
  return value;
}

function known<T>(parsed: T | undefined): T {
  if (parsed === undefined) throw new Unlike();
  return parsed;
}

function none(more: JsonObject): void {
  if (Object.keys(more).length > 0) throw new Unlike();
}
