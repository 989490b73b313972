import type { Context } from './context.ts';
import { openHost } from './host.ts';
import { EXIT } from './output.ts';

/** What `npm start` prints where there is no terminal to chat in. */
export async function welcome(context: Context): Promise<number> {
  const names = openHost(context)
    .skills.list()
    .map(({ name }) => name);
  context.out.result(
    [
      'wirken runs skills you did not write without having to trust them.',
      `Skills that are here: ${names.length === 0 ? 'none' : names.join(', ')}`,
      '',
      'What to do next:',
      '  npx --no-install wirken chat                      talk to it in a terminal: /code-stats src, /help',
      '  npx --no-install wirken ask "/code-stats ."       one message, one answer',
      '  npx --no-install wirken skill run hash text abc   a skill as a command',
      '  npx --no-install wirken skill list                what is here, and who signed it',
      '  npx --no-install wirken doctor                    what is set up, and how it is fenced',
    ].join('\n'),
    { ok: true, skills: names },
  );
  return EXIT.done;
}
