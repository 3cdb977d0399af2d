/** What stands behind a socket's ends: who has it (-p), its timer (-o), and more of it (-e). */
import { MILLISECOND } from '../../../../base/index.ts';
import type { SocketInfo } from '../../../../linux/net/netlink/socketRequests.ts';

export function usersText({ users }: SocketInfo): string {
  if (users.length === 0) return '';
  const each = users.map(({ name, pid, fd }) => `("${name}",pid=${pid},fd=${fd})`);
  return ` users:(${each.join(',')})`;
}

/** A time as `print_ms_timer` of misc/ss.c shortens it. */
function timerTime(nanoseconds: number): string {
  const all = Math.floor(nanoseconds / MILLISECOND);
  const minutes = Math.floor(all / 60_000);
  const seconds = minutes > 9 ? 0 : Math.floor(all / 1000) % 60;
  const milliseconds = minutes > 0 || seconds > 9 ? 0 : all % 1000;
  return [
    minutes > 0 && `${minutes}min`,
    seconds > 0 && `${seconds}${milliseconds > 0 ? '.' : 'sec'}`,
    milliseconds > 0 && `${`${milliseconds}`.padStart(3, '0')}ms`,
  ]
    .filter((part) => part !== false)
    .join('');
}

export function timerText({ timer }: SocketInfo): string {
  if (timer === null) return '';
  return ` timer:(${timer.name},${timerTime(timer.left)},${timer.retries})`;
}

export function extendedText({ uid, inode, cookie, cgroup, shut }: SocketInfo): string {
  return [
    uid !== 0 && ` uid:${uid}`,
    ` ino:${inode}`,
    ` sk:${cookie.toString(16)}`,
    cgroup !== null && ` cgroup:${cgroup}`,
    shut !== null && ` ${shut.receive ? '-' : '<'}-${shut.send ? '-' : '>'}`,
  ]
    .filter((part) => part !== false)
    .join('');
}
