import { defineSkill, SkillError, t, tool } from '@wirken/skill';

export default defineSkill({
  tools: {
    greet: tool({
      description: 'Greets somebody by name, or the world.',
      parameters: { name: t.optional(t.string({ description: 'Whom to greet.' })) },
      run: ({ name = 'world' }) => `Hello, ${name}!\n`,
    }),
    count: tool({
      description: 'Counts the bytes, words and lines of a text file.',
      parameters: { file: t.string({ description: 'The file, relative to the workspace.' }) },
      output: t.object({ bytes: t.integer(), words: t.integer(), lines: t.integer() }),
      run: ({ file }, { workspace }) => {
        if (!workspace.exists(file)) throw new SkillError('not-found', `${file} cannot be read`, 2);
        const bytes = workspace.readBytes(file);
        const text = new TextDecoder().decode(bytes);
        return {
          bytes: bytes.length,
          words: text.split(/\s+/u).filter((word) => word !== '').length,
          lines: text.split('\n').length - 1,
        };
      },
    }),
  },
});
