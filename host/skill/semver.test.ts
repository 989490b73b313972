import { describe, expect, it } from 'vitest';
import { compareSemver, isSemver } from './semver.ts';

describe('versions', () => {
  // Source: Semantic Versioning 2.0.0 §11, and its own example.
  const RISING = [
    '0.0.1',
    '0.1.0',
    '0.9.0',
    '0.10.0',
    '1.0.0-1',
    '1.0.0-2',
    '1.0.0-10',
    '1.0.0-alpha',
    '1.0.0-alpha.1',
    '1.0.0-alpha.beta',
    '1.0.0-beta',
    '1.0.0-beta.2',
    '1.0.0-beta.11',
    '1.0.0-rc.1',
    '1.0.0',
    '1.0.1',
    '2.0.0',
    '10.0.0',
  ];

  it('come in their order', () => {
    for (const [i, a] of RISING.entries()) {
      for (const [j, b] of RISING.entries()) expect(Math.sign(compareSemver(a, b)), `${a} ${b}`).toBe(Math.sign(i - j));
    }
  });

  it('are the same with other build metadata', () => {
    expect(compareSemver('1.0.0+a', '1.0.0+b')).toBe(0);
  });

  it.for([
    '',
    '1',
    '1.0',
    'v1.0.0',
    '1.0.0.0',
    '01.0.0',
    '1.0.0-',
    '1.0.0-01',
    '1.0.0-a..b',
    '1.0.0+',
    '1.0.0 ',
    ' 1.0.0',
    '1.0.0\n',
    '-1.0.0',
    `1.0.0-${'a'.repeat(200)}`,
  ])('%j is none', (text) => {
    expect(isSemver(text)).toBe(false);
  });
});
