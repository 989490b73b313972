import { intersect, type Permissions } from '../policy/grants.ts';
import type { Skill } from './skill.ts';
import { Verified } from './verified.ts';

/** Known to this module alone: the constructor runs for nobody who cannot show it. */
const door = Symbol('granted');

const NONE: ReadonlyMap<string, Uint8Array> = new Map();

/**
 * A verified skill together with what it may do: what it asks for and a person gave. A run takes this and nothing less.
 * Not forgeable: the private member makes the type nominal, and a cast, a clone, a spread or `Object.create` has no `#proof`.
 */
export class Granted {
  readonly #proof = true;
  readonly skill: Skill;
  /** Never wider than the manifest's asks. */
  readonly permissions: Permissions;
  /** Transpiled components by path, checked against the lock; empty for anything but an installed component. */
  readonly derived: ReadonlyMap<string, Uint8Array>;

  private constructor(key: symbol, skill: Skill, permissions: Permissions, derived: ReadonlyMap<string, Uint8Array>) {
    if (key !== door) throw new TypeError('only grant makes a Granted');
    this.skill = skill;
    this.permissions = permissions;
    this.derived = derived;
    Object.freeze(this);
  }

  static is(x: unknown): x is Granted {
    return typeof x === 'object' && x !== null && #proof in x && x.#proof;
  }

  /** @throws TypeError for anything that `verify` did not make, whatever its type claims. */
  static of(verified: Verified<Skill>, given: Permissions, derived: ReadonlyMap<string, Uint8Array>): Granted {
    if (!Verified.is(verified)) throw new TypeError('only a verified skill can be granted anything');
    const skill = verified.value;
    return new Granted(door, skill, frozen(intersect(skill.manifest.permissions, given)), derived);
  }
}

/**
 * The skill with the rights that it asks for and was given.
 * @throws TypeError for a `verified` that is none.
 */
export function grant(verified: Verified<Skill>, given: Permissions, derived = NONE): Granted {
  return Granted.of(verified, given, derived);
}

/** Whether `x` came from `grant`; whoever runs a skill asks this as well as the compiler. */
export function isGranted(x: unknown): x is Granted {
  return Granted.is(x);
}

function frozen(permissions: Permissions): Permissions {
  for (const list of Object.values(permissions)) Object.freeze(list);
  return Object.freeze(permissions);
}
