import type { ActionKind, ActionOf } from './action.ts';

type Mint = <K extends ActionKind>(action: ActionOf<K>) => Permit<K>;

/**
 * Leave to do one thing once. Only the gate makes one, and only after its decision is durable in the audit log.
 * An effect takes it, spends it, and acts on `permit.action`: never on a path or host that came another way.
 */
export class Permit<K extends ActionKind = ActionKind> {
  readonly kind = 'permit';
  readonly action: ActionOf<K>;
  #spent = false;

  private constructor(action: ActionOf<K>) {
    this.action = action;
  }

  /** Hands the maker to the gate, once, and to nobody after it. */
  static claimMint(): Mint {
    if (claimed) throw new TypeError('permits are made by the gate alone');
    claimed = true;
    return (action) => new Permit(action);
  }

  /**
   * Uses the permit up.
   * @throws TypeError for a forged, spent or wrong permit: each is a bug of ours
   */
  static spend<K extends ActionKind>(permit: Permit<K>, kind: K): ActionOf<K> {
    if (!(#spent in permit)) throw new TypeError('a permit that the gate did not make');
    if (permit.action.kind !== kind) throw new TypeError(`a permit for ${permit.action.kind} does not pay for ${kind}`);
    if (permit.#spent) throw new TypeError(`a permit for ${kind} was spent already`);
    permit.#spent = true;
    return permit.action;
  }
}

let claimed = false;
