import { type GuestExit, GuestStop, type GuestWorld } from '../../world.ts';
import { MAX_NAMES } from '../../preview1/budget.ts';
import { Identities } from '../../preview1/identity.ts';

/** Bytes that one stream operation moves at most, whatever number the guest asks for. */
export const MAX_CHUNK_BYTES = 64 * 1024;
/** Resources of all kinds that a guest may hold at the same time; descriptors have the world's own limit on top. */
const MAX_RESOURCES = 16_384;

/**
 * What one call of a component shares among its imports: the world, what was used of it, and whether the call has ended.
 * A guest can catch what is thrown through its frames, and generated code takes what is thrown for a result; hence the end is
 * remembered here, and from then on every way to the world throws again.
 */
export class Guest {
  readonly #world: GuestWorld;
  readonly identities = new Identities();
  readonly #open = new Set<{ close(): void }>();
  #descriptors: number;
  #resources = 0;
  #written = 0;
  #names = 0;
  #end: GuestExit | GuestStop | undefined;
  #scratch = new Uint8Array();

  constructor(world: GuestWorld) {
    this.#world = world;
    this.#descriptors = 3 + world.mounts.length;
  }

  get end(): GuestExit | GuestStop | undefined {
    return this.#end;
  }

  /** @throws Unwind once the call has ended */
  get world(): GuestWorld {
    if (this.#end !== undefined) throw new Unwind();
    return this.#world;
  }

  /** Ends the call. @throws Unwind always */
  finish(end: GuestExit | GuestStop): never {
    this.#end ??= end;
    throw new Unwind();
  }

  /** Runs what may exceed a limit of the world. @throws Unwind if it does */
  within<T>(use: (world: GuestWorld) => T): T {
    try {
      return use(this.world);
    } catch (error) {
      if (error instanceof GuestStop) this.finish(error);
      throw error;
    }
  }

  /** A buffer of min(`asked`, MAX_CHUNK_BYTES) bytes, good until the next one is asked for. */
  scratch(asked: bigint): Uint8Array {
    void this.world;
    const bytes = asked < BigInt(MAX_CHUNK_BYTES) ? Number(asked) : MAX_CHUNK_BYTES;
    if (this.#scratch.length < bytes) this.#scratch = new Uint8Array(bytes);
    return this.#scratch.subarray(0, bytes);
  }

  /** Counts a resource that the guest gets. @throws Error, a trap, at the limit */
  hold(): void {
    if (this.#resources >= MAX_RESOURCES) throw new Error(`the guest holds more than ${MAX_RESOURCES} resources`);
    this.#resources += 1;
  }

  release(): void {
    this.#resources -= 1;
  }

  /** Whether one more descriptor may be open. */
  get hasDescriptor(): boolean {
    return this.#descriptors < this.world.maxDescriptors;
  }

  opened(handle: { close(): void }): void {
    this.#descriptors += 1;
    this.#open.add(handle);
  }

  /** Closes what `opened` was told of; a handle that belongs to the world stays open. */
  closed(handle: { close(): void }): void {
    if (!this.#open.delete(handle)) return;
    this.#descriptors -= 1;
    handle.close();
  }

  /** Takes `bytes` off what may be written; `false`, and nothing taken, if that is not left. */
  charge(bytes: bigint): boolean {
    if (bytes > BigInt(this.world.maxWrittenBytes - this.#written)) return false;
    this.#written += Number(bytes);
    return true;
  }

  /** Takes one of the names that a call may make in directories; `false` if none is left. */
  takeName(): boolean {
    this.#names += 1;
    return this.#names <= MAX_NAMES;
  }

  /** Closes what the guest left open. */
  dispose(): void {
    for (const handle of this.#open) handle.close();
    this.#open.clear();
  }
}

/** Goes through the guest's frames to the run, which asks the guest for how it ended. */
export class Unwind extends Error {
  override readonly name = 'Unwind';
}
