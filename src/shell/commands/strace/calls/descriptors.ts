/** Calls on descriptors. */
import { encodeUtf8 } from '../../../../base/index.ts';
import {
  CLOSE_RANGE_CLOEXEC,
  type DirEntry,
  O_CLOEXEC,
  O_NONBLOCK,
  type PollReply,
  type PollRequest,
} from '../../../../linux/index.ts';
import { ADDRESS, type FlagTable, flagNames, statText } from '../values.ts';
import { openFlagNames } from './paths.ts';
import { type Formats, filled, type Show, type Shown, shown } from './types.ts';

/** What glibc has room for. */
const GETDENTS_SIZE = 32768;

/** struct linux_dirent64: a head of 19 bytes and the name with its end, in multiples of 8. */
const direntSize = ({ name }: DirEntry) => Math.ceil((encodeUtf8(name).length + 20) / 8) * 8;

const pipeFlags: FlagTable = [
  [O_NONBLOCK, 'O_NONBLOCK'],
  [O_CLOEXEC, 'O_CLOEXEC'],
];
const closeRangeFlags: FlagTable = [[CLOSE_RANGE_CLOEXEC, 'CLOSE_RANGE_CLOEXEC']];

const events = { in: 'POLLIN', out: 'POLLOUT', inout: 'POLLIN|POLLOUT' } as const;

const newDescriptor = (show: Show, call: Shown, done: { value: number } | null): Shown =>
  done === null ? call : { ...call, result: show.fd(done.value) };

function pollResult(show: Show, replies: readonly PollReply[]): string {
  const ready = replies.filter((each) => each.in || each.out || each.hup);
  if (ready.length === 0) return '0 (Timeout)';
  const texts = ready.map(({ fd, hup, ...reply }) => {
    const names = [reply.in && 'POLLIN', reply.out && 'POLLOUT', hup && 'POLLHUP'].filter((name) => name);
    return `{fd=${show.fd(fd)}, revents=${names.join('|')}}`;
  });
  return `${ready.length} ([${texts.join(', ')}])`;
}

const asked = (show: Show, fds: readonly PollRequest[]) =>
  `[${fds.map(({ fd, events: wanted }) => `{fd=${show.fd(fd)}, events=${events[wanted]}}`).join(', ')}]`;

type Calls =
  | 'close'
  | 'read'
  | 'write'
  | 'pread'
  | 'lseek'
  | 'mmap'
  | 'fstat'
  | 'getdents'
  | 'ftruncate'
  | 'fsync'
  | 'sync'
  | 'pipe'
  | 'close_range'
  | 'dup'
  | 'dupfd'
  | 'dup2'
  | 'setcloexec'
  | 'setnonblock'
  | 'poll'
  | 'fchdir';

export const descriptorFormats: Formats<Calls> = {
  close: (show, _, fd) => shown('close', show.fd(fd)),
  read: (show, done, fd, count) =>
    filled(
      1,
      shown('read', show.fd(fd), done ? show.text(done.value) : ADDRESS, count),
      done ? String(done.value.length) : undefined,
    ),
  write: (show, _, fd, data) => shown('write', show.fd(fd), show.text(data), data.length),
  pread: (show, done, fd, count, offset) =>
    filled(
      1,
      shown('pread64', show.fd(fd), done ? show.text(done.value) : ADDRESS, count, offset),
      done ? String(done.value.length) : undefined,
    ),
  lseek: (show, _, fd, offset, whence) => shown('lseek', show.fd(fd), offset, `SEEK_${whence.toUpperCase()}`),
  mmap: (show, _, fd) => ({
    ...shown('mmap', 'NULL', ADDRESS, 'PROT_READ', 'MAP_SHARED', show.fd(fd), 0),
    result: ADDRESS,
  }),
  fstat: (show, done, fd) =>
    filled(1, shown('fstat', show.fd(fd), done ? statText(done.value) : ADDRESS), '0'),
  getdents(show, done, fd) {
    if (done === null) return filled(1, shown('getdents64', show.fd(fd), ADDRESS, GETDENTS_SIZE));
    const entries = `${ADDRESS} /* ${done.value.length} entries */`;
    const size = done.value.reduce((sum, entry) => sum + direntSize(entry), 0);
    return filled(1, shown('getdents64', show.fd(fd), entries, GETDENTS_SIZE), String(size));
  },
  ftruncate: (show, _, fd, size) => shown('ftruncate', show.fd(fd), size),
  fsync: (show, _, fd) => shown('fsync', show.fd(fd)),
  sync: () => shown('sync'),
  pipe(show, done, flags = 0) {
    const ends = done ? `[${done.value.map((fd) => show.fd(fd)).join(', ')}]` : ADDRESS;
    return filled(0, shown('pipe2', ends, flagNames(flags, pipeFlags)), '0');
  },
  close_range: (_show, _done, first, last, flags = 0) =>
    shown('close_range', first, last, flagNames(flags, closeRangeFlags)),
  dup: (show, done, fd) => newDescriptor(show, shown('dup', show.fd(fd)), done),
  dupfd: (show, done, fd, min) => newDescriptor(show, shown('fcntl', show.fd(fd), 'F_DUPFD', min), done),
  dup2: (show, done, fd, to) => {
    const call = shown('dup2', show.fd(fd), to);
    return done ? { ...call, result: show.fd(to) } : call;
  },
  setcloexec: (show, _, fd, on) => shown('fcntl', show.fd(fd), 'F_SETFD', on ? 'FD_CLOEXEC' : 0),
  setnonblock: (show, _, fd, on) =>
    shown('fcntl', show.fd(fd), 'F_SETFL', openFlagNames(on ? O_NONBLOCK : 0)),
  poll(show, done, fds, timeout) {
    const wait = timeout === null ? -1 : Math.ceil(timeout / 1e6);
    const call = shown('poll', asked(show, fds), fds.length, wait);
    return done ? { ...call, result: pollResult(show, done.value) } : call;
  },
  fchdir: (show, _, fd) => shown('fchdir', show.fd(fd)),
};
