import { readFileSync, writeFileSync } from 'node:fs';
import { cliDocs } from './cli-docs.ts';
import { withTable } from './permission-table.ts';

const permissions = new URL('../docs/permissions.md', import.meta.url);
writeFileSync(new URL('../docs/cli.md', import.meta.url), cliDocs());
writeFileSync(permissions, await withTable(readFileSync(permissions, 'utf8')));
