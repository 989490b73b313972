import { describe, expect, it } from 'vitest';
import { parseToolLine } from './words.ts';

describe('parseToolLine', () => {
  it.for([
    ['read_file src/a.ts 3', { kind: 'ok', name: 'read_file', value: { path: 'src/a.ts', offset_line: 3 } }],
    ["  search_files 'two words' --ignore_case ", { kind: 'ok', value: { pattern: 'two words', ignore_case: true } }],
    ['exec ls -la', { kind: 'ok', value: { argv: ['ls', '-la'] } }],
    ['write_file {"path": "f", "content": "it\'s"}', { kind: 'ok', value: { path: 'f', content: "it's" } }],
    ['list_files', { kind: 'ok', value: {} }],
    ['read_file', { kind: 'usage', usage: expect.stringMatching(/^\/tool read_file <path>/) }],
    ["read_file 'open", { kind: 'usage', usage: expect.stringMatching(/^\/tool read_file/) }],
    ['read_file {', { kind: 'usage', message: expect.stringContaining('no JSON') }],
    ['nosuch a', { kind: 'unknown', name: 'nosuch' }],
    ['toString', { kind: 'unknown', name: 'toString' }],
    ['', { kind: 'unknown', name: '' }],
  ] as const)('reads %j', ([line, expected]) => {
    expect(parseToolLine(line)).toMatchObject(expected);
  });
});
