import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { HostError } from '../../base/error.ts';
import { DEFAULT_LIMITS } from '../limits.ts';
import { buildCommand, buildSkill, buildText } from './fixtures/build.ts';
import { prepareComponent } from './prepare.ts';
import { scanImports } from './scan.ts';
import { transpileComponent, transpilerVersion } from './transpile.ts';
import { decodeTranspiled, digestOf, encodeTranspiled, type TranspiledComponent } from './transpiled.ts';

const limits = DEFAULT_LIMITS;
const { signal } = new AbortController();

let command: Uint8Array;
let transpiled: TranspiledComponent;

beforeAll(async () => {
  command = await buildCommand();
  transpiled = await transpileComponent(command, { limits, signal });
});

describe('transpileComponent', () => {
  it('tells what the component imports and exports', () => {
    expect(transpiled.jcoVersion).toBe(transpilerVersion());
    expect(transpiled.imports).toContain('wasi:filesystem/types@0.2.12');
    expect(transpiled.exports).toContain('wasi:cli/run@0.2.12');
    expect([...transpiled.instances.values()]).toEqual([1, 1, 1, 1]);
  });

  it('gives the same bytes for the same component', async () => {
    const again = await transpileComponent(command, { limits, signal });
    expect(digestOf(encodeTranspiled(again))).toBe(digestOf(encodeTranspiled(transpiled)));
  });

  it('needs no WASI at all', async () => {
    const skill = await transpileComponent(await buildSkill(), { limits, signal });
    expect(skill.imports).toEqual([]);
    expect(prepareComponent(skill, limits).meta).toMatchObject({ world: 'skill', exportName: 'call' });
  });

  it.for<[string, string, string, RegExp]>([
    [
      'wasi:http',
      '(component (import "wasi:http/types@0.2.0" (instance)))',
      'import-unknown',
      /wasi:http\/types@0\.2\.0/,
    ],
    ['0.3', '(component (import "wasi:cli/exit@0.3.0" (instance)))', 'import-unknown', /exit@0\.3\.0/],
    ['a pre-release', '(component (import "wasi:cli/exit@0.2.0-rc-1" (instance)))', 'import-unknown', /0\.2\.0-rc-1/],
    ['no version', '(component (import "wasi:cli/exit" (instance)))', 'import-unknown', /wasi:cli\/exit,/],
    ['another package', '(component (import "my:own/thing@0.2.0" (instance)))', 'import-unknown', /my:own/],
    ['a function', '(component (import "wasi:cli/exit@0.2.0" (func)))', 'import-unknown', /wasi:cli\/exit/],
    ['a plain function', '(component (import "launch" (func)))', 'import-unknown', /launch/],
    ['a module', '(component (import "core" (core module)))', 'import-unknown', /core/],
    ['a component', '(component (import "other" (component)))', 'import-unknown', /other/],
    ['a resource', '(component (import "thing" (type (sub resource))))', 'import-unknown', /thing/],
    [
      'shared memory inside',
      '(component (core module $m (memory 1 2 shared)) (core instance (instantiate $m)))',
      'unsupported',
      /threads/,
    ],
    [
      'too much memory inside',
      '(component (core module $m (memory 4097)) (core instance (instantiate $m)))',
      'limit-exceeded',
      /memory/,
    ],
  ])('refuses %s', async ([, text, code, message]) => {
    const refused = await transpileComponent(await buildText(text), { limits, signal }).catch(
      (error: unknown) => error,
    );
    expect(refused).toBeInstanceOf(HostError);
    expect(refused).toMatchObject({ code, message: expect.stringMatching(message) as string });
  });

  it.for<[string, (bytes: Uint8Array) => Uint8Array, string]>([
    ['a core module', () => Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0), 'component-invalid'],
    ['nothing', () => new Uint8Array(), 'component-invalid'],
    ['half of one', (bytes) => bytes.subarray(0, bytes.length / 2), 'component-invalid'],
    ['a damaged one', (bytes) => bytes.map((byte, at) => (at > 2000 && at < 2100 ? 0xff : byte)), 'component-invalid'],
    ['a large one', () => new Uint8Array(limits.moduleBytes + 1), 'module-too-large'],
  ])('refuses %s', async ([, damage, code]) => {
    await expect(transpileComponent(damage(command), { limits, signal })).rejects.toMatchObject({ code });
  });

  it.for<[string, string]>([
    ['a quote', "r'];globalThis.pwned=1;exports0['r"],
    ['a template', 'r${globalThis.pwned=1}'],
    ['a backtick', 'r`'],
    ['a backslash', 'r\\\\'],
    ['a line break', 'r\\0a'],
    ['a line separator', 'r\\u{2028}'],
    ['the end of a comment', 'r*/'],
  ])('refuses core names with %s, which would run as code', async ([, name]) => {
    for (const where of ['export', 'import']) {
      const [exported, imported] = where === 'export' ? [name, 'f'] : ['f', name];
      const source = `(component
        (core module $a (func (export "${imported}") (result i32) (i32.const 0)))
        (core module $b (import "${imported}" "${imported}" (func $f (result i32))) (export "${exported}" (func $f)))
        (core instance $a (instantiate $a))
        (core instance $b (instantiate $b (with "${imported}" (instance $a))))
        (func $run (result (result)) (canon lift (core func $b "${exported}")))
        (instance $exported (export "run" (func $run)))
        (export "wasi:cli/run@0.2.3" (instance $exported)))`;
      const refused = transpileComponent(await buildText(source), { limits, signal });
      await expect(refused).rejects.toMatchObject({
        code: 'component-invalid',
        message: expect.stringContaining('could act as code') as string,
      });
    }
  });

  it('refuses what is no program', async () => {
    const empty = await transpileComponent(await buildText('(component)'), { limits, signal });
    expect(() => prepareComponent(empty, limits)).toThrow(/exports neither/);
  });

  it('has a deadline', async () => {
    const late = transpileComponent(command, { limits, signal, deadlineMs: 1 });
    await expect(late).rejects.toMatchObject({
      code: 'component-invalid',
      message: expect.stringContaining('longer than 1 ms') as string,
    });
  });

  it('stops when it is told to', async () => {
    const reason = new Error('enough');
    const controller = new AbortController();
    const pending = transpileComponent(command, { limits, signal: controller.signal });
    controller.abort(reason);
    await expect(pending).rejects.toBe(reason);
  });
});

