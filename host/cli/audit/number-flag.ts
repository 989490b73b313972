import { HostError } from '../../base/error.ts';
import { shown } from '../../base/shown.ts';

const NUMBER = /^(?:0|[1-9][0-9]{0,14})$/;

/** A number that an option or an argument gave. @throws HostError `usage` */
export function numberFlag(name: string, untrusted: string, min: number): number {
  const value = NUMBER.test(untrusted) ? Number(untrusted) : -1;
  if (value >= min) return value;
  throw new HostError('usage', `${name}: "${shown(untrusted, 40)}" is no whole number from ${min} on`);
}
