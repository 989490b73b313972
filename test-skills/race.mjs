// Swaps the directory argv[2] with the symlink argv[3], by two renames a turn, until it is killed.
import { mkdirSync, renameSync, symlinkSync } from 'node:fs';

const [dir, target] = process.argv.slice(2);
const aside = `${dir}.aside`;
const link = `${dir}.link`;
symlinkSync(target, link);
mkdirSync(`${dir}.ready`);
for (;;) {
  renameSync(dir, aside);
  renameSync(link, dir);
  renameSync(dir, link);
  renameSync(aside, dir);
}
