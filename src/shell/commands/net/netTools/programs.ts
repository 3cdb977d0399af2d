/** Who has which socket, for `netstat -p`. */
import { decodeUtf8 } from '../../../../base/index.ts';
import { readFile, type Sys, sys, writeAll } from '../../../../linux/index.ts';
import { namesIn, orNull } from '../../support.ts';

/** How much of a process's number and name is shown. */
export const PROGRAM_WIDTH = 19;

/** By the socket's inode: the last of those that have it, as they are found in /proc. */
export type Programs = ReadonlyMap<number, string>;

function* nameOfProcess(pid: string): Sys<string> {
  const bytes = yield* orNull(() => readFile(`/proc/${pid}/cmdline`));
  const [command = ''] = decodeUtf8(bytes ?? new Uint8Array()).split('\0');
  const name = command.startsWith('/') ? command.slice(command.lastIndexOf('/') + 1) : command;
  return `${pid}/${name}`.slice(0, PROGRAM_WIDTH);
}

/** Reads who has the sockets; tells on standard error what the caller may not see. */
export function* readPrograms(): Sys<Programs> {
  const programs = new Map<number, string>();
  let hidden = false;
  for (const pid of (yield* namesIn('/proc')).filter((name) => /^\d+$/.test(name))) {
    const files = yield* orNull(() => namesIn(`/proc/${pid}/fd`), 'EACCES');
    hidden ||= files === null;
    let name: string | null = null;
    for (const file of files ?? []) {
      const target = yield* orNull(() => sys.readlink(`/proc/${pid}/fd/${file}`));
      const [, inode] = /^socket:\[(\d+)\]$/.exec(target ?? '') ?? [];
      if (inode === undefined) continue;
      name ??= yield* nameOfProcess(pid);
      programs.set(Number(inode), name);
    }
  }
  if (!hidden) return programs;
  const some =
    '(Not all processes could be identified, non-owned process info\n will not be shown, you would have to be root to see it all.)\n';
  const none = `(No info could be read for "-p": geteuid()=${yield* sys.geteuid()} but you should be root.)\n`;
  yield* writeAll(2, programs.size > 0 ? some : none);
  return programs;
}
