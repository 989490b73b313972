import { resolve } from 'node:path';
import { parseCommand } from '../../agent/slash/grammar.ts';
import { encodeUtf8 } from '../../base/bytes.ts';
import { HostError } from '../../base/error.ts';
import { shown, shownText } from '../../base/shown.ts';
import { rawBundle, type RawBundle } from '../../skill/bundle.ts';
import { PATHS } from '../../skill/names.ts';
import { readBundleDir } from '../../skill/read-bundle.ts';
import type { Context } from '../context.ts';
import { openHost } from '../host.ts';
import { EXIT } from '../output.ts';
import { withKey } from './build/edit-frontmatter.ts';
import { permissionsJson } from './describe.ts';
import { requireSkillName } from './info.ts';
import { accessesOf } from './observe/accesses.ts';
import { faultOfOutcome } from './outcome.ts';
import { copyWorkspace } from './record/copy.ts';
import { propose, type Proposal } from './record/propose.ts';
import { AuthorSandbox } from './sandbox.ts';
import { Stage } from './test/stage.ts';

export interface RecordFlags {
  readonly workspace?: string;
  readonly input?: string;
}

/** Every path, hidden ones too: a wildcard takes no leading dot. */
const EVERYTHING = ['**', '.*', '.*/**', '**/.*', '**/.*/**'];

/**
 * `skill record NAME|DIR [TOOL] [ARGS…]`: one call in a copy of the workspace in which it may do everything, and what it made use of.
 * @throws HostError `usage`, `limit-exceeded`, and what a run throws
 */
export async function skillRecord(
  context: Context,
  target: string,
  words: readonly string[],
  flags: RecordFlags,
): Promise<number> {
  const raw = await bundleOf(context, target);
  await using sandbox = new AuthorSandbox(context, 'skill record');
  const asked = (await sandbox.openBundle(raw)).skill.manifest;
  const call = parseCommand(asked.tools, asked.name, words, flags.input);
  if (call.kind !== 'call') {
    const why = call.kind === 'no-tools' ? 'it has no tools' : call.message;
    throw new HostError('usage', `${asked.name} cannot be called like this: ${why}`, {
      remedy: call.kind === 'no-tools' ? 'There is nothing to record.' : `usage: ${call.usage}`,
    });
  }
  using stage = new Stage();
  copyWorkspace(resolve(context.cwd, flags.workspace ?? '.'), stage.dir);
  const own = await sandbox.openBundle(widened(raw));
  const { outcome } = await sandbox.call(own, { tool: call.tool.name, input: call.value, workspace: stage.dir });
  const journal = 'usage' in outcome ? outcome.journal : undefined;
  if (journal?.kind !== 'kept') {
    const why = outcome.kind === 'done' ? 'it did too much' : faultOfOutcome(asked.name, outcome).message;
    throw new HostError('limit-exceeded', `what ${asked.name} did was not recorded: ${why}`, {
      remedy: 'Give it less to do.',
    });
  }
  const proposal = propose(accessesOf(journal.bytes));
  if (outcome.kind !== 'done') context.out.warn(shownText(faultOfOutcome(asked.name, outcome).message, 2000));
  const before = permissionsJson(asked.permissions);
  const after = named(proposal);
  const dropped = before.filter((line) => !after.includes(line));
  context.out.result(
    [
      ...(after.length === 0 ? ['It needs no permissions: leave them out of SKILL.md.'] : blockLines(proposal)),
      ...proposal.missing.map((path) => `# looked for, and not there: ${shown(path, 400)}`),
      ...(dropped.length === 0
        ? []
        : ['', ...dropped.map((line) => `It asks for and did not need: ${shown(line, 400)}`)]),
      '',
      'This is what one call used. Put it into SKILL.md, and run the cases: wirken skill test',
    ].join('\n'),
    {
      ok: outcome.kind === 'done',
      outcome: outcome.kind,
      permissions: { filesystem: { read: [...proposal.read], write: [...proposal.write] } },
      missing: [...proposal.missing],
      asked: [...before],
      not_needed: [...dropped],
    },
  );
  return EXIT.done;
}

async function bundleOf(context: Context, target: string): Promise<RawBundle> {
  if (target.includes('/') || target === '.' || target === '..') return readBundleDir(resolve(context.cwd, target));
  const { granted } = await openHost(context).skills.load(requireSkillName(target), context.signal);
  return rawBundle(granted.skill.name, granted.skill.files);
}

/** The same skill, asking for everything; nobody's signature is on that. */
function widened(raw: RawBundle): RawBundle {
  const skillMd = raw.files.get(PATHS.skillMd);
  if (skillMd === undefined) throw new TypeError('it was read before');
  const wide = withKey(skillMd, 'permissions', { filesystem: { read: EVERYTHING, write: EVERYTHING } });
  return { ...raw, files: new Map([...raw.files, [PATHS.skillMd, encodeUtf8(wide)]]) };
}

function named({ read, write }: Proposal): readonly string[] {
  return [...read.map((glob) => `filesystem.read: ${glob}`), ...write.map((glob) => `filesystem.write: ${glob}`)];
}

function blockLines({ read, write }: Proposal): readonly string[] {
  const list = (name: string, globs: readonly string[]): readonly string[] =>
    globs.length === 0 ? [] : [`    ${name}: [${globs.map((glob) => shown(JSON.stringify(glob), 1024)).join(', ')}]`];
  return ['permissions:', '  filesystem:', ...list('read', read), ...list('write', write)];
}
