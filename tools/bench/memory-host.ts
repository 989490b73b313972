// The host of the memory row: `warm` starts two runners and makes a hundred calls in each, a number makes so many calls, two at a
// time; answers `done` each time.
import { createInterface } from 'node:readline';
import { callSkill, echoSkill, startEchoPool } from './echo-skill.ts';

await using pool = startEchoPool(process.argv[2] ?? '');
const skill = echoSkill();
for await (const line of createInterface({ input: process.stdin })) {
  const calls = line === 'warm' ? 200 : Number(line);
  await Promise.all([0, 1].map(() => repeat(calls / 2)));
  console.log('done');
}

async function repeat(calls: number): Promise<void> {
  for (let made = 0; made < calls; made++) await callSkill(skill, pool);
}
