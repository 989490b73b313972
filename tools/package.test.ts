import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';

const execute = promisify(execFile);
const host = fileURLToPath(new URL('../host', import.meta.url));
const root = realpathSync(mkdtempSync(join(tmpdir(), 'wirken-package-')));
const env = {
  ...process.env,
  PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`,
  WIRKEN_DATA_DIR: join(root, 'data'),
};
let wirken = '';

beforeAll(async () => {
  await execute('npm', ['pack', '--pack-destination', root], { cwd: host, env });
  const tarball = readdirSync(root).find((file) => file.endsWith('.tgz')) ?? '';
  const args = [
    'install',
    '--global',
    '--prefix',
    join(root, 'prefix'),
    '--prefer-offline',
    '--no-audit',
    '--no-fund',
    join(root, tarball),
  ];
  await execute('npm', args, { cwd: root, env });
  wirken = join(root, 'prefix', 'bin', 'wirken');
}, 240_000);

afterAll(() => rmSync(root, { recursive: true, force: true }));

it('works from the published package, installed in an empty directory', async () => {
  const version = await execute(wirken, ['--version'], { cwd: root, env });
  expect(version.stdout.trim()).toMatch(/^\d+\.\d+\.\d+$/);
  const list = await execute(wirken, ['skill', 'list', '--json'], { cwd: root, env });
  expect(
    JSON.parse(list.stdout).skills.map((skill: { name: string; trust: string }) => [skill.name, skill.trust]),
  ).toContainEqual(['code-stats', 'root-delegated']);
  const work = join(root, 'work');
  mkdirSync(work);
  writeFileSync(join(work, 'a.c'), 'int x; // y\n');
  const ran = await execute(wirken, ['skill', 'run', '--json', 'code-stats', 'a.c'], { cwd: work, env });
  expect(JSON.parse(ran.stdout)).toMatchObject({ totals: { files: 1 } });
  const doctor = await execute(wirken, ['doctor', '--json'], { cwd: root, env });
  expect(JSON.parse(doctor.stdout)).toMatchObject({ ok: true });
});
