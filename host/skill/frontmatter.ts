import matter from 'gray-matter';
import { decodeUtf8 } from '../base/bytes.ts';
import { HostError } from '../base/error.ts';
import { parseYaml, type YamlText } from './yaml.ts';

export const MAX_FRONTMATTER_BYTES = 512 * 1024;
export const MAX_SKILL_MD_BYTES = 2 * 1024 * 1024;
/** Steps that gray-matter's search for comments may take over blank lines: it is quadratic in them. */
const MAX_BLANK_STEPS = 20_000_000;

/** SKILL.md taken apart. Offsets are in characters of `text`. */
export interface SkillMd {
  readonly text: string;
  readonly frontmatter: YamlText;
  /** Where `frontmatter`'s spans begin to count. */
  readonly yamlOffset: number;
  /** Where the closing `---` begins. */
  readonly closeOffset: number;
  /** The Markdown behind the frontmatter. */
  readonly body: string;
}

/**
 * Takes SKILL.md apart: bytes first, then the two lines `---`, then gray-matter with every engine but `yaml` denied.
 * @throws HostError `manifest-invalid`, with line and column where there is one.
 */
export function parseSkillMd(untrusted: Uint8Array): SkillMd {
  const text = plainText(untrusted);
  const closeOffset = findClose(text);
  let frontmatter: YamlText | undefined;
  // The options stand in the call because without any gray-matter caches, and from the cache it answers `{}` for what failed before.
  const file = matter(text, {
    language: 'yaml',
    delimiters: ['---', '---'],
    excerpt: false,
    engines: {
      yaml: {
        parse: (block: string) => {
          frontmatter = parseYaml(`${block}\n`);
          return {};
        },
      },
      yml: denied,
      json: denied,
      javascript: denied,
      js: denied,
      coffee: denied,
      coffeescript: denied,
      cson: denied,
      toml: denied,
    },
  });
  if (frontmatter === undefined) throw invalid('the frontmatter is empty', 'Give it a `description` at least.', 2);
  return { text, frontmatter, yamlOffset: '---'.length, closeOffset, body: file.content };
}

const denied = {
  parse(): never {
    throw invalid('the frontmatter is not YAML', 'Begin SKILL.md with a line that is exactly `---`.', 1);
  },
};

function plainText(untrusted: Uint8Array): string {
  if (untrusted.length > MAX_SKILL_MD_BYTES)
    throw invalid('larger than 2 MiB', 'Move long texts to files of their own.');
  const text = decodeUtf8(untrusted);
  if (text === undefined) throw invalid('not UTF-8', 'Save it as UTF-8.');
  if (text.startsWith('\uFEFF'))
    throw invalid('begins with a byte order mark', 'Repair it with `wirken skill lint --fix`.', 1);
  for (const [char, what] of [
    ['\r', 'a carriage return'],
    ['\0', 'a byte 0x00'],
  ] as const) {
    const at = text.indexOf(char);
    if (at !== -1) throw invalid(`it contains ${what}`, 'Repair it with `wirken skill lint --fix`.', lineAt(text, at));
  }
  return text;
}

/** Where the frontmatter ends: gray-matter stops at the first line that begins with `---`, so that line has to be the one. */
function findClose(text: string): number {
  if (!text.startsWith('---\n')) {
    throw invalid('the first line is not exactly `---`', 'Begin SKILL.md with frontmatter between two lines `---`.', 1);
  }
  const newline = text.indexOf('\n---', 3);
  if (newline === -1) throw invalid('the frontmatter is not closed', 'End it with a line that is exactly `---`.');
  const end = newline + '\n---'.length;
  if (end !== text.length && text[end] !== '\n') {
    throw invalid(
      'the line that closes the frontmatter is not exactly `---`',
      'Write nothing else on it.',
      lineAt(text, newline + 1),
    );
  }
  const block = text.slice(3, newline + 1);
  if (Buffer.byteLength(block) > MAX_FRONTMATTER_BYTES) {
    throw invalid('the frontmatter is larger than 512 KiB', 'Move long texts to files of their own.');
  }
  checkBlankLines(block);
  return newline + 1;
}

function checkBlankLines(block: string): void {
  let steps = 0;
  for (const [run] of block.matchAll(/\s{64,}/g)) {
    steps += run.length * (run.match(/[\n\u2028\u2029]/g)?.length ?? 0);
    if (steps > MAX_BLANK_STEPS) throw invalid('the frontmatter holds thousands of blank lines', 'Remove them.');
  }
}

function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) line++;
  return line;
}

function invalid(what: string, remedy: string, line?: number): HostError {
  const place = line === undefined ? 'SKILL.md' : `SKILL.md:${line}`;
  return new HostError('manifest-invalid', `${place}: ${what}`, {
    file: 'SKILL.md',
    ...(line === undefined ? {} : { line, column: 1 }),
    remedy,
  });
}
