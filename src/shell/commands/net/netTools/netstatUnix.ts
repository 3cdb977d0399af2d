/** `netstat -x`: /proc/net/unix as net-tools 2.10 shows it (`unix_do_one` of netstat.c). */
import { decodeUtf8 } from '../../../../base/index.ts';
import { readFile, type Sys } from '../../../../linux/index.ts';
import { PROGRAM_WIDTH, type Programs } from './programs.ts';

/** SO_ACCEPTCON of the flags. */
const LISTENS = 0x10000;
/** Of socket(2). */
const TYPES = ['', 'STREAM', 'DGRAM', 'RAW', 'RDM', 'SEQPACKET'];
/** socket_state of linux/net.h. */
const STATES = ['FREE', '', 'CONNECTING', 'CONNECTED', 'DISCONNECTING'];

/** The table with its title, which says `which` sockets; `shows` tells whether those that listen, or do not. `programs` is null without -p. */
export function* unixText(
  which: string,
  shows: (listens: boolean) => boolean,
  programs: Programs | null,
): Sys<string> {
  const width = PROGRAM_WIDTH + 2;
  let text = `Active UNIX domain sockets (${which})\nProto RefCnt Flags       Type       State         I-Node   ${
    programs === null ? '' : 'PID/Program name'.padEnd(width)
  }Path\n`;
  for (const line of decodeUtf8(yield* readFile('/proc/net/unix'))
    .split('\n')
    .slice(1)) {
    const [, count, , flags, type, state, inode, path = ''] =
      /^\S+ (\S+) (\S+) (\S+) (\S+) (\S+) +(\S+) ?(.*)$/.exec(line) ?? [];
    if (inode === undefined) continue;
    const listens = (Number.parseInt(flags!, 16) & LISTENS) !== 0;
    if (!shows(listens)) continue;
    const columns = [
      'unix ',
      `${Number.parseInt(count!, 16)}`.padEnd(6),
      (listens ? '[ ACC ]' : '[ ]').padEnd(11),
      (TYPES[Number.parseInt(type!, 16)] ?? 'UNKNOWN').padEnd(10),
      (listens ? 'LISTENING' : (STATES[Number.parseInt(state!, 16)] ?? 'UNKNOWN')).padEnd(13),
      inode.padEnd(8),
      ...(programs === null ? [] : [(programs.get(Number(inode)) ?? '-').padEnd(width - 1)]),
    ];
    text += `${columns.join(' ')} ${path}\n`;
  }
  return text;
}
