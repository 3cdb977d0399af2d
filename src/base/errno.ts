/**
 * Linux error numbers and their messages, as asm-generic/errno-base.h, asm-generic/errno.h and
 * glibc's strerror(3) give them. Only the numbers that something in the simulated hosts can return.
 */
const table = {
  EPERM: [1, 'Operation not permitted'],
  ENOENT: [2, 'No such file or directory'],
  ESRCH: [3, 'No such process'],
  EINTR: [4, 'Interrupted system call'],
  EIO: [5, 'Input/output error'],
  ENXIO: [6, 'No such device or address'],
  E2BIG: [7, 'Argument list too long'],
  ENOEXEC: [8, 'Exec format error'],
  EBADF: [9, 'Bad file descriptor'],
  ECHILD: [10, 'No child processes'],
  EAGAIN: [11, 'Resource temporarily unavailable'],
  ENOMEM: [12, 'Cannot allocate memory'],
  EACCES: [13, 'Permission denied'],
  EFAULT: [14, 'Bad address'],
  ENOTBLK: [15, 'Block device required'],
  EBUSY: [16, 'Device or resource busy'],
  EEXIST: [17, 'File exists'],
  EXDEV: [18, 'Invalid cross-device link'],
  ENODEV: [19, 'No such device'],
  ENOTDIR: [20, 'Not a directory'],
  EISDIR: [21, 'Is a directory'],
  EINVAL: [22, 'Invalid argument'],
  ENFILE: [23, 'Too many open files in system'],
  EMFILE: [24, 'Too many open files'],
  ENOTTY: [25, 'Inappropriate ioctl for device'],
  ETXTBSY: [26, 'Text file busy'],
  EFBIG: [27, 'File too large'],
  ENOSPC: [28, 'No space left on device'],
  ESPIPE: [29, 'Illegal seek'],
  EROFS: [30, 'Read-only file system'],
  EMLINK: [31, 'Too many links'],
  EPIPE: [32, 'Broken pipe'],
  ERANGE: [34, 'Numerical result out of range'],
  ENAMETOOLONG: [36, 'File name too long'],
  ENOSYS: [38, 'Function not implemented'],
  ENOTEMPTY: [39, 'Directory not empty'],
  ELOOP: [40, 'Too many levels of symbolic links'],
  ENOMSG: [42, 'No message of desired type'],
  EIDRM: [43, 'Identifier removed'],
  ENODATA: [61, 'No data available'],
  EPROTO: [71, 'Protocol error'],
  EOVERFLOW: [75, 'Value too large for defined data type'],
  ENOTSOCK: [88, 'Socket operation on non-socket'],
  EDESTADDRREQ: [89, 'Destination address required'],
  EMSGSIZE: [90, 'Message too long'],
  ENOPROTOOPT: [92, 'Protocol not available'],
  EPROTONOSUPPORT: [93, 'Protocol not supported'],
  EOPNOTSUPP: [95, 'Operation not supported'],
  EAFNOSUPPORT: [97, 'Address family not supported by protocol'],
  EADDRINUSE: [98, 'Address already in use'],
  EADDRNOTAVAIL: [99, 'Cannot assign requested address'],
  ENETDOWN: [100, 'Network is down'],
  ENETUNREACH: [101, 'Network is unreachable'],
  ECONNABORTED: [103, 'Software caused connection abort'],
  ECONNRESET: [104, 'Connection reset by peer'],
  ENOBUFS: [105, 'No buffer space available'],
  EISCONN: [106, 'Transport endpoint is already connected'],
  ENOTCONN: [107, 'Transport endpoint is not connected'],
  ETIMEDOUT: [110, 'Connection timed out'],
  ECONNREFUSED: [111, 'Connection refused'],
  EHOSTDOWN: [112, 'Host is down'],
  EHOSTUNREACH: [113, 'No route to host'],
  EALREADY: [114, 'Operation already in progress'],
  EINPROGRESS: [115, 'Operation now in progress'],
  ESTALE: [116, 'Stale file handle'],
} as const satisfies Record<string, readonly [number, string]>;

/** The symbolic name of an error number, for example `ENOENT`. */
export type Errno = keyof typeof table;

/** The number Linux uses for `code` on most architectures (asm-generic). */
export function errnoNumber(code: Errno): number {
  return table[code][0];
}

/** The name of an error number; null when nothing here has it. */
export function errnoNamed(number: number): Errno | null {
  return (Object.keys(table) as Errno[]).find((code) => table[code][0] === number) ?? null;
}

/** strerror(3): the message a user reads. */
export function strerror(code: Errno): string {
  return table[code][1];
}

/** What V8 calls `Error.stackTraceLimit`; other engines do not look at it. */
const engine = Error as { stackTraceLimit?: number | undefined };

/**
 * A system call's failure, as a program in a simulated host sees it. It is for the guest's or the learner's
 * mistakes; our own are plain `Error`s from `assert`. It carries no stack: it is an everyday answer such as "no such file", and
 * writing down the stack took a twentieth of a replay's time.
 */
export class OsError extends Error {
  readonly code: Errno;
  constructor(code: Errno, detail = '') {
    const limit = engine.stackTraceLimit;
    engine.stackTraceLimit = 0;
    super(detail === '' ? strerror(code) : `${strerror(code)}: ${detail}`);
    engine.stackTraceLimit = limit;
    this.name = 'OsError';
    this.code = code;
  }
}

/** True when `error` is an {@link OsError} with one of `codes` (any code when none is given). */
export function isOsError(error: unknown, ...codes: readonly Errno[]): error is OsError {
  return error instanceof OsError && (codes.length === 0 || codes.includes(error.code));
}
