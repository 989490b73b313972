import type { Preview1Call } from './call.ts';
import { ERRNO } from './errno.ts';

/** `sock_*`: no descriptor is ever a socket. */
export function sockFunctions({ table }: Preview1Call) {
  const noSocket = (fd: number): number => (table.get(fd) === undefined ? ERRNO.badf : ERRNO.notsock);
  return {
    sock_accept: (fd: number, _flags: number, _out: number) => noSocket(fd),
    sock_recv: (fd: number, _iovs: number, _count: number, _flags: number, _size: number, _outFlags: number) =>
      noSocket(fd),
    sock_send: (fd: number, _iovs: number, _count: number, _flags: number, _size: number) => noSocket(fd),
    sock_shutdown: (fd: number, _how: number) => noSocket(fd),
  };
}
