/**
 * Device and inode numbers as the guest sees them: given in the order in which it meets them, from 1 on. The same calls see the same
 * numbers on every machine, and the host's own numbers stay unknown.
 */
export class Identities {
  readonly #devices = new Map<bigint, { readonly dev: bigint; readonly inodes: Map<bigint, bigint> }>();

  dev(dev: bigint): bigint {
    return this.#device(dev).dev;
  }

  ino(dev: bigint, ino: bigint): bigint {
    const { inodes } = this.#device(dev);
    let given = inodes.get(ino);
    if (given === undefined) {
      given = BigInt(inodes.size + 1);
      inodes.set(ino, given);
    }
    return given;
  }

  #device(dev: bigint): { readonly dev: bigint; readonly inodes: Map<bigint, bigint> } {
    let device = this.#devices.get(dev);
    if (device === undefined) {
      device = { dev: BigInt(this.#devices.size + 1), inodes: new Map() };
      this.#devices.set(dev, device);
    }
    return device;
  }
}
