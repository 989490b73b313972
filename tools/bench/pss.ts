import { readdirSync, readFileSync } from 'node:fs';

/** Bytes of memory of a process and all that it started, shared pages by their share. Linux. */
export function pssOfTree(pid: number): number {
  return treeOf(pid).reduce((sum, one) => sum + pssOf(one), 0);
}

function treeOf(pid: number): readonly number[] {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  );
  return [pid, ...children.flatMap(treeOf)];
}

function pssOf(pid: number): number {
  const line = /^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'));
  if (line?.[1] === undefined) throw new Error(`process ${pid} tells no PSS`);
  return Number(line[1]) * 1024;
}
