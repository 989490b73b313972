import { describe, expect, it } from 'vitest';
import { encodeUtf8 } from '../base/bytes.ts';
import type { HostError } from '../base/error.ts';
import { NOTHING } from '../policy/grants.ts';
import { parseManifest } from './manifest.ts';
import { skillMd } from './verify.fixture.ts';

const HEX = 'ab'.repeat(32);
const TOOL = 'tools: [{name: t, description: A tool, parameters: {type: object}';

function read(...lines: readonly string[]) {
  return parseManifest(encodeUtf8(skillMd(...lines)), 'demo');
}

function faultOf(act: () => unknown): { code?: string; message?: string; key?: unknown } {
  try {
    act();
    return {};
  } catch (error) {
    const { code, message, details } = error as HostError;
    return { code, message, key: details['key'] };
  }
}

describe('a manifest', () => {
  it('is its defaults, if it says nothing', () => {
    expect(read()).toEqual({
      name: 'demo',
      description: 'A skill of a test',
      metadata: {},
      allowedTools: [],
      modelInvocable: false,
      modelInvocationStated: false,
      userInvocable: true,
      tools: [],
      permissions: NOTHING,
      limits: { memoryBytes: 256 * 2 ** 20, timeMs: 10_000, outputBytes: 8 * 2 ** 20 },
      body: '# Body\n',
      warnings: [],
    });
  });

  it('is everything that the table knows', () => {
    const manifest = read(
      'name: demo',
      'version: 1.2.3-rc.1+b',
      'license: MIT',
      'compatibility: any',
      'metadata: {author: someone, since: 2026}',
      'allowed-tools: Bash(git log:*), Read Write',
      'disable-model-invocation: false',
      'user-invocable: false',
      'argument-hint: "[file]"',
      'tools:',
      '  - name: count',
      '    description: Counts',
      '    parameters: {type: object, properties: {path: {type: string}}}',
      '    output: {type: object, properties: {md: {type: string}}}',
      '    display: /md',
      '    exit-code: /a~1b/0',
      '    annotations: {read-only: true, idempotent: true}',
      'permissions:',
      '  filesystem: {read: ["src/**", "*.md"], write: [out/report.txt]}',
      '  network: {hosts: [example.org, "*.example.org:443"]}',
      '  secrets: [token]',
      '  tools: [web_search]',
      '  inference: [any]',
      '  env: [HOME]',
      'limits: {memory: 64MiB, time: 500ms, output: 64KiB}',
      `integrity: {"a": sha256:${HEX}, "b/c": sha256:${HEX}}`,
    );
    expect(manifest).toEqual({
      name: 'demo',
      description: 'A skill of a test',
      version: '1.2.3-rc.1+b',
      license: 'MIT',
      compatibility: 'any',
      metadata: { author: 'someone', since: 2026 },
      allowedTools: ['Bash(git log:*)', 'Read', 'Write'],
      modelInvocable: true,
      modelInvocationStated: true,
      userInvocable: false,
      argumentHint: '[file]',
      tools: [
        {
          name: 'count',
          description: 'Counts',
          parameters: { type: 'object', properties: { path: { type: 'string' } } },
          output: { type: 'object', properties: { md: { type: 'string' } } },
          display: '/md',
          exitCode: '/a~1b/0',
          readOnly: true,
          idempotent: true,
        },
      ],
      permissions: {
        filesystemRead: ['src/**', '*.md'],
        filesystemWrite: ['out/report.txt'],
        networkHosts: ['example.org', '*.example.org:443'],
        secrets: ['token'],
        tools: ['web_search'],
        inference: ['any'],
        env: ['HOME'],
      },
      limits: { memoryBytes: 64 * 2 ** 20, timeMs: 500, outputBytes: 64 * 1024 },
      integrity: new Map([
        ['a', HEX],
        ['b/c', HEX],
      ]),
      body: '# Body\n',
      warnings: [],
    });
  });

  it('has one tool of its own name by the shorthand', () => {
    expect(read('parameters: {type: object}').tools).toEqual([
      {
        name: 'demo',
        description: 'A skill of a test',
        parameters: { type: 'object' },
        readOnly: false,
        idempotent: false,
      },
    ]);
  });

  it('warns of keys that it does not know, safe to show', () => {
    const { warnings } = read('"zz\\u202e\\n": 1', `${TOOL}, cost: 1, annotations: {fast: true}}]`, 'limits: {cpu: 1}');
    expect(warnings).toEqual([
      'SKILL.md: the key `zz\\u{202e}\\x0a` is not known and does nothing',
      'SKILL.md: the key `tools[0].cost` is not known and does nothing',
      'SKILL.md: the key `tools[0].annotations.fast` is not known and does nothing',
      'SKILL.md: the key `limits.cpu` is not known and does nothing',
    ]);
  });

  it('warns of thousands of keys in few words', () => {
    const { warnings } = read(...Array.from({ length: 5_000 }, (_, i) => `x${i}: 1`));
    expect(warnings).toHaveLength(33);
    expect(warnings.at(-1)).toContain('4968 more');
  });

  it('counts characters, not halves of them', () => {
    const md = (text: string) => encodeUtf8(`---\ndescription: ${text}\n---\n`);
    expect(parseManifest(md('😀'.repeat(1024)), 'demo').description).toHaveLength(2048);
    expect(faultOf(() => parseManifest(md('😀'.repeat(1025)), 'demo'))).toMatchObject({ key: 'description' });
  });
});

