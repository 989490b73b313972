import { HostError } from '../../base/error.ts';
import { shown } from '../../base/shown.ts';
import type { CallLimits } from '../limits.ts';
import { prepareModules } from '../module/prepare.ts';
import type { TranspiledComponent } from './transpiled.ts';

/** What a component's exports make it: `call` of `wirken:skill`, or `run` of `wasi:cli/command`. */
export type ComponentWorld = 'skill' | 'command';

/** What a runner must know of a component besides its core modules: plain JSON. */
export interface ComponentMeta {
  readonly world: ComponentWorld;
  /** The export that runs it. */
  readonly exportName: string;
  readonly js: string;
  /** How many instances of each core module the limits were shared over. */
  readonly instances: Readonly<Record<string, number>>;
}

/** A component as a runner takes it. */
export interface PreparedComponent {
  readonly meta: ComponentMeta;
  /** Held to the limits, by name. */
  readonly modules: ReadonlyMap<string, Uint8Array>;
}

const COMMAND = /^wasi:cli\/run@0\.2\.\d+$/;

/**
 * The component with its core modules held to the limits of a call, one budget over all instances of all of them.
 * @throws HostError component-invalid, and whatever `prepareModules` refuses
 */
export function prepareComponent(component: TranspiledComponent, limits: CallLimits): PreparedComponent {
  const names = [...component.cores.keys()];
  const prepared = prepareModules(
    [...component.cores].map(([name, untrusted]) => ({ untrusted, instances: component.instances.get(name) ?? 0 })),
    limits,
    'any',
  );
  return {
    meta: { ...worldOf(component), js: component.js, instances: Object.fromEntries(component.instances) },
    modules: new Map(names.map((name, index) => [name, prepared[index]?.bytes ?? new Uint8Array()])),
  };
}

/** @throws HostError component-invalid unless it is a `wirken:skill` or a `wasi:cli/command` */
function worldOf(component: Pick<TranspiledComponent, 'exports'>): {
  readonly world: ComponentWorld;
  readonly exportName: string;
} {
  if (component.exports.includes('call')) return { world: 'skill', exportName: 'call' };
  const exportName = component.exports.find((name) => COMMAND.test(name));
  if (exportName !== undefined) return { world: 'command', exportName };
  throw new HostError('component-invalid', 'the component exports neither call nor wasi:cli/run@0.2', {
    exports: component.exports.map((name) => shown(name, 100)),
    remedy: 'Build it for the world wirken:skill or wasi:cli/command.',
  });
}
