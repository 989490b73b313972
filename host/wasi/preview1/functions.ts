export type ValueType = 'i32' | 'i64';

export interface Signature {
  readonly params: readonly ValueType[];
  readonly results: readonly ValueType[];
}

/** The import module of all of them. `wasi_unstable` is an older ABI with other layouts under the same names: unknown here. */
export const PREVIEW1_MODULE = 'wasi_snapshot_preview1';

/** `4` is an i32, `8` an i64; all but `proc_exit` answer an errno. */
function errno(params: string): Signature {
  return { params: Array.from(params, (size) => (size === '8' ? 'i64' : 'i32')), results: ['i32'] };
}

/**
 * Every function of WASI preview 1 with its core signature.
 * Source: `wasi_snapshot_preview1.witx`, lowered as its ABI text says.
 */
export const PREVIEW1_FUNCTIONS = Object.freeze({
  args_get: errno('44'),
  args_sizes_get: errno('44'),
  environ_get: errno('44'),
  environ_sizes_get: errno('44'),
  clock_res_get: errno('44'),
  clock_time_get: errno('484'),
  fd_advise: errno('4884'),
  fd_allocate: errno('488'),
  fd_close: errno('4'),
  fd_datasync: errno('4'),
  fd_fdstat_get: errno('44'),
  fd_fdstat_set_flags: errno('44'),
  fd_fdstat_set_rights: errno('488'),
  fd_filestat_get: errno('44'),
  fd_filestat_set_size: errno('48'),
  fd_filestat_set_times: errno('4884'),
  fd_pread: errno('44484'),
  fd_prestat_dir_name: errno('444'),
  fd_prestat_get: errno('44'),
  fd_pwrite: errno('44484'),
  fd_read: errno('4444'),
  fd_readdir: errno('44484'),
  fd_renumber: errno('44'),
  fd_seek: errno('4844'),
  fd_sync: errno('4'),
  fd_tell: errno('44'),
  fd_write: errno('4444'),
  path_create_directory: errno('444'),
  path_filestat_get: errno('44444'),
  path_filestat_set_times: errno('4444884'),
  path_link: errno('4444444'),
  path_open: errno('444448844'),
  path_readlink: errno('444444'),
  path_remove_directory: errno('444'),
  path_rename: errno('444444'),
  path_symlink: errno('44444'),
  path_unlink_file: errno('444'),
  poll_oneoff: errno('4444'),
  proc_exit: { params: ['i32'], results: [] },
  proc_raise: errno('4'),
  random_get: errno('44'),
  sched_yield: errno(''),
  sock_accept: errno('444'),
  sock_recv: errno('444444'),
  sock_send: errno('44444'),
  sock_shutdown: errno('44'),
} satisfies Record<string, Signature>);

export type Preview1Name = keyof typeof PREVIEW1_FUNCTIONS;

/** What stands behind each name: i32 arrives as a signed number, i64 as a signed bigint. */
export type Preview1Functions = {
  readonly [Name in Preview1Name]: (...params: never[]) => Name extends 'proc_exit' ? never : number;
};
