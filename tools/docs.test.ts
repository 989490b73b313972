import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { cliDocs } from './cli-docs.ts';

it('keeps docs/cli.md as the commands explain themselves (npm run build:docs)', () => {
  expect(readFileSync(new URL('../docs/cli.md', import.meta.url), 'utf8')).toBe(cliDocs());
});
