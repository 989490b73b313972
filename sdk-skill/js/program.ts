import { installBuildGlobals } from './globals.ts';
import { program } from './runtime.ts';
import { type Skill, toolsOf } from './skill.ts';

installBuildGlobals();
// Not before: what its modules do at their top level counts on these.
const name: string = 'wirken:entry';
const entry: { readonly default: Skill } = await import(name);
Reflect.set(globalThis, '_', program(entry.default));
Reflect.set(globalThis, 'wirken:tools', JSON.stringify(toolsOf(entry.default)));
