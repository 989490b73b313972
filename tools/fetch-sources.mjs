// The published packages whose C sources a bundled skill is built from, in node_modules/.cache: they are never installed, and what they are
// is pinned by version and SHA-512 in tools/wasm/sources.json.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const cache = join(root, 'node_modules', '.cache', 'wirken-sources');

/** @returns {Record<string, {version: string, integrity: string}>} */
function pinned() {
  return JSON.parse(readFileSync(join(root, 'tools', 'wasm', 'sources.json'), 'utf8'));
}

/**
 * Directory of the unpacked package `name`, checked against its pin. Fetched if it is not there.
 * @param {string} name
 * @returns {string}
 */
export function fetchSource(name) {
  const pin = pinned()[name];
  if (pin === undefined) throw new Error(`${name} is not in tools/wasm/sources.json`);
  mkdirSync(cache, { recursive: true });
  const archive = join(cache, `${name}-${pin.version}.tgz`);
  if (!existsSync(archive)) pack(`${name}@${pin.version}`, archive);
  const found = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`;
  if (found !== pin.integrity) {
    rmSync(archive);
    throw new Error(`${name}@${pin.version} is not what tools/wasm/sources.json pins: ${found}`);
  }
  return unpack(archive, join(cache, `${name}-${pin.version}-${found.slice(7, 19).replaceAll(/[/+]/gu, '_')}`));
}

/** @param {string} spec @param {string} archive */
function pack(spec, archive) {
  const dir = mkdtempSync(join(cache, 'pack-'));
  try {
    const { stdout } = run('npm', ['pack', spec, '--silent', '--ignore-scripts', '--pack-destination', dir]);
    renameSync(join(dir, stdout.trim().split('\n').at(-1) ?? ''), archive);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** @param {string} archive @param {string} target */
function unpack(archive, target) {
  if (existsSync(target)) return target;
  const dir = mkdtempSync(join(cache, 'unpack-'));
  try {
    run('tar', ['-xzf', archive, '-C', dir, '--strip-components=1', '--no-same-owner']);
    renameSync(dir, target);
  } catch (error) {
    rmSync(dir, { recursive: true, force: true });
    if (!existsSync(target)) throw error;
  }
  return target;
}

/** @param {string} command @param {string[]} args */
function run(command, args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd: cache, encoding: 'utf8' });
  if (error !== undefined || status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? stderr}`);
  return { stdout };
}
