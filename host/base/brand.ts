declare const brand: unique symbol;

/** A `Base` that only one parser makes. The brand exists at compile time alone. */
export type Brand<Base, Name extends string> = Base & { readonly [brand]: Name };