describe('a manifest is refused with the path of the key', () => {
  it.for<[string, string, string]>([
    ['another name', 'name', 'name: other'],
    ['a name that looks the same', 'name', 'name: dеmo'],
    ['a name that is no text', 'name', 'name: [demo]'],
    ['a version that is a number', 'version', 'version: 1.0'],
    ['a version that is none', 'version', 'version: "1.0"'],
    ['a version with a leading zero', 'version', 'version: 1.02.3'],
    ['a license that is no text', 'license', 'license: {}'],
    ['metadata that is no map', 'metadata', 'metadata: x'],
    ['invocation that is a text', 'disable-model-invocation', 'disable-model-invocation: "false"'],
    ['invocation that is a number', 'user-invocable', 'user-invocable: 1'],
    ['tools that are no list', 'tools', 'tools: {}'],
    ['a tool that is a text', 'tools[0]', 'tools: [x]'],
    ['a tool without a name', 'tools[0].name', 'tools: [{description: x, parameters: {type: object}}]'],
    ['a tool by a bad name', 'tools[0].name', 'tools: [{name: T, description: x, parameters: {type: object}}]'],
    ['a tool without description', 'tools[0].description', 'tools: [{name: t, parameters: {type: object}}]'],
    ['a tool without parameters', 'tools[0].parameters', 'tools: [{name: t, description: x}]'],
    ['two tools of one name', 'tools', `${TOOL}}, {name: t, description: x, parameters: {type: object}}]`],
    [
      'parameters of another type',
      'tools[0].parameters',
      'tools: [{name: t, description: x, parameters: {type: string}}]',
    ],
    ['parameters without a type', 'tools[0].parameters', 'tools: [{name: t, description: x, parameters: {}}]'],
    ['both tools and the shorthand', 'parameters', `${TOOL}}]\nparameters: {type: object}`],
    ['a schema that refers elsewhere', 'parameters', 'parameters: {type: object, $ref: "https://example.org/x"}'],
    ['a schema that refers to nothing', 'parameters', 'parameters: {type: object, $ref: "#/$defs/x"}'],
    ['a schema of an unknown type', 'parameters', 'parameters: {type: object, properties: {a: {type: text}}}'],
    ['a pattern that is none', 'parameters', 'parameters: {type: object, properties: {a: {pattern: "("}}}'],
    ['an output that is no schema', 'tools[0].output', `${TOOL}, output: text}]`],
    ['a pointer without a slash', 'tools[0].display', `${TOOL}, output: {}, display: md}]`],
    ['a pointer with a bad escape', 'tools[0].exit-code', `${TOOL}, output: {}, exit-code: /a~2}]`],
    ['a pointer into no output', 'tools[0].display', `${TOOL}, display: /md}]`],
    ['an annotation that is a text', 'tools[0].annotations.read-only', `${TOOL}, annotations: {read-only: "yes"}}]`],
    ['permissions that are a list', 'permissions', 'permissions: [all]'],
    ['an unknown permission', 'permissions.camera', 'permissions: {camera: true}'],
    ['an unknown permission of files', 'permissions.filesystem.exec', 'permissions: {filesystem: {exec: ["**"]}}'],
    ['an unknown permission of the network', 'permissions.network.ports', 'permissions: {network: {ports: [1]}}'],
    ['a glob that is no list', 'permissions.filesystem.read', 'permissions: {filesystem: {read: "**"}}'],
    ['an absolute glob', 'permissions.filesystem.read[0]', 'permissions: {filesystem: {read: [/etc/passwd]}}'],
    ['a glob that leaves', 'permissions.filesystem.write[1]', 'permissions: {filesystem: {write: [a, ../b]}}'],
    ['a glob with braces', 'permissions.filesystem.read[0]', 'permissions: {filesystem: {read: ["*.{c,h}"]}}'],
    ['a host with a path', 'permissions.network.hosts[0]', 'permissions: {network: {hosts: ["example.org/x"]}}'],
    ['an environment variable with =', 'permissions.env[0]', 'permissions: {env: ["A=B"]}'],
    ['a limit without a unit', 'limits.memory', 'limits: {memory: 256}'],
    ['a limit in another unit', 'limits.memory', 'limits: {memory: 256MB}'],
    ['a time in another unit', 'limits.time', 'limits: {time: 10h}'],
    ['a limit of nothing', 'limits.output', 'limits: {output: 0MiB}'],
    ['a negative limit', 'limits.time', 'limits: {time: -1s}'],
    ['integrity that is a list', 'integrity', 'integrity: []'],
    ['integrity without quotes', 'integrity', `integrity: {a: sha256:${HEX}}`],
    ['integrity in single quotes', 'integrity', `integrity: {'a': sha256:${HEX}}`],
    ['integrity that leaves', 'integrity.../x', `integrity: {"../x": sha256:${HEX}}`],
    ['an absolute path', 'integrity./x', `integrity: {"/x": sha256:${HEX}}`],
    ['a path with an empty segment', 'integrity.a//b', `integrity: {"a//b": sha256:${HEX}}`],
    ['a path with a dot at its end', 'integrity.a./b', `integrity: {"a./b": sha256:${HEX}}`],
    ['integrity of SKILL.md itself', 'integrity.SKILL.md', `integrity: {"SKILL.md": sha256:${HEX}}`],
    ['integrity of a signature in lower case', 'integrity.skill.sig', `integrity: {"skill.sig": sha256:${HEX}}`],
    ['integrity out of order', 'integrity.a', `integrity: {"b": sha256:${HEX}, "a": sha256:${HEX}}`],
    ['paths that differ in case', 'integrity.a', `integrity: {"A": sha256:${HEX}, "a": sha256:${HEX}}`],
    ['another hash', 'integrity.a', `integrity: {"a": sha512:${HEX}}`],
    ['a digest in capitals', 'integrity.a', `integrity: {"a": sha256:${HEX.toUpperCase()}}`],
    ['a short digest', 'integrity.a', 'integrity: {"a": sha256:ab}'],
    ['a digest that is null', 'integrity.a', 'integrity: {"a": }'],
  ])('%s: %s', ([, key, line]) => {
    expect(faultOf(() => read(line))).toMatchObject({
      code: 'manifest-invalid',
      key,
      message: expect.stringContaining(key),
    });
  });

  it.for(['', 'a'.repeat(1025)])('a description of %j', (text) => {
    expect(faultOf(() => parseManifest(encodeUtf8(`---\ndescription: "${text}"\n---\n`), 'demo'))).toMatchObject({
      key: 'description',
    });
  });

  it.for(['', 'Demo', '1demo', 'de_mo', '-demo', 'dеmo', 'a'.repeat(65), '__proto__', 'demo\n'])(
    'the directory %j',
    (name) => {
      expect(faultOf(() => parseManifest(encodeUtf8(skillMd()), name))).toMatchObject({ code: 'manifest-invalid' });
    },
  );
});
