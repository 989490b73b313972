import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Content } from './case.ts';

/** A scratch workspace that is gone when it is disposed of. */
export class Stage implements Disposable {
  readonly dir = realpathSync(mkdtempSync(join(tmpdir(), 'wirken-test-')));

  constructor(files: Readonly<Record<string, Content>> = {}) {
    for (const [path, content] of Object.entries(files)) {
      const to = join(this.dir, path);
      mkdirSync(dirname(to), { recursive: true });
      writeFileSync(to, bytesOf(content));
    }
  }

  /** Every file by its path, `undefined` for what is neither file nor directory. */
  files(): ReadonlyMap<string, Uint8Array | undefined> {
    const found = new Map<string, Uint8Array | undefined>();
    for (const entry of readdirSync(this.dir, { recursive: true, withFileTypes: true })) {
      if (entry.isDirectory()) continue;
      const path = join(entry.parentPath, entry.name);
      found.set(path.slice(this.dir.length + 1), lstatSync(path).isFile() ? readFileSync(path) : undefined);
    }
    return found;
  }

  [Symbol.dispose](): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}

export function bytesOf(content: Content): Uint8Array {
  return typeof content === 'string' ? Buffer.from(content) : Buffer.from(content.base64, 'base64');
}
