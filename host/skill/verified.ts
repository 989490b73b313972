/** Known to this module alone: the constructor runs for nobody who cannot show it. */
const door = Symbol('verified');
let handedOut = false;

/**
 * A value that `verify` has checked, together with the very bytes that it checked. Nothing else makes one: not a cast, for the
 * private member makes the type nominal; not `new`, `Reflect.construct` or a subclass, for the constructor wants the door; not
 * `Object.create`, a spread or a clone, for `#proof` stays behind.
 */
export class Verified<T> {
  readonly #proof = true;
  readonly value: T;

  private constructor(key: symbol, value: T) {
    if (key !== door) throw new TypeError('only verify makes a Verified');
    this.value = value;
    Object.freeze(this);
  }

  /** Whether `x` came from `verify`, at run time. */
  static is(x: unknown): x is Verified<unknown> {
    return typeof x === 'object' && x !== null && #proof in x && x.#proof;
  }

  /**
   * The one way to make a `Verified`. It answers a single time in a process, to `verify.ts`, which takes it as it is loaded.
   * @throws TypeError for everyone who comes later.
   */
  static takeMint(): <T>(value: T) => Verified<T> {
    if (handedOut) throw new TypeError('the mint of Verified is taken: it belongs to verify');
    handedOut = true;
    return (value) => new Verified(door, value);
  }
}
