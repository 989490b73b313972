/** The numbers of one system call: on x64 and on arm64, or one for both; -1 where it does not exist. */
type Numbers = number | readonly [x64: number, arm64: number];

/**
 * System calls that neither a runner nor the thread that starts it has any use for, and by which native code could reach what Landlock
 * does not watch: sockets of any kind, other processes, modes and owners of files, mounts, keys, shared memory, the kernel's own doors.
 * Source: Linux, arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h.
 */
const DENIED = {
  // Landlock knows TCP and abstract names; neither UDP nor a socket with a path, the one of a container daemon for instance.
  socket: [41, 198],
  connect: [42, 203],
  accept: [43, 202],
  accept4: [288, 242],
  bind: [49, 200],
  listen: [50, 201],
  sendto: [44, 206],
  // Descriptors travel by these.
  sendmsg: [46, 211],
  sendmmsg: [307, 269],
  recvmsg: [47, 212],
  recvmmsg: [299, 243],

  ptrace: [101, 117],
  process_vm_readv: [310, 270],
  process_vm_writev: [311, 271],
  process_madvise: 440,
  process_mrelease: 448,
  pidfd_open: 434,
  pidfd_send_signal: 424,
  pidfd_getfd: 438,
  rt_sigqueueinfo: [129, 138],
  rt_tgsigqueueinfo: [297, 240],
  kcmp: [312, 272],
  setpriority: [141, 140],
  ioprio_set: [251, 30],
  sched_setparam: [142, 118],
  sched_setscheduler: [144, 119],
  sched_setaffinity: [203, 122],
  sched_setattr: [314, 274],
  migrate_pages: [256, 238],
  move_pages: [279, 239],

  // Landlock lets everyone do these to every file of the same user.
  chmod: [90, -1],
  fchmod: [91, 52],
  fchmodat: [268, 53],
  fchmodat2: 452,
  chown: [92, -1],
  fchown: [93, 55],
  lchown: [94, -1],
  fchownat: [260, 54],
  setxattr: [188, 5],
  lsetxattr: [189, 6],
  fsetxattr: [190, 7],
  removexattr: [197, 14],
  lremovexattr: [198, 15],
  fremovexattr: [199, 16],
  setxattrat: 463,
  removexattrat: 466,
  file_setattr: 469,
  name_to_handle_at: [303, 264],
  open_by_handle_at: [304, 265],
  inotify_init: [253, -1],
  inotify_init1: [294, 26],
  fanotify_init: [300, 262],

  shmget: [29, 194],
  shmat: [30, 196],
  shmctl: [31, 195],
  semget: [64, 190],
  semctl: [66, 191],
  msgget: [68, 186],
  msgctl: [71, 187],
  mq_open: [240, 180],
  mq_unlink: [241, 181],
  add_key: [248, 217],
  request_key: [249, 218],
  keyctl: [250, 219],

  // Only this one: the thread's event loop may have a ring already, and ends the whole host if it is not let in. No child gets that ring.
  io_uring_setup: 425,
  bpf: [321, 280],
  perf_event_open: [298, 241],
  userfaultfd: [323, 282],
  personality: [135, 92],
  modify_ldt: [154, -1],
  iopl: [172, -1],
  ioperm: [173, -1],

  setuid: [105, 146],
  setgid: [106, 144],
  setreuid: [113, 145],
  setregid: [114, 143],
  setgroups: [116, 159],
  setresuid: [117, 147],
  setresgid: [119, 149],
  setfsuid: [122, 151],
  setfsgid: [123, 152],
  capset: [126, 91],
  unshare: [272, 97],
  setns: [308, 268],
  mount: [165, 40],
  umount2: [166, 39],
  pivot_root: [155, 41],
  chroot: [161, 51],
  open_tree: 428,
  move_mount: 429,
  fsopen: 430,
  fsconfig: 431,
  fsmount: 432,
  fspick: 433,
  mount_setattr: 442,
  open_tree_attr: 467,
  quotactl: [179, 60],
  quotactl_fd: 443,
  swapon: [167, 224],
  swapoff: [168, 225],
  acct: [163, 89],
  reboot: [169, 142],
  sethostname: [170, 161],
  setdomainname: [171, 162],
  settimeofday: [164, 170],
  clock_settime: [227, 112],
  adjtimex: [159, 171],
  clock_adjtime: [305, 266],
  syslog: [103, 116],
  vhangup: [153, 58],
  init_module: [175, 105],
  finit_module: [313, 273],
  delete_module: [176, 106],
  kexec_load: [246, 104],
  kexec_file_load: [320, 294],
} as const satisfies Readonly<Record<string, Numbers>>;

/** What a runner needs no more once it runs: other programs, other processes, their signals, and doors into memory that is code. */
const AFTER_START = {
  execve: [59, 221],
  execveat: [322, 281],
  fork: [57, -1],
  vfork: [58, -1],
  kill: [62, 129],
  tkill: [200, 130],
  socketpair: [53, 199],
  memfd_create: [319, 279],
} as const satisfies Readonly<Record<string, Numbers>>;

/** Numbers of the calls that are denied on this architecture. */
export function deniedCalls(column: 0 | 1): readonly number[] {
  return numbersOf(DENIED, column);
}

/** Numbers of the calls that are denied besides, once a runner has started. */
export function afterStart(column: 0 | 1): readonly number[] {
  return numbersOf(AFTER_START, column);
}

function numbersOf(table: Readonly<Record<string, Numbers>>, column: 0 | 1): readonly number[] {
  return Object.values<Numbers>(table)
    .map((numbers) => (typeof numbers === 'number' ? numbers : numbers[column]))
    .filter((number) => number >= 0);
}
