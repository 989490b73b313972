// Runs in a runner's place and says what it can reach; evidence for the tests, no part of the sandbox.
import fs from 'node:fs';

const [mode, hostPid, outside] = process.argv.slice(2);
const found = {};

async function attempt(name, act) {
  try {
    found[name] = await act();
  } catch (error) {
    found[name] = error.code ?? error.message;
  }
}

await attempt('read', () => fs.readFileSync('/etc/passwd', 'latin1').slice(0, 4));
await attempt('list', () => fs.readdirSync('/').length);
await attempt('write', () => fs.writeFileSync(`${outside}/planted`, 'x'));
await attempt('status', () => fs.readFileSync('/proc/self/environ', 'latin1'));
await attempt('spawn', async () => (await import('node:child_process')).spawnSync('/bin/true').status);
await attempt('worker', async () => new (await import('node:worker_threads')).Worker('1', { eval: true }).threadId);
await attempt('wasi', async () => typeof new (await import('node:wasi')).WASI({ version: 'preview1' }));
await attempt('sqlite', async () => new (await import('node:sqlite')).DatabaseSync(`${outside}/db`).constructor.name);
await attempt('eval', () => Reflect.get(globalThis, 'eval')('1'));
await attempt('addon', () => process.dlopen({ exports: {} }, '/lib/x86_64-linux-gnu/libm.so.6'));
await attempt('connect', async () => {
  const net = await import('node:net');
  return await new Promise((resolve, reject) => net.connect(1, '127.0.0.1').on('connect', resolve).on('error', reject));
});
await attempt('signal', () => process.kill(Number(hostPid), 0));
await attempt('environment', () => Object.keys(process.env).length);
found.scopes = ['fs.read', 'fs.write', 'net', 'child', 'worker', 'wasi', 'addon', 'inspector', 'ffi'].filter((scope) =>
  process.permission.has(scope),
);

if (mode === 'beneath') {
  const ffi = await import('node:ffi');
  const native = (name, types) => new ffi.DynamicLibrary(null).getFunction(name, { arguments: types, return: 'i32' });
  const open = native('open', ['string', 'i32', 'i32']);
  const kill = native('kill', ['i32', 'i32']);
  const socket = native('socket', ['i32', 'i32', 'i32']);
  const connect = native('connect', ['i32', 'pointer', 'i32']);
  const errno = new ffi.DynamicLibrary(null).getFunction('__errno_location', { arguments: [], return: 'pointer' });
  const answer = (result) => (result >= 0 ? 'done' : `errno ${ffi.getInt32(errno())}`);
  found.nativeRead = answer(open('/etc/passwd', 0, 0));
  found.nativeWrite = answer(open(`${outside}/planted`, 0o102, 0o600));
  found.nativeKill = answer(kill(Number(hostPid), 0));
  const address = new Uint8Array([2, 0, 0, 1, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
  found.nativeConnect = answer(connect(socket(2, 1, 0), ffi.getRawPointer(address.buffer), 16));
  const call = native('syscall', ['i64', 'i64', 'i64', 'i64', 'i64', 'i64', 'i64']);
  const x64 = process.arch === 'x64';
  const syscall = (...words) => answer(call(...[...words, 0, 0, 0, 0, 0, 0, 0].slice(0, 7).map(BigInt)));
  const AF = { unix: 1, inet: 2, inet6: 10, netlink: 16 };
  found.nativeUdp = answer(socket(AF.inet, 2, 0));
  found.nativeUnix = answer(socket(AF.unix, 1, 0));
  found.nativeNetlink = answer(socket(AF.netlink, 3, 0));
  found.nativeTrace = syscall(x64 ? 101 : 117, 16, hostPid);
  const limit = new BigUint64Array(2);
  found.nativeLimit = syscall(x64 ? 302 : 261, hostPid, 4, ffi.getRawPointer(limit.buffer));
  found.nativeOwnLimit = syscall(x64 ? 302 : 261, 0, 4, ffi.getRawPointer(limit.buffer));
  found.nativePidfd = syscall(434, hostPid, 0);
  found.nativePriority = syscall(x64 ? 141 : 140, 0, hostPid, 5);
  found.nativeRing = syscall(425, 1, 0);
  found.nativeKeys = syscall(x64 ? 250 : 219, 0, -3, 0);
  found.nativeNamespace = syscall(x64 ? 272 : 97, 0x10000000);
  const mode = native('chmod', ['string', 'i32']);
  found.nativeMode = answer(mode(outside, 0o777));
  found.nativeMemory = answer(open(`/proc/${hostPid}/mem`, 0, 0));
  const fcntl = native('fcntl', ['i32', 'i32', 'i64']);
  fcntl(3, 10, 9n);
  found.nativeOwner = answer(fcntl(3, 8, BigInt(hostPid)));
  found.nativeInside = answer(open('/proc/self/fd/4/inside.txt', 0, 0));
  found.nativeInsideWrite = answer(open('/proc/self/fd/4/made.txt', 0o102, 0o600));
}

fs.writeSync(3, `${JSON.stringify(found)}\n`);
fs.readSync(3, new Uint8Array(1));
