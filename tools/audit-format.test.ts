import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import type { AuditRow } from '../host/policy/event.ts';
import { openExportSource } from '../host/audit/source-export.ts';
import { verifyLog } from '../host/audit/verify.ts';
import { auditExample } from './audit-example.ts';

const docs = readFileSync(new URL('../docs/audit-format.md', import.meta.url), 'utf8');
const blocks = [...docs.slice(docs.indexOf('## Worked example')).matchAll(/```(?:jsonl)?\n([^]*?)```/g)].map(
  ([, block = '']) => block,
);
const [key = '', lines = '', value = '', message = '', leaves = '', root = '', note = ''] = blocks;
const example = auditExample();
const dir = mkdtempSync(join(tmpdir(), 'wirken-format-'));
afterAll(() => rmSync(dir, { recursive: true }));

const sha256 = (...parts: readonly (string | Buffer)[]): string =>
  parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest('hex');

describe('docs/audit-format.md', () => {
  it('has the example that the writer of the log makes', () => {
    expect(blocks).toEqual([
      `${example.key}\n`,
      `${example.lines.join('\n')}\n`,
      `${example.value}\n`,
      `${example.headMessage}\n`,
      `${example.leaves.join('\n')}\n`,
      `${example.root}\n`,
      example.checkpoint,
    ]);
  });

  it('explains every number of it', () => {
    const rows = lines
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as AuditRow);
    for (const row of rows) {
      expect(row.payload_hash).toBe(sha256(row.payload));
      expect(row.hash).toBe(sha256(row.prev_hash + row.payload_hash));
    }
    expect(rows[1]?.payload).toContain(`{"$c":"${sha256(Buffer.alloc(32, 0x2a), value.trim())}"}`);
    const [first, second] = rows.map(({ hash }) => sha256(Buffer.concat([Buffer.from([0]), Buffer.from(hash, 'hex')])));
    expect(leaves).toBe(`${first}\n${second}\n`);
    expect(root.trim()).toBe(
      sha256(Buffer.from([1]), Buffer.from(first ?? '', 'hex'), Buffer.from(second ?? '', 'hex')),
    );
    expect(note.split('\n')[2]).toBe(Buffer.from(root.trim(), 'hex').toString('base64'));
    const session = Buffer.from('cli-example').toString('hex');
    const head = `0b000000${session}01${'00'.repeat(7)}02${'00'.repeat(7)}${'00'.repeat(32)}${rows[1]?.hash}`;
    expect(message.trim()).toBe(`${Buffer.from('wirken/audit-head/v1\0').toString('hex')}${head}`);
  });

  it('is what both verifiers take it for', async () => {
    const [file, kept] = [join(dir, 'example.jsonl'), join(dir, 'example.note')];
    writeFileSync(file, lines);
    writeFileSync(kept, note);
    const python = fileURLToPath(new URL('verify-audit.py', import.meta.url));
    const ran = spawnSync('python3', [python, file, '--key', key.trim(), '--checkpoint', kept], { encoding: 'utf8' });
    expect([ran.status, ran.stdout, ran.stderr]).toEqual([0, '3 rows: OK\n', '']);
    using source = openExportSource(file);
    const report = await verifyLog(source, {
      key: key.trim(),
      checkpoints: [{ name: 'example', note }],
      signal: new AbortController().signal,
    });
    expect(report).toMatchObject({ exitCode: 0, rows: 3, heads: 1, content: { opened: 1 }, tree: { verifiedSize: 2 } });
  });
});
