import { describe, expect, it } from 'vitest';
import type { JsonSchema, Tool, ToolName } from '../../skill/skill.ts';
import { completions } from './complete.ts';
import type { CompletionPorts } from './complete.ts';

const tool = (name: string, properties: JsonSchema): Tool => ({
  name: name as ToolName,
  description: name,
  parameters: { type: 'object', properties },
  readOnly: true,
  idempotent: true,
});

const ports: CompletionPorts = {
  skills: [
    { name: 'code-stats', tools: [tool('code-stats', { path: { type: 'string' }, all: { type: 'boolean' } })] },
    {
      name: 'csv',
      tools: [tool('sort', { as: { enum: ['csv', 'json', 'j k'] }, n: { type: 'integer' } }), tool('select', {})],
    },
    { name: 'text', tools: [] },
  ],
  commands: ['help', 'skill', 'skills'],
  namesSkill: ['skill'],
  files: (prefix) =>
    Promise.resolve(['src/', 'src/a b.c', 'src/x\u001b[2J', 'README.md'].filter((file) => file.startsWith(prefix))),
};

describe('completions', () => {
  it.for<readonly [string, number, readonly string[]]>([
    ['/', 0, ['/code-stats ', '/csv ', '/text ', '/help ', '/skill ', '/skills ']],
    ['/c', 0, ['/code-stats ', '/csv ']],
    ['  /cs', 2, ['/csv ']],
    ['hello', 5, []],
    ['/skill c', 7, ['code-stats ', 'csv ']],
    ['/csv ', 5, ['sort ', 'select ', 'csv ', 'json ', "'j k' "]],
    ['/csv se', 5, ['select ']],
    ['/csv sort --', 10, ['--as=', '--n=']],
    ['/csv sort --as=j', 10, ['--as=json ', "'--as=j k' "]],
    ['/csv sort --as js', 15, ['json ']],
    ['/csv sort as=c', 10, ['as=csv ']],
    ['/csv sort --as=csv -', 19, ['--n=']],
    ['/code-stats s', 12, ['src/', "'src/a b.c' "]],
    ["/code-stats 'src/a", 12, ["'src/a b.c' "]],
    ['/code-stats --path=RE', 12, ['--path=README.md ']],
    ['/code-stats --all --a', 18, []],
    ['/nobody x', 8, []],
    ['/text x', 6, []],
  ])('%j', async ([line, from, candidates]) => {
    expect(await completions(line, line.length, ports)).toEqual({ from, candidates });
  });

  it('looks at what stands before the cursor', async () => {
    expect(await completions('/cs foo', 3, ports)).toEqual({ from: 0, candidates: ['/csv '] });
  });
});
