import { createPlugin, type Plugin } from '@extism/extism';
import { INPUT } from './echo-skill.ts';
import { echoPlugin } from './guests.ts';

/** The peer: an Extism plugin in its worker, which keeps one instance for all calls. */
export async function startPlugin(): Promise<Plugin> {
  return await createPlugin({ wasm: [{ data: echoPlugin }] }, { runInWorker: true });
}

export async function callPlugin(plugin: Plugin): Promise<void> {
  const output = await plugin.call('echo', JSON.stringify(INPUT));
  const value: unknown = output?.json();
  if (typeof value !== 'object' || value === null || !('text' in value)) throw new Error('the echo plugin failed');
}
