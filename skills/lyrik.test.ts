import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { afterAll, describe, expect, it } from 'vitest';

// By address: it is plain JavaScript.
const compiler: {
  readonly compileRules: (bundle: string) => string;
  readonly buildRules: (bundle: string, check: boolean) => boolean;
} = await import(new URL('../tools/lyrik-rules.mjs', import.meta.url).href);
const { buildRules, compileRules } = compiler;

const bundle = join(import.meta.dirname, 'lyrik');
const source = join(import.meta.dirname, '_src', 'lyrik');
const base = mkdtempSync(join(tmpdir(), 'wirken-lyrik-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));

interface Found {
  readonly rule: string;
  readonly file: string;
  readonly stable_id: string;
  readonly range: { readonly start: { readonly line: number } };
  readonly dataflow: readonly { readonly line: number }[];
}
interface Answer {
  readonly findings: readonly Found[];
  readonly notes: readonly { readonly file: string; readonly why: string }[];
  readonly exit: number;
  readonly new: number;
  readonly gone: number;
  readonly unchanged: number;
  readonly suppressed: number;
}

let made = 0;
function workspace(files: Readonly<Record<string, string | Buffer>>): string {
  const root = join(base, `ws${made++}`);
  mkdirSync(root);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return root;
}

function lyrik(
  root: string,
  tool: string,
  input: object,
  dir = bundle,
): { status: number; said: string; answer: Answer } {
  const cli = join(import.meta.dirname, '..', 'host', 'bin', 'wirken.mjs');
  const options = ['--dev', '--yes', '--json', '--allow', 'WorkspaceWrite:.lyrik/**', '--workspace', root];
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [cli, 'skill', 'run', ...options, dir, tool, JSON.stringify(input)],
    { encoding: 'utf8', maxBuffer: 1 << 28, env: { ...process.env, WIRKEN_DATA_DIR: join(base, 'data') } },
  );
  const answer: Answer = stdout === '' ? undefined : JSON.parse(stdout);
  return { status: status ?? -1, said: stderr + stdout, answer };
}

/** Places `file:line rule` that comments in the cases mark, and those that a scan finds. */
function held(cases: string, dir: string): { marked: string[]; found: string[]; ids: Set<string>; fine: Set<string> } {
  const compiled: { rules: { id: string }[] } = JSON.parse(compileRules(dir));
  const rules = new Set(compiled.rules.map((rule) => rule.id));
  const files = Object.fromEntries(
    readdirSync(cases).map((name) => [name.replace(/\.case$/u, ''), readFileSync(join(cases, name), 'utf8')]),
  );
  const marked = Object.entries(files).flatMap(([name, text]) =>
    text.split('\n').flatMap((line, at) =>
      (/finding: ([a-z0-9, -]+)/u.exec(line)?.[1] ?? '')
        .split(',')
        .filter((id) => rules.has(id.trim()))
        .map((id) => `${name}:${at + 1} ${id.trim()}`),
    ),
  );
  const ids = new Set(marked.map((place) => place.split(' ')[1] ?? ''));
  // A rule's own files hold it alone to what they mark.
  const own = (found: { readonly rule: string; readonly file: string }) =>
    marked.some((place) => place.startsWith(`${found.file}:`) && place.endsWith(` ${found.rule}`));
  const root = workspace(files);
  lyrik(root, 'scan', { cache: false }, dir);
  // All of them: the answer lists 500.
  const written: { findings: { rule: string; location: { file: string; line_start: number } }[] } = JSON.parse(
    readFileSync(join(root, '.lyrik', 'findings.json'), 'utf8'),
  );
  const found = written.findings
    .map(({ rule, location }) => ({ rule, file: location.file, line: location.line_start }))
    .filter(own)
    .map((each) => `${each.file}:${each.line} ${each.rule}`);
  const fine = new Set(Object.keys(files).filter((name) => files[name]?.includes(' fine')));
  return { marked: marked.sort(), found: found.sort(), ids, fine };
}

function selfTest(): string {
  const dir = join(base, 'self', 'lyrik');
  cpSync(bundle, dir, { recursive: true });
  rmSync(join(dir, 'rules'), { recursive: true });
  cpSync(join(source, 'selftest', 'rules'), join(dir, 'rules'), { recursive: true });
  buildRules(dir, false);
  return dir;
}

describe('the rules', () => {
  it('find what their cases mark, and nothing else in them', () => {
    const { marked, found, ids, fine } = held(join(source, 'cases'), bundle);
    expect(found).toEqual(marked);
    const rules: { rules: { id: string }[] } = JSON.parse(compileRules(bundle));
    expect(rules.rules.map((rule) => rule.id).filter((id) => !ids.has(id))).toEqual([]);
    const shown = [...fine].map((name) => name.slice(0, name.indexOf('.')));
    expect(rules.rules.map((rule) => rule.id).filter((id) => !shown.includes(id))).toEqual([]);
  });

  it('are compiled', () => {
    expect(readFileSync(join(bundle, 'rules', 'compiled.bin'), 'utf8')).toBe(compileRules(bundle));
  });
});

describe('the engine', () => {
  it('finds in every language what the self-test marks', () => {
    const { marked, found } = held(join(source, 'selftest', 'cases'), selfTest());
    expect(found).toEqual(marked);
  });

  it.for([
    [
      'a pattern',
      'patterns:\n  - "exec(0"\n',
      /rules\/javascript\/broken\.yaml:\d+: rule broken, patterns: .*never closed/u,
    ],
    ['a node', 'query: (no_such_node) @finding\n', /broken\.yaml:\d+: rule broken.*no node no_such_node/u],
  ] as const)('names file, line and rule when %s is wrong', ([, body, message]) => {
    const dir = selfTest();
    const good = readFileSync(join(source, 'selftest', 'rules', 'c', 'c-patterns.yaml'), 'utf8');
    const head = good
      .slice(0, good.indexOf('patterns:'))
      .replaceAll('c-patterns', 'broken')
      .replace('[c]', '[javascript]');
    writeFileSync(join(dir, 'rules', 'javascript', 'broken.yaml'), head + body);
    buildRules(dir, false);
    const { status, said } = lyrik(workspace({ 'a.js': 'x()\n' }), 'scan', {}, dir);
    rmSync(dirname(dir), { recursive: true });
    expect(status).toBe(1);
    expect(said).toMatch(message);
  });
});

const BAD = 'https.request({ rejectUnauthorized: false });\n';

describe('scan', () => {
  it('is unmoved by hostile files', () => {
    const nested = ['(', '[', '{', '([{', '`${', 'f(() => {', 'if (a) ', 'fn a() {', '<a>'];
    const files: Record<string, string | Buffer> = {
      'ok.js': BAD,
      'line.js': 'x = 1;'.repeat(9_000_000),
      'nul.js': 'x\0',
    };
    for (const extension of ['js', 'ts', 'tsx', 'py', 'go', 'java', 'c', 'rs']) {
      nested.forEach((text, at) => (files[`n${at}.${extension}`] = `${text}\n`.repeat(3000)));
      files[`half.${extension}`] = 'function f( { if (x';
      files[`bytes.${extension}`] = Buffer.from('x = "\xff\xfe\xc0";\n', 'latin1');
      files[`long.${extension}`] = `x = a${'\n+ a'.repeat(5000)};\n`;
      files[`chain.${extension}`] = `x = a${'\n.b()'.repeat(400)};\n`;
    }
    const { answer, said } = lyrik(workspace(files), 'scan', { cache: false });
    expect(said).not.toMatch(/limit-exceeded|crashed/u);
    expect(answer.findings.map((found) => found.file)).toEqual(['ok.js']);
    expect(answer.notes).toContainEqual({ file: 'line.js', why: 'too large' });
    expect(answer.notes).toContainEqual({ file: 'nul.js', why: 'binary' });
  });

  it('answers by severity, ignores with a reason, leaves out what git ignores, and knows a baseline', () => {
    const reason = '// lyrik-ignore: js-tls-unverified a server of the tests\n';
    const root = workspace({
      'a.js': BAD,
      'b.js': `${reason}${BAD}`,
      'c.js': `// lyrik-ignore: js-tls-unverified\n${BAD}`,
      '.gitignore': '/out/\n*.gen.js\n!keep.gen.js\n',
      'out/d.js': BAD,
      'e.gen.js': BAD,
      'keep.gen.js': BAD,
      'node_modules/x.js': BAD,
    });
    const first = lyrik(root, 'scan', {});
    expect(first.status).toBe(12);
    expect(first.answer.findings.map((found) => found.stable_id)).toEqual([
      'crypto::a.js:1',
      'crypto::c.js:2',
      'crypto::keep.gen.js:1',
    ]);
    expect(first.answer.suppressed).toBe(1);
    const again = lyrik(root, 'scan', { baseline: '.lyrik/findings.json' });
    expect(again.status).toBe(0);
    expect(again.answer).toMatchObject({ new: 0, gone: 0, unchanged: 4, exit: 0, suppressed: 1 });
    writeFileSync(join(root, 'a.js'), `\n\n${BAD}`);
    writeFileSync(join(root, 'c.js'), 'x();\n');
    writeFileSync(join(root, 'f.js'), BAD);
    const changed = lyrik(root, 'diff', { baseline: '.lyrik/findings.json' });
    expect(changed.answer).toMatchObject({ new: 1, gone: 1 });
    expect(changed.answer.findings.map((found) => found.file)).toEqual(['f.js']);
  });

  it('writes SARIF 2.1.0 and an escaped page', () => {
    const root = workspace({ 'a<b>.js': BAD.replace('request', 'request/*<script>*/') });
    lyrik(root, 'scan', {});
    const read = (name: string) => readFileSync(join(root, '.lyrik', name), 'utf8');
    expect(JSON.parse(read('findings.json'))).toMatchObject({
      schema_version: '1.1',
      findings: [
        { framing: ['crypto'], location: { file: 'a<b>.js', line_start: 1 }, tier: 'HIGH', detection_source: 'static' },
      ],
    });
    expect(JSON.parse(read('findings.sarif'))).toMatchObject({
      version: '2.1.0',
      runs: [
        {
          tool: { driver: { name: 'lyrik', rules: [{ id: 'js-tls-unverified' }] } },
          results: [
            {
              ruleIndex: 0,
              level: 'error',
              locations: [{ physicalLocation: { artifactLocation: { uri: 'a%3Cb%3E.js' }, region: { startLine: 1 } } }],
            },
          ],
        },
      ],
    });
    expect(read('report.html')).toContain('&lt;script&gt;');
    expect(read('report.html')).not.toContain('<script');
  });

  it('follows its configuration, and says what is wrong with it', () => {
    const config = (text: string) => workspace({ 'a.js': BAD, '.lyrik/config.json': text });
    expect(lyrik(config('{"severities":{"js-tls-unverified":"low"}}'), 'scan', {}).status).toBe(10);
    expect(lyrik(config('{"exclude":["a.js"]}'), 'scan', {}).status).toBe(0);
    expect(lyrik(config('{"fail_on":"critical"}'), 'scan', {}).status).toBe(0);
    expect(lyrik(config('{"nope":1}'), 'scan', {}).said).toMatch(/there is no setting nope/u);
    expect(lyrik(config('{'), 'scan', {}).said).toMatch(/\.lyrik\/config\.json:1:2/u);
  });
});
