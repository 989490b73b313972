import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { HostError, systemCode } from '../../base/error.ts';
import { shown } from '../../base/shown.ts';
import { parseSkillName } from '../../skill/names.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../output.ts';
import { sdkDir } from './sdk.ts';

/** What each template takes from the SDK besides its own folder: from where, to where in the new skill. */
const TEMPLATES = {
  ts: { 'js/skill.types.d.ts': 'types/wirken-skill.d.ts' },
  js: { 'js/skill.types.d.ts': 'types/wirken-skill.d.ts' },
  c: { 'c/wirken.h': 'src/wirken.h' },
  rust: { 'rust/wirken.rs': 'src/wirken.rs' },
  assemblyscript: { 'assemblyscript/wirken.as': 'src/wirken.ts' },
  wat: {},
} as const satisfies Record<string, Readonly<Record<string, string>>>;

type Template = keyof typeof TEMPLATES;

export const TEMPLATE_NAMES = Object.keys(TEMPLATES);

/** Every template has these; the folder of a template may replace them. */
const COMMON = 'common';

/**
 * `skill new NAME`: a skill that builds, tests and runs.
 * @throws HostError `usage` for a name that no skill can have, a directory that is there, an unknown template
 */
export async function skillNew(
  context: Context,
  untrusted: string,
  options: { readonly template: string },
): Promise<number> {
  const dir = resolve(context.cwd, untrusted);
  const name = parseSkillName(dir.slice(dirname(dir).length).replaceAll('/', ''));
  if (name === undefined) {
    throw new HostError('usage', `${shown(untrusted, 80)} is no name for a skill`, {
      remedy: 'A name has lowercase letters, digits and hyphens, and begins with a letter.',
    });
  }
  const template = parseTemplate(options.template);
  const files = filesOf(template);
  create(dir, untrusted);
  try {
    for (const [path, from] of files) {
      const to = join(dir, path);
      mkdirSync(dirname(to), { recursive: true });
      writeFileSync(to, readFileSync(from, 'utf8').replaceAll('SKILL-NAME', name));
    }
  } catch (error) {
    rmSync(dir, { recursive: true, force: true });
    throw error;
  }
  const where = shown(untrusted, 400);
  const next = [`wirken skill build ${where}`, `wirken skill test ${where}`];
  context.out.result(
    [`Made ${where} from the template ${template}: ${files.size} files.`, `Next: ${next.join(' && ')}`].join('\n'),
    { ok: true, name, dir, template, files: [...files.keys()], next },
  );
  return EXIT.done;
}

function parseTemplate(untrusted: string): Template {
  if (isTemplate(untrusted)) return untrusted;
  throw new HostError('usage', `there is no template ${shown(untrusted, 80)}`, {
    remedy: `There are: ${TEMPLATE_NAMES.join(', ')}.`,
  });
}

function isTemplate(name: string): name is Template {
  return Object.hasOwn(TEMPLATES, name);
}

/** Where each file of a new skill comes from, by its path in the skill. */
function filesOf(template: Template): ReadonlyMap<string, string> {
  const sdk = sdkDir();
  const files = new Map<string, string>();
  for (const folder of [COMMON, template]) {
    const root = join(sdk, 'templates', folder);
    for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      if (entry.isFile()) files.set(path.slice(root.length + 1), path);
    }
  }
  for (const [from, to] of Object.entries(TEMPLATES[template])) files.set(to, join(sdk, from));
  return new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The directory, if nothing is there yet. */
function create(dir: string, untrusted: string): void {
  try {
    mkdirSync(dirname(dir), { recursive: true });
    mkdirSync(dir);
  } catch (error) {
    const code = systemCode(error);
    if (code === undefined) throw error;
    const there = code === 'EEXIST' || existsSync(dir);
    throw new HostError(
      'usage',
      there ? `${shown(untrusted, 400)} is there already` : `${shown(untrusted, 400)} cannot be made (${code})`,
      {
        file: dir,
        remedy: there ? 'Choose another name, or remove it first.' : 'Choose a place that you may write to.',
      },
    );
  }
}
