import type { Command } from 'commander';
import { ERROR_CODES } from '../host/base/error.ts';
import { buildProgram } from '../host/cli/program.ts';

const COLUMNS = 118;

/** The text of docs/cli.md: the commands' own help, and the codes that errors carry. */
export function cliDocs(): string {
  const program = buildProgram(
    () => Promise.reject(new TypeError('documentation runs no command')),
    () => undefined,
    '0.0.0',
  );
  const parts = [
    '# Command line',
    '',
    'Made by `npm run build:docs` from the commands’ own help. Results go to stdout, everything else to stderr; `--json` makes results and',
    'errors JSON: `{"ok":false,"error":{"code","message","file","remedy"}}`. The data directory is `WIRKEN_DATA_DIR`, by default `~/.wirken`;',
    'settings stand in its `config.yaml` (see the end of this page). `NO_COLOR` is respected.',
    '',
    ...pages(program),
    '## Error codes',
    '',
    'Stable; the refusals of a bundle are explained in [skills.md](skills.md).',
    '',
    [...ERROR_CODES, 'internal'].map((code) => `\`${code}\``).join(' · '),
    '',
    '`internal` is a fault of wirken itself; every other one is of the input, the machine or the skill.',
    '',
    '## config.yaml',
    '',
    '```yaml',
    'trust:',
    '  require: root        # only root-delegated skills load; default: self-signed',
    'limits:                # ceilings over what a skill asks for',
    '  memory: 512MiB',
    '  time: 60s',
    '  output: 8MiB',
    '```',
    '',
  ];
  return parts.join('\n');
}

function pages(command: Command): string[] {
  if (command.commands.length === 0) return ['## ' + fullName(command), '', '```', helpOf(command), '```', ''];
  return command.commands.filter((one) => one.name() !== 'help').flatMap(pages);
}

function fullName(command: Command): string {
  return command.parent === null ? command.name() : `${fullName(command.parent)} ${command.name()}`;
}

/** What `--help` prints, at a fixed width. */
function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({
    writeOut: (part) => void (text += part),
    getOutHelpWidth: () => COLUMNS,
    getOutHasColors: () => false,
  });
  command.outputHelp();
  return text.trimEnd();
}
