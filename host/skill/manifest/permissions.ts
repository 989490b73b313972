import type { Permissions } from '../../policy/grants.ts';
import { NOTHING } from '../../policy/grants.ts';
import { parseGlob } from '../../policy/glob.ts';
import type { Field } from './field.ts';

const MAX_ENTRIES = 256;
const MAX_CHARS = 1_024;
const KEYS = ['filesystem', 'network', 'secrets', 'tools', 'inference', 'env'];
const NAME = /^[A-Za-z0-9_][A-Za-z0-9_.:/@-]{0,127}$/;
const ENV = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;
const HOST = /^(?:\*\.)?[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?(?::\d{1,5})?$/;

/** What the skill asks for. A key that is not known here would be a wish that nobody sees, so it is refused. */
export function parsePermissions(field: Field): Permissions {
  if (field.absent) return NOTHING;
  refuseOthers(field, KEYS);
  const filesystem = field.at('filesystem');
  if (!filesystem.absent) refuseOthers(filesystem, ['read', 'write']);
  const network = field.at('network');
  if (!network.absent) refuseOthers(network, ['hosts']);
  return {
    filesystemRead: entries(filesystem.at('read'), checkGlob),
    filesystemWrite: entries(filesystem.at('write'), checkGlob),
    networkHosts: entries(network.at('hosts'), matching(HOST, 'must be the name of a host, in ASCII')),
    secrets: entries(field.at('secrets'), matching(NAME, 'must be the name of a secret')),
    tools: entries(field.at('tools'), matching(NAME, 'must be the name of a host tool')),
    inference: entries(field.at('inference'), matching(NAME, 'must be the name of a model or provider')),
    env: entries(field.at('env'), matching(ENV, 'must be the name of an environment variable')),
  };
}

function refuseOthers(field: Field, known: readonly string[]): void {
  for (const key of field.otherKeys(known)) {
    throw field.at(key).fail(`is no permission; there are ${known.join(', ')}`, 'Remove or correct it.');
  }
}

function entries(list: Field, check: (item: Field, text: string) => void): readonly string[] {
  const texts = list.items(MAX_ENTRIES).map((item) => {
    const text = item.text(1, MAX_CHARS);
    check(item, text);
    return text;
  });
  return [...new Set(texts)];
}

function checkGlob(item: Field, text: string): void {
  item.within(() => parseGlob(text));
}

function matching(pattern: RegExp, what: string): (item: Field, text: string) => void {
  return (item, text) => {
    if (!pattern.test(text)) throw item.fail(what);
  };
}
