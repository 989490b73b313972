import { expect, it } from 'vitest';
import { encodeUtf8 } from '../../base/bytes.ts';
import { buildSkill } from '../component/fixtures/build.ts';
import { prepareComponent } from '../component/prepare.ts';
import { transpileComponent } from '../component/transpile.ts';
import { DEFAULT_LIMITS } from '../limits.ts';
import { callWith, echoes, scratch } from './fixtures.ts';
import { startPool } from './pool.ts';
import { NOWHERE } from './where.ts';

it('runs a component in a runner of its own kind, again and again', async () => {
  using cache = scratch();
  await using pool = startPool({ cacheDir: cache.path, size: 2 });
  const spec = { limits: DEFAULT_LIMITS, signal: AbortSignal.timeout(30_000) };
  const component = prepareComponent(await transpileComponent(await buildSkill(), spec), DEFAULT_LIMITS);
  expect(await pool.warm(NOWHERE, true)).toEqual(['wasm', 'permission', 'landlock', 'own-process']);
  for (const _ of [1, 2, 3]) {
    const outcome = await callWith(
      pool,
      { digest: 'component', component },
      {
        spec: { args: ['skill', 'echo'], stdin: encodeUtf8('{"a":1}') },
      },
    );
    expect(outcome).toMatchObject({ kind: 'exited' });
  }
  expect(await echoes(pool, 'a core module beside it')).toBe(true);
});
