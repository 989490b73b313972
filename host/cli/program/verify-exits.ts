/** The exit codes of what verifies. */
export const VERIFY_EXITS =
  'Exits 0 when all is good, 10 when something diverges, 11 when the chain, a head or the tree is broken, 12 when there is nothing to verify or it cannot be read, 2 for wrong usage.';
