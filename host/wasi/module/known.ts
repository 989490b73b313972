export type CoreType = 'i32' | 'i64';

export interface Signature<Type extends string = string> {
  readonly params: readonly Type[];
  readonly results: readonly Type[];
}

/** The one module name whose functions a core module may import. */
export const PREVIEW1 = 'wasi_snapshot_preview1';

/**
 * Every function of WASI preview 1 with its core signature. Whatever a module imports besides these does not exist.
 * Source: WebAssembly/WASI, legacy/preview1/witx/wasi_snapshot_preview1.witx, lowered as witx's core ABI says.
 */
export const KNOWN_IMPORTS = {
  args_get: errno('i32 i32'),
  args_sizes_get: errno('i32 i32'),
  environ_get: errno('i32 i32'),
  environ_sizes_get: errno('i32 i32'),
  clock_res_get: errno('i32 i32'),
  clock_time_get: errno('i32 i64 i32'),
  fd_advise: errno('i32 i64 i64 i32'),
  fd_allocate: errno('i32 i64 i64'),
  fd_close: errno('i32'),
  fd_datasync: errno('i32'),
  fd_fdstat_get: errno('i32 i32'),
  fd_fdstat_set_flags: errno('i32 i32'),
  fd_fdstat_set_rights: errno('i32 i64 i64'),
  fd_filestat_get: errno('i32 i32'),
  fd_filestat_set_size: errno('i32 i64'),
  fd_filestat_set_times: errno('i32 i64 i64 i32'),
  fd_pread: errno('i32 i32 i32 i64 i32'),
  fd_prestat_get: errno('i32 i32'),
  fd_prestat_dir_name: errno('i32 i32 i32'),
  fd_pwrite: errno('i32 i32 i32 i64 i32'),
  fd_read: errno('i32 i32 i32 i32'),
  fd_readdir: errno('i32 i32 i32 i64 i32'),
  fd_renumber: errno('i32 i32'),
  fd_seek: errno('i32 i64 i32 i32'),
  fd_sync: errno('i32'),
  fd_tell: errno('i32 i32'),
  fd_write: errno('i32 i32 i32 i32'),
  path_create_directory: errno('i32 i32 i32'),
  path_filestat_get: errno('i32 i32 i32 i32 i32'),
  path_filestat_set_times: errno('i32 i32 i32 i32 i64 i64 i32'),
  path_link: errno('i32 i32 i32 i32 i32 i32 i32'),
  path_open: errno('i32 i32 i32 i32 i32 i64 i64 i32 i32'),
  path_readlink: errno('i32 i32 i32 i32 i32 i32'),
  path_remove_directory: errno('i32 i32 i32'),
  path_rename: errno('i32 i32 i32 i32 i32 i32'),
  path_symlink: errno('i32 i32 i32 i32 i32'),
  path_unlink_file: errno('i32 i32 i32'),
  poll_oneoff: errno('i32 i32 i32 i32'),
  proc_exit: { params: ['i32'], results: [] },
  proc_raise: errno('i32'),
  sched_yield: errno(''),
  random_get: errno('i32 i32'),
  sock_accept: errno('i32 i32 i32'),
  sock_recv: errno('i32 i32 i32 i32 i32 i32'),
  sock_send: errno('i32 i32 i32 i32 i32'),
  sock_shutdown: errno('i32 i32'),
} as const satisfies Record<string, Signature<CoreType>>;

export type KnownImport = keyof typeof KNOWN_IMPORTS;

export function knownImport(name: string): Signature<CoreType> | undefined {
  return isKnown(name) ? KNOWN_IMPORTS[name] : undefined;
}

function isKnown(name: string): name is KnownImport {
  return Object.hasOwn(KNOWN_IMPORTS, name);
}

function errno(params: string): Signature<CoreType> {
  return { params: params.split(' ').filter(isCoreType), results: ['i32'] };
}

function isCoreType(word: string): word is CoreType {
  return word === 'i32' || word === 'i64';
}
