import { encodeUtf8 } from '../../base/bytes.ts';
import type { GuestExit, GuestStop, GuestWorld } from '../world.ts';
import { ALL_RIGHTS, DIR_RIGHTS, STDIN_RIGHTS, STDOUT_RIGHTS } from './abi.ts';
import { WriteBudget } from './budget.ts';
import { Identities } from './identity.ts';
import { GuestMemory } from './memory.ts';
import { DescriptorTable } from './table.ts';

/** The state of one guest between its first import call and its last. */
export class Preview1Call {
  readonly world: GuestWorld;
  readonly memory = new GuestMemory();
  readonly table: DescriptorTable;
  readonly budget: WriteBudget;
  readonly identities = new Identities();
  #ended: GuestExit | GuestStop | undefined;

  /** @throws TypeError when the world has more stdio and mounts than it allows descriptors */
  constructor(world: GuestWorld) {
    this.world = world;
    this.table = new DescriptorTable(world.maxDescriptors);
    this.budget = new WriteBudget(world.maxWrittenBytes);
    if (world.maxDescriptors < 3 + world.mounts.length) {
      throw new TypeError(`${world.maxDescriptors} descriptors do not hold stdio and ${world.mounts.length} mounts`);
    }
    const stdout = { kind: 'sink', base: STDOUT_RIGHTS, inheriting: 0, flags: 0 } as const;
    this.table.add({ kind: 'source', source: world.stdin, base: STDIN_RIGHTS, inheriting: 0, flags: 0 });
    this.table.add({ ...stdout, sink: world.stdout });
    this.table.add({ ...stdout, sink: world.stderr });
    for (const { guestPath, dir } of world.mounts) {
      this.table.add({
        kind: 'directory',
        dir,
        preopen: encodeUtf8(guestPath),
        listing: undefined,
        base: DIR_RIGHTS,
        inheriting: ALL_RIGHTS,
        flags: 0,
      });
    }
  }

  /** Why the guest was ended. A guest with exception handling can catch what `end` throws; it cannot undo this. */
  get ended(): GuestExit | GuestStop | undefined {
    return this.#ended;
  }

  /** Takes everything from the guest and throws through its frames. */
  end(how: GuestExit | GuestStop): never {
    this.#ended ??= how;
    this.close();
    // oxlint-disable-next-line typescript/only-throw-error -- no error: the one way out through a guest’s frames
    throw this.#ended;
  }

  /** Closes every descriptor that the guest left open; mounts and stdio stay their owner's. */
  close(): void {
    this.table.closeAll();
    this.memory.detach();
  }
}
