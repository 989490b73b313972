import { readFileSync, writeFileSync } from 'node:fs';
import { withTable } from './permission-table.ts';

const page = new URL('../docs/permissions.md', import.meta.url);
writeFileSync(page, await withTable(readFileSync(page, 'utf8')));
