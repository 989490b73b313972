import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CEILINGS, DEFAULT_LIMITS } from '../host/wasi/limits.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const text = readFileSync(join(root, 'README.md'), 'utf8');
const scratch = mkdtempSync(join(tmpdir(), 'wirken-readme-'));
const clone = join(scratch, 'clone');

// `npx --no-install wirken` finds the bin of the clone; here it is the copy's, and without npm's half second.
const PRELUDE = `npx() {
  test "$1 $2" = "--no-install wirken" || return 97
  shift 2
  "$WIRKEN_TEST_NODE" host/bin/wirken.mjs "$@"
}
`;
const env = {
  ...process.env,
  NO_COLOR: '1',
  PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`,
  WIRKEN_DATA_DIR: join(scratch, 'data'),
  WIRKEN_TEST_NODE: process.execPath,
};

interface Block {
  readonly language: string;
  readonly lines: readonly string[];
}

/** One command of a transcript: what is typed into it, and what it answers. */
interface Step {
  readonly command: string;
  readonly typed: readonly string[];
  readonly answer: readonly string[];
}

const blocks = [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language = '', body = '']): Block => ({
  language,
  lines: body.trimEnd().split('\n'),
}));

beforeAll(() => {
  const left = new Set(['node_modules', '.git', 'dist']);
  cpSync(root, clone, { recursive: true, filter: (path) => !left.has(basename(path)) });
  symlinkSync(join(root, 'node_modules'), join(clone, 'node_modules'));
});

afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe('README.md', () => {
  it('runs as it is written, block by block', { timeout: 240_000 }, async () => {
    expect(blocks.map(({ language }) => language)).toEqual([
      'sh',
      'console',
      'sh',
      'console',
      'console',
      'console',
      'sh',
      'console',
    ]);
    for (const { language, lines } of blocks) {
      if (lines.includes('npm start')) expect(lines).toEqual(['npm start', 'npm test']);
      else if (language === 'sh') await runScript(lines);
      else for (const step of stepsOf(lines)) expect(await play(step)).toEqual(matching(step.answer));
    }
  });

  it('starts without a terminal', { timeout: 60_000 }, () => {
    const lock = createHash('sha256')
      .update(readFileSync(join(root, 'package-lock.json')))
      .digest('hex');
    // Otherwise it would set up a second time, which is not for a test to do.
    expect(readFileSync(join(root, 'node_modules', '.wirken-lock'), 'utf8')).toBe(lock);
    const { status, stdout } = spawnSync('npm', ['start'], {
      cwd: clone,
      env,
      encoding: 'utf8',
      stdio: 'pipe',
      input: '',
    });
    expect(stdout).toContain('What to do next:');
    expect(status).toBe(0);
  });

  it('has the scripts that it names, and npx finds the command', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: object };
    expect(Object.keys(scripts)).toEqual(expect.arrayContaining(['start', 'test']));
    const { stdout } = spawnSync('npx', ['--no-install', 'wirken', '--version'], { cwd: root, env, encoding: 'utf8' });
    expect(stdout).toMatch(/^\d+\.\d+\.\d+$/m);
  });

  it('maps the folders that are there', () => {
    const mapped = [...text.matchAll(/^\| `([a-z-]+)\/` \|/gm)].map(([, folder]) => folder);
    const here = readdirSync(root, { withFileTypes: true }).filter(
      (entry) => entry.isDirectory() && !entry.name.startsWith('.') && entry.name !== 'node_modules',
    );
    expect(new Set(mapped)).toEqual(new Set(here.map(({ name }) => name)));
    expect(readdirSync(join(root, 'test-skills', 'hostile')).length).toBeGreaterThan(92);
  });
});

const PAGES = [
  'README.md',
  ...readdirSync(join(root, 'docs'))
    .filter((page) => page.endsWith('.md'))
    .map((page) => `docs/${page}`),
];

it.for(PAGES.map((page): [string] => [page]))('%s links to what is there', ([page]) => {
  const source = readFileSync(join(root, page), 'utf8');
  for (const [, target = '', anchor] of source.matchAll(/\]\(([^)#\s]*)(?:#([^)]*))?\)/g)) {
    if (/^[a-z]+:/.test(target)) continue;
    const file = target === '' ? page : join(dirname(page), target);
    expect(existsSync(join(root, file)), `${page}: ${file}`).toBe(true);
    if (anchor !== undefined) expect(anchorsOf(readFileSync(join(root, file), 'utf8')), file).toContain(anchor);
  }
});

it('docs/sandbox.md names tests and cases that are there, and every hostile case', () => {
  const source = readFileSync(join(root, 'docs/sandbox.md'), 'utf8');
  const paths = [...source.matchAll(/`((?:host|tools|skills|test-skills)\/[\w./-]+)`/g)].map(([, path = '']) => path);
  expect(paths.length).toBeGreaterThan(20);
  expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  const named = new Set([...source.matchAll(/`([a-z0-9-]+)`/g)].map(([, name]) => name));
  expect(readdirSync(join(root, 'test-skills', 'hostile')).filter((name) => !named.has(name))).toEqual([]);
});

it('docs/sandbox.md has the limits of the code', () => {
  const source = readFileSync(join(root, 'docs/sandbox.md'), 'utf8');
  const row = (name: string): string => new RegExp(`^\\| ${name}.*$`, 'm').exec(source)?.[0] ?? '';
  const mib = (bytes: number): string => `${bytes / 1024 ** 2} MiB`;
  const { memoryBytes, outputBytes, wallTimeMs, ...rest } = DEFAULT_LIMITS;
  expect(row('module')).toContain(`| ${mib(rest.moduleBytes)} |`);
  expect(row('functions')).toContain(`| ${rest.functions.toLocaleString('en')} |`);
  expect(row('memory')).toContain(`| ${mib(memoryBytes)} | ${CEILINGS.memoryBytes / 1024 ** 3} GiB |`);
  expect(row('tables')).toContain(`| ${rest.tableElements.toLocaleString('en')} |`);
  expect(row('time')).toContain(`| ${wallTimeMs / 1000} s | ${CEILINGS.wallTimeMs / 1000} s |`);
  expect(row('input')).toContain(`| ${mib(rest.inputBytes)} |`);
  expect(row('stdout')).toContain(`| ${mib(outputBytes)} | ${mib(CEILINGS.outputBytes)} |`);
  expect(row('stderr')).toContain(`| ${rest.stderrBytes / 1024} KiB kept |`);
  expect(row('progress')).toContain(`| ${rest.progressEvents.toLocaleString('en')} |`);
  expect(row('open descriptors')).toContain(`| ${rest.descriptors} |`);
  expect(row('bytes written')).toContain(`| ${mib(rest.writtenBytes)} |`);
  expect(row('`/tmp`')).toContain(`| ${mib(rest.tmpBytes)},`);
});

/** As GitHub and its like make them. */
function anchorsOf(markdown: string): readonly string[] {
  return [...markdown.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function stepsOf(lines: readonly string[]): readonly Step[] {
  const steps: { command: string; typed: string[]; answer: string[] }[] = [];
  for (const line of lines) {
    if (line.startsWith('$ ')) steps.push({ command: line.slice(2), typed: [], answer: [] });
    else if (line.startsWith('› ')) steps.at(-1)?.typed.push(line.slice(2));
    else steps.at(-1)?.answer.push(line);
  }
  return steps;
}

async function runScript(lines: readonly string[]): Promise<void> {
  const { output, code } = await bash(`set -e\n${lines.join('\n')}`, '');
  expect({ code, output: code === 0 ? '' : output }).toEqual({ code: 0, output: '' });
}

async function play({ command, typed }: Step): Promise<readonly string[]> {
  const { output } = await bash(command, typed.map((line) => `${line}\n`).join(''));
  return output.trimEnd() === ''
    ? []
    : output
        .trimEnd()
        .split('\n')
        .map((line) => line.trimEnd());
}

function bash(script: string, input: string): Promise<{ readonly output: string; readonly code: number | null }> {
  // One pipe for stdout and stderr, in the order in which they came.
  const child = spawn('bash', ['-c', `exec 2>&1\n${PRELUDE}${script}`], { cwd: clone, env });
  const { promise, resolve, reject } = Promise.withResolvers<{ output: string; code: number | null }>();
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
  child.on('error', reject);
  child.on('close', (code) => resolve({ output, code }));
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  return promise;
}

/**
 * `…` stands for anything in its line. What a terminal puts behind `│` is shown without it in a pipe, and its numbers change with the
 * sources that it counts; so do the widths of columns. The chat greets on terminals only.
 */
function matching(answer: readonly string[]): readonly unknown[] {
  return answer
    .filter((line) => !line.startsWith('/skills lists'))
    .map((line) => {
      const shown = line.startsWith('│ ');
      const pattern = (shown ? line.slice(2) : line)
        .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
        .replaceAll('…', '.*')
        .replace(/ +/g, ' +')
        .replace(/─+/g, '─+');
      return expect.stringMatching(new RegExp(`^${shown ? pattern.replace(/\d+/g, '\\d+') : pattern}$`)) as unknown;
    });
}
