import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Access } from './access.ts';
import { WorkspaceDir } from './dir.ts';
import { bothBackends, CREATE, grants, REPLACE, Scene, textOf, putText } from './fixture.ts';

/** How long one attack goes on, and how long at most until it has met the opens. */
const ATTACK_MS = 700;
const MAX_ATTACK_MS = 15_000;

// Swaps a directory for a symlink to the outside, a file for a symlink, and a granted directory for one that is not, as fast as it can.
const ATTACKER = `
import { renameSync, symlinkSync } from 'node:fs';
const swap = (name) => {
  renameSync(name, name + '.real');
  renameSync(name + '.link', name);
  renameSync(name, name + '.link');
  renameSync(name + '.real', name);
};
process.stdout.write('ready');
for (;;) for (const name of ['d', 'open/f', 'open/granted', 'open/e/x']) swap(name);
`;

const everywhere: Access = 'read-write';
const granted = grants(['d/**', 'open/**'], ['d/**', 'open/**']);

describe.for(bothBackends().map((backend) => [backend.name, backend] as const))(
  '%s under a rename attack',
  ([, backend]) => {
    it.for([
      ['everything granted', everywhere],
      ['globs granted', granted],
    ] as const)('never reaches outside, %s', async ([, access]) => {
      using scene = new Scene();
      for (const path of ['d/f', 'open/f', 'open/granted/f', 'open/e/x/f', 'hidden/f']) scene.put(path, 'inside');
      scene.put('hidden/f', 'hidden');
      writeFileSync(join(scene.outside, 'f'), 'outside');
      mkdirSync(join(scene.outside, 'x'));
      writeFileSync(join(scene.outside, 'x', 'f'), 'outside');
      symlinkSync('../outside', scene.path('d.link'));
      symlinkSync('../../outside/f', scene.path('open/f.link'));
      symlinkSync('../hidden', scene.path('open/granted.link'));
      symlinkSync('../../../outside/x', scene.path('open/e/x.link'));
      const before = scene.outsideState();

      using workspace = WorkspaceDir.openAmbient(scene.work);
      const dir = workspace.handle(access, backend);
      const attacker = spawn(process.execPath, ['--input-type=module', '-e', ATTACKER], {
        cwd: scene.work,
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const seen = new Set<string>();
      try {
        await once(attacker.stdout, 'data');
        const start = performance.now();
        const isOver = (ms: number): boolean =>
          ms > MAX_ATTACK_MS || (ms > ATTACK_MS && seen.has('text inside') && seen.has('notcapable'));
        for (let round = 0; !isOver(performance.now() - start); round += 1) {
          for (const path of [
            'd/f',
            'open/f',
            'open/granted/f',
            'open/e/x/f',
            'open/e/../../d/f',
            'open/granted/../f',
          ]) {
            const text = textOf(dir, path);
            seen.add(typeof text === 'string' ? text : `text ${text.text}`);
            seen.add(`write ${putText(dir, path, 'inside', round % 2 === 0 ? REPLACE : CREATE)}`);
          }
          for (const path of ['d', 'open/granted', 'open/e/x']) {
            const name = `${path}/made-${round % 7}`;
            putText(dir, name, 'made', CREATE);
            dir.mkdir(`${name}.d`);
            dir.symlink('made', `${name}.l`);
            dir.link(`${path}/f`, true, dir, `${name}.h`);
            dir.rename(name, dir, `${name}.r`);
            dir.setTimesAt(`${name}.r`, true, 0n, 0n);
            dir.unlink(`${name}.h`);
            dir.unlink(`${name}.r`);
            dir.unlink(`${name}.l`);
            dir.rmdir(`${name}.d`);
          }
        }
      } finally {
        attacker.kill('SIGKILL');
        if (attacker.exitCode === null && attacker.signalCode === null) await once(attacker, 'exit');
      }
      expect(seen).not.toContain('text outside');
      expect(scene.outsideState()).toBe(before);
      // The attack met the opens: both what is there and what is refused were seen.
      expect(seen).toContain('text inside');
      expect(seen).toContain('notcapable');
      if (access === granted) {
        expect(seen).not.toContain('text hidden');
        expect(readdirSync(scene.path('hidden'))).toEqual(['f']);
      }
    });
  },
);
