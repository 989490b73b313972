import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { GuestStop } from '../../world.ts';
import { worldOf } from '../fixtures/world.ts';
import { KNOWN_INTERFACES } from '../interfaces.ts';
import { importsFor } from './all.ts';
import { Guest, MAX_CHUNK_BYTES, Unwind } from './guest.ts';
import { InputStream, OutputStream, Pollable, io } from './io.ts';

const ORACLE = new URL('../../../../node_modules/@bytecodealliance/preview2-shim/types/interfaces/', import.meta.url);
const U64 = 2n ** 64n - 1n;

describe('the interfaces', () => {
  const ours = importsFor(new Guest(worldOf({}).world), 'stdout');

  it('are those that may be imported', () => expect(Object.keys(ours).sort()).toEqual([...KNOWN_INTERFACES]));

  it.for(KNOWN_INTERFACES.map((name) => [name] as const))('%s has every function and method', ([name]) => {
    const file = `${name.replaceAll(/[:/]/g, '-')}.d.ts`;
    expect(readdirSync(ORACLE)).toContain(file);
    const declared = readFileSync(new URL(file, ORACLE), 'utf8');
    const given = ours[name] ?? {};
    for (const [, wanted] of declared.matchAll(/^export function (\w+)\(/gm))
      expect(typeof given[wanted ?? '']).toBe('function');
    for (const [, wanted, body] of declared.matchAll(/^export class (\w+) \{([^]*?)^\}/gm)) {
      const resource = given[wanted ?? ''];
      if (typeof resource !== 'function') throw new Error(`${name} lacks ${wanted}`);
      // nobody ever gets a socket
      if (name.startsWith('wasi:sockets/')) continue;
      for (const [, method] of (body ?? '').matchAll(/^ +(\w+)\(/gm))
        if (method !== 'constructor') expect(resource.prototype, `${wanted}.${method}`).toHaveProperty(method ?? '');
    }
  });
});

describe('streams', () => {
  it('never make room for what the guest asks', () => {
    const guest = new Guest(worldOf({}).world);
    const asked: number[] = [];
    const endless = new InputStream(guest, (into) => asked.push(into.length) && into.length);
    expect(endless.read(U64)).toMatchObject({ tag: 'ok', val: { length: MAX_CHUNK_BYTES } });
    expect(endless.blockingSkip(U64)).toEqual({ tag: 'ok', val: BigInt(MAX_CHUNK_BYTES) });
    expect(endless.read(0n)).toMatchObject({ tag: 'ok', val: { length: 0 } });
    expect(asked).toEqual([MAX_CHUNK_BYTES, MAX_CHUNK_BYTES]);
  });

  it('trap above what they allow to write', () => {
    const guest = new Guest(worldOf({}).world);
    let written = 0;
    const sink = new OutputStream(guest, (from) => void (written += from.length));
    expect(sink.checkWrite()).toEqual({ tag: 'ok', val: 1_048_576n });
    expect(sink.writeZeroes(1_048_576n)).toMatchObject({ tag: 'ok' });
    expect(() => sink.writeZeroes(U64)).toThrow(/allowed were/);
    expect(() => sink.write(new Uint8Array(1_048_577))).toThrow(/allowed were/);
    expect(written).toBe(1_048_576);
  });

  it('say that they are closed at the end, and how an operation failed', () => {
    const guest = new Guest(worldOf({}).world);
    expect(new InputStream(guest, () => 0).read(5n)).toEqual({ tag: 'err', val: { tag: 'closed' } });
    const failed = new OutputStream(guest, () => 'dquot').write(new Uint8Array(1));
    expect(failed).toMatchObject({ tag: 'err', val: { tag: 'last-operation-failed', val: { code: 'quota' } } });
  });
});

describe('the end of a call', () => {
  it('stays, whoever catches it', () => {
    const { world } = worldOf({ outputBytes: 3 });
    const guest = new Guest(world);
    const imports = importsFor(guest, 'stdout');
    const getStdout = imports['wasi:cli/stdout']?.['getStdout'] as () => OutputStream;
    const now = imports['wasi:clocks/wall-clock']?.['now'] as () => unknown;
    expect(() => getStdout().write(Buffer.from('four'))).toThrow(Unwind);
    expect(guest.end).toBeInstanceOf(GuestStop);
    expect(now).toThrow(Unwind);
    expect(() => getStdout().write(Buffer.from('x'))).toThrow(Unwind);
  });
});

describe('poll', () => {
  it('waits for the first, on the given clock', () => {
    const guest = new Guest(worldOf({ isDeterministic: true }).world);
    const start = guest.world.clock.monotonicNs();
    const later = new Pollable(guest, start + 10_000_000_000n);
    const sooner = new Pollable(guest, start + 5_000_000_000n);
    expect([...io.poll.poll([later, sooner])]).toEqual([1]);
    expect([...io.poll.poll([later, sooner, new Pollable(guest)])]).toEqual([1, 2]);
    later.block();
    expect(guest.world.clock.monotonicNs() - start).toBeGreaterThanOrEqual(10_000_000_000n);
    expect(() => io.poll.poll([])).toThrow(/empty/);
  });
});

describe('descriptors', () => {
  interface Opened {
    openAt(path: object, name: string, how: object, flags: object): { tag: string; val: Opened };
    readViaStream(at: bigint): unknown;
    writeViaStream(at: bigint): unknown;
    read(length: bigint, at: bigint): unknown;
    write(bytes: Uint8Array, at: bigint): unknown;
    setSize(size: bigint): unknown;
    createDirectoryAt(path: string): unknown;
    symlinkAt(target: string, path: string): unknown;
    readDirectory(): unknown;
    isSameObject(other: Opened): boolean;
    [Symbol.dispose](): void;
  }
  const preopens = (guest: Guest): Opened => {
    const get = importsFor(guest, 'stdout')['wasi:filesystem/preopens']?.['getDirectories'];
    const first = (get as () => [Opened, string][])()[0];
    if (first === undefined) throw new Error('no directory');
    return first[0];
  };
  const refused = (val: string): object => ({ tag: 'err', val });

  it('do what they were opened for', () => {
    const tmp = preopens(new Guest(worldOf({}).world));
    const writing = tmp.openAt({}, 'x', { create: true }, { write: true }).val;
    expect(writing.write(Buffer.from('hello'), 0n)).toEqual({ tag: 'ok', val: 5n });
    expect(writing.read(5n, 0n)).toEqual(refused('bad-descriptor'));
    expect(writing.readViaStream(0n)).toEqual(refused('bad-descriptor'));
    const reading = tmp.openAt({}, 'x', {}, { read: true }).val;
    expect(reading.read(U64, 1n)).toEqual({ tag: 'ok', val: [Uint8Array.from(Buffer.from('ello')), false] });
    expect(reading.read(U64, 5n)).toEqual({ tag: 'ok', val: [new Uint8Array(), true] });
    expect(reading.write(Buffer.from('x'), 0n)).toEqual(refused('bad-descriptor'));
    expect(reading.setSize(0n)).toEqual(refused('bad-descriptor'));
    expect(reading.readDirectory()).toEqual(refused('not-directory'));
    expect(reading.openAt({}, 'x', {}, { read: true })).toEqual(refused('not-directory'));
    expect(tmp.read(1n, 0n)).toEqual(refused('is-directory'));
    expect(reading.isSameObject(writing)).toBe(true);
    expect(reading.isSameObject(tmp)).toBe(false);
  });

  it('leave a file open for the streams over it', () => {
    const guest = new Guest(worldOf({ descriptors: 5 }).world);
    const tmp = preopens(guest);
    const file = tmp.openAt({}, 'x', { create: true }, { read: true, write: true }).val;
    expect(tmp.openAt({}, 'x', {}, { read: true })).toEqual(refused('insufficient-memory'));
    const { val: stream } = file.writeViaStream(0n) as { val: OutputStream };
    file[Symbol.dispose]();
    expect(tmp.openAt({}, 'x', {}, { read: true })).toEqual(refused('insufficient-memory'));
    expect(stream.write(Buffer.from('still'))).toMatchObject({ tag: 'ok' });
    stream[Symbol.dispose]();
    expect(tmp.openAt({}, 'x', {}, { read: true }).val.read(9n, 0n)).toMatchObject({
      tag: 'ok',
      val: [{ length: 5 }, false],
    });
  });

  it('make no name beyond what a call may make', () => {
    const guest = new Guest(worldOf({}).world);
    const tmp = preopens(guest);
    expect(tmp.createDirectoryAt('d')).toMatchObject({ tag: 'ok' });
    while (guest.takeName());
    expect(tmp.createDirectoryAt('n')).toEqual(refused('quota'));
    expect(tmp.symlinkAt('d', 'n')).toEqual(refused('quota'));
    expect(tmp.openAt({}, 'n', { create: true }, { write: true })).toEqual(refused('quota'));
    expect(tmp.openAt({}, 'd', {}, { read: true })).toMatchObject({ tag: 'ok' });
  });

  it('count what they write and what a gap adds', () => {
    const tmp = preopens(new Guest(worldOf({ writtenBytes: 100 }).world));
    const file = tmp.openAt({}, 'x', { create: true }, { write: true }).val;
    expect(file.write(new Uint8Array(1), 1n << 62n)).toEqual(refused('quota'));
    expect(file.setSize(101n)).toEqual(refused('quota'));
    expect(file.setSize(50n)).toMatchObject({ tag: 'ok' });
    expect(file.write(new Uint8Array(20), 79n)).toMatchObject({ tag: 'ok' });
    expect(file.write(new Uint8Array(2), 0n)).toEqual(refused('quota'));
    expect(file.write(new Uint8Array(1), 0n)).toMatchObject({ tag: 'ok' });
  });
});
