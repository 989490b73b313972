import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { buildModule } from './build-one.ts';
import { compileC, findToolchain } from './toolchain.ts';
import { readFileSync } from 'node:fs';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'wirken-build-test-'));
  vi.stubEnv('WIRKEN_BUILD_CACHE', join(dir, 'cache'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(dir, { recursive: true });
});

const PROGRAM =
  '#include "part.h"\n#include <assert.h>\nint main(int count, char **v) { (void)v; assert(count != 7); return PART; }\n';

describe('buildModule', () => {
  it('gives the same bytes in different directories, with the name of the source in an assertion', () => {
    const built = ['here', 'somewhere/else/that/is/deeper'].map((place, at) => {
      const root = mkdtempSync(join(dir, `${at}-${place.replaceAll('/', '_')}-`));
      writeFileSync(join(root, 'part.h'), '#define PART 3\n');
      writeFileSync(join(root, 'skill.c'), PROGRAM);
      compileC(findToolchain(), root, ['skill.c'], join(root, 'out.wasm'));
      return readFileSync(join(root, 'out.wasm'));
    });
    expect(built[0]?.equals(built[1] ?? Buffer.alloc(0))).toBe(true);
    expect(built[0]?.includes(dir)).toBe(false);
    expect(built[0]?.includes('skill.c')).toBe(true);
  });

  it('builds anew when an included file changes', async () => {
    writeFileSync(join(dir, 'skill.c'), PROGRAM);
    writeFileSync(join(dir, 'part.h'), '#define PART 3\n');
    const three = await buildModule(join(dir, 'skill.c'));
    writeFileSync(join(dir, 'part.h'), '#define PART 4\n');
    const four = await buildModule(join(dir, 'skill.c'));
    expect(Buffer.from(three).equals(four)).toBe(false);
  });

  it.for([
    ['C', 'skill.c', 'int main(void) { return nothing; }\n', /skill\.c: .*nothing/su],
    ['WebAssembly text', 'skill.wat', '(module (func (drop)', /skill\.wat/u],
  ] as const)('says what is wrong with %s', async ([, name, text, message]) => {
    writeFileSync(join(dir, name), text);
    await expect(buildModule(join(dir, name))).rejects.toThrow(message);
  });

  it('says how to get a compiler that is missing', () => {
    vi.stubEnv('PATH', dir);
    expect(() => findToolchain()).toThrow(/apt-get install/u);
  });
});
