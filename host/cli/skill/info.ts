import { HostError } from '../../base/error.ts';
import { shown, shownText } from '../../base/shown.ts';
import { parseSkillName } from '../../skill/names.ts';
import type { SkillName } from '../../skill/skill.ts';
import { usageLine } from '../../agent/slash/usage.ts';
import type { Context } from '../context.ts';
import { openHost } from '../host.ts';
import { EXIT } from '../output.ts';
import { asksLines, keyText, permissionsJson, skillJson, trustText } from './describe.ts';

/** @throws HostError `not-installed` for anything that is no name of a skill here */
export function requireSkillName(untrusted: string): SkillName {
  const name = parseSkillName(untrusted);
  if (name !== undefined) return name;
  throw new HostError('not-installed', `"${shown(untrusted, 80)}" is not the name of a skill`, {
    remedy: '`wirken skill list` shows the names.',
  });
}

export async function skillInfo(context: Context, untrusted: string): Promise<number> {
  const name = requireSkillName(untrusted);
  const loaded = await openHost(context).skills.load(name, context.signal);
  const { skill, permissions } = loaded.granted;
  const { manifest } = skill;
  const lines = [
    `${name} ${manifest.version ?? '(no version)'} – ${shown(manifest.description.replaceAll(/\s+/g, ' '), 1024)}`,
    '',
    `trust     ${trustText(skill.trust)}`,
    `key       ${keyText(skill.key)}`,
    `digest    ${skill.digest} (form ${skill.form})`,
    `origin    ${loaded.origin === 'bundled' ? 'came with wirken' : `installed ${loaded.entry.installedAt} from ${shown(loaded.entry.source.path, 400)}`}`,
    `asks for  ${asksLines(manifest.permissions).join('\n          ')}`,
    `granted   ${asksLines(permissions).join('\n          ')}`,
    `limits    memory ${manifest.limits.memoryBytes / 1024 / 1024} MiB, time ${manifest.limits.timeMs / 1000} s, output ${manifest.limits.outputBytes / 1024 / 1024} MiB`,
    `model     ${manifest.modelInvocable ? 'may pick it' : 'may not pick it; only a person runs it'}`,
    ...manifest.warnings.map((warning) => `warning   ${warning}`),
    '',
    ...(manifest.tools.length === 0
      ? [
          'No tools: a text for a model.',
          '',
          ...shownText(manifest.body)
            .trimEnd()
            .split('\n')
            .map((line) => `│ ${line}`),
        ]
      : [
          'Tools:',
          ...manifest.tools.flatMap((tool) => [
            `  ${usageLine(name, tool, 'command')}`,
            `      ${shown(tool.description, 400)}`,
          ]),
        ]),
  ];
  context.out.result(lines.join('\n'), {
    ...skillJson(skill),
    origin: loaded.origin,
    granted: permissionsJson(permissions),
    tools: manifest.tools.map((tool) => ({
      name: tool.name,
      description: tool.description,
      parameters: tool.parameters,
      ...(tool.output === undefined ? {} : { output: tool.output }),
    })),
    body: manifest.body,
  });
  return EXIT.done;
}
