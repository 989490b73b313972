import { setTimeout as sleep } from 'node:timers/promises';
import type { JsonSchema, Tool, ToolName } from '../../skill/skill.ts';
import type { ChatPorts, ChatSkill } from './ports.ts';

const ESCAPES = '\u001b[2J\u001b]0;title\u0007\u202egnp.exe';

export function testTool(name: string, parameters: JsonSchema): Tool {
  return {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a name written here, for tests alone
    name: name as ToolName,
    description: `${name} ${ESCAPES}`,
    parameters: { type: 'object', additionalProperties: false, ...parameters },
    readOnly: true,
    idempotent: true,
  };
}

function testSkill(name: string, tools: readonly Tool[], more: Partial<ChatSkill> = {}): ChatSkill {
  return {
    name,
    description: `What ${name} does ${ESCAPES}`,
    userInvocable: true,
    tools,
    trust: 'self-signed',
    permissions: [],
    instructions: '# Do\n\nthis',
    ...more,
  };
}

/** Skills that do as their name says, for tests of the chat: `echo`, `hostile` (escape sequences everywhere), `wait`, `fail`, `guide`. */
export function testPorts(): ChatPorts {
  const text = { properties: { text: { type: 'string' } }, required: ['text'] };
  const skills = [
    testSkill('echo', [testTool('echo', text), testTool('shout', { properties: { as: { enum: ['loud', 'quiet'] } } })]),
    testSkill('hostile', [testTool('markdown', {}), testTool('json', {}), testTool('text', {}), testTool('fail', {})]),
    testSkill('wait', [testTool('wait', {})], { permissions: ['filesystem.read: src/**'] }),
    testSkill('exit', [testTool('exit', { properties: { code: { type: 'integer' } }, required: ['code'] })]),
    testSkill('guide', []),
    testSkill('hidden', [testTool('hidden', {})], { userInvocable: false }),
  ];
  return {
    modelHelp: 'MODEL HELP.',
    tools: [],
    callTool: async (name) => ({ kind: 'text', text: `called ${name}`, exitCode: 0 }),
    skills: () => Promise.resolve(skills),
    files: (prefix) => Promise.resolve(['notes.md', 'src/'].filter((file) => file.startsWith(prefix))),
    async run(skill, tool, args, options) {
      const { signal } = options;
      const value = args['text'];
      if (skill.name === 'wait') {
        options.onProgress({ done: 1, total: 4, message: `waiting${ESCAPES}` });
        await sleep(60_000, undefined, { signal }).catch(() => signal.throwIfAborted());
      }
      if (skill.name === 'exit') return { kind: 'text', text: 'left', exitCode: Number(args['code']) };
      if (tool.name === 'fail')
        return { kind: 'failed', code: 'trap', message: ESCAPES, remedy: 'Look.', log: ESCAPES };
      if (tool.name === 'json') return { kind: 'json', value: { [ESCAPES]: ESCAPES }, exitCode: 0 };
      if (tool.name === 'text') return { kind: 'text', text: ESCAPES, exitCode: 0 };
      if (tool.name === 'markdown') {
        return {
          kind: 'markdown',
          text: `# H${ESCAPES}\n\n- \`${ESCAPES}\`\n\n| a |\n|---|\n| ${ESCAPES} |\n`,
          exitCode: 0,
        };
      }
      if (value === 'ask') await options.question(() => Promise.resolve());
      return { kind: 'markdown', text: `**said** ${typeof value === 'string' ? value : ''}`, exitCode: 0 };
    },
  };
}
