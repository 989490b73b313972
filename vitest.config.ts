import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['host/**/*.test.ts', 'tools/**/*.test.ts', 'skills/**/*.test.ts', 'test-skills/**/*.test.ts'],
    exclude: ['**/node_modules/**', 'host/dist/**'],
    pool: 'forks',
    reporters: ['default', ['json', { outputFile: 'node_modules/.cache/wirken-tests.json' }]],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    typecheck: { enabled: true, include: ['host/**/*.test-d.ts'], tsconfig: './tsconfig.json' },
  },
});