describe('scanImports', () => {
  it('refuses whatever is wrong, and nothing else happens', () => {
    const head = command.subarray(0, 400);
    const place = fc.nat({ max: head.length - 1 });
    fc.assert(
      fc.property(fc.array(fc.tuple(place, fc.nat({ max: 255 })), { maxLength: 4 }), place, (changes, cut) => {
        const bytes = Uint8Array.from(head.subarray(0, head.length - cut));
        for (const [at, byte] of changes) if (at < bytes.length) bytes[at] = byte;
        try {
          scanImports(bytes, limits);
        } catch (error) {
          if (!(error instanceof HostError)) throw error;
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('a transpiled component in the store', () => {
  it('comes back as it was', () => {
    const back = decodeTranspiled(encodeTranspiled(transpiled));
    expect(back.js).toBe(transpiled.js);
    expect(encodeTranspiled(back)).toEqual(encodeTranspiled(transpiled));
  });

  it('is refused when it is cut or padded', () => {
    const stored = encodeTranspiled(transpiled);
    for (const damaged of [stored.subarray(1), stored.subarray(0, -1), Buffer.concat([stored, Buffer.of(0)])])
      expect(() => decodeTranspiled(damaged)).toThrow(expect.objectContaining({ code: 'store-mismatch' }) as Error);
    fc.assert(
      fc.property(fc.nat({ max: 600 }), (length) => {
        expect(() => decodeTranspiled(stored.subarray(0, length))).toThrow(HostError);
      }),
    );
  });
});

describe('preview2-shim as a host', () => {
  /** Why the imports are our own: a guest that exits takes the whole process with it, and the environment is the host's. */
  it('ends the process when the guest exits', () => {
    const dir = mkdtempSync(join(tmpdir(), 'wirken-shim-'));
    try {
      writeFileSync(join(dir, 'package.json'), '{"type":"module"}');
      writeFileSync(join(dir, 'component.js'), transpiled.js);
      for (const [name, bytes] of transpiled.cores) writeFileSync(join(dir, name), bytes);
      const host = fileURLToPath(new URL('fixtures/shim-host.ts', import.meta.url));
      const ended = (...args: string[]) =>
        spawnSync(process.execPath, [host, ...args], { encoding: 'utf8', env: { NAME: 'of the host', DIR: dir } });
      expect(ended('exit', '3')).toMatchObject({ stdout: 'before\n', status: 1 });
      expect(ended('env').stdout).toBe('before\nof the host\nafter\n');
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});
