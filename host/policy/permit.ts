import type { ActionKind, ActionOf, Decider } from './action.ts';

type Mint = <K extends ActionKind>(action: ActionOf<K>, decider: Decider) => Permit<K>;

/**
 * Leave to do one thing once. Only the gate makes one, and only after its decision is durable in the audit log.
 * An effect takes it, spends it, and acts on `permit.action`: never on a path or host that came another way.
 */
export class Permit<K extends ActionKind = ActionKind> {
  readonly kind = 'permit';
  readonly action: ActionOf<K>;
  /** What the gate's yes rests on. */
  readonly decider: Decider;
  #spent = false;

  private constructor(action: ActionOf<K>, decider: Decider) {
    this.action = action;
    this.decider = decider;
    // What was decided stays what is spent.
    Object.freeze(this);
  }

  /** Hands the maker to the gate, once, and to nobody after it. */
  static claimMint(): Mint {
    if (claimed) throw new TypeError('permits are made by the gate alone');
    claimed = true;
    return (action, decider) => new Permit(action, decider);
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
