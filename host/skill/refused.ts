import type { Refusal } from './verify.ts';

export function refused(code: Refusal['code'], message: string, rest: Pick<Refusal, 'file' | 'remedy'>): Refusal {
  return { kind: 'refused', code, message, ...rest };
}
