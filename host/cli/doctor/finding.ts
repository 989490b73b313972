import { HostError } from '../../base/error.ts';
import { shown } from '../../base/shown.ts';

export type State = 'ok' | 'note' | 'wrong';

/** One finding. `id` is stable. */
export interface Finding {
  readonly id: string;
  readonly state: State;
  readonly what: string;
  readonly remedy?: string;
}

export function ok(id: string, what: string): Finding {
  return { id, state: 'ok', what };
}

export function wrong(id: string, error: unknown): Finding {
  if (error instanceof HostError) {
    const { remedy } = error.details;
    return {
      id,
      state: 'wrong',
      what: `${error.code}: ${shown(error.message, 400)}`,
      ...(remedy === undefined ? {} : { remedy }),
    };
  }
  return { id, state: 'wrong', what: shown(error instanceof Error ? error.message : String(error), 400) };
}
