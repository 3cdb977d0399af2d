/** who(1): who is logged in. There is no utmp here: a login is a session on a terminal of the host's own. */
import { decodeUtf8 } from '../../../base/index.ts';
import { readFile, type Sys, sys, writeAll } from '../../../linux/index.ts';
import { type CommandSpec, UsageError } from '../options.ts';
import { namesIn, orNull } from '../support.ts';
import { formatDate } from './dateText.ts';

/** Of the first pid namespace, which a host's logins are in and no container is: include/linux/proc_ns.h. */
const FIRST = 'pid:[4026531836]';
const TICKS = 100;
/** Numbers of pseudo-terminals begin here: major 136. */
const PTS = 136 * 256;

interface Login {
  readonly name: string;
  readonly line: string;
  /** Seconds since 1970. */
  readonly since: number;
}

function* text(path: string): Sys<string> {
  const bytes = yield* orNull(() => readFile(path), 'ENOENT', 'ESRCH', 'EACCES');
  return bytes === null ? '' : decodeUtf8(bytes);
}

function* bootTime(): Sys<number> {
  return Number(/^btime (\d+)$/m.exec(yield* text('/proc/stat'))?.[1] ?? 0);
}

function* logins(): Sys<Login[]> {
  if ((yield* orNull(() => sys.readlink('/proc/self/ns/pid'))) !== FIRST) return [];
  const boot = yield* bootTime();
  const accounts = (yield* text('/etc/passwd')).split('\n').map((line) => line.split(':'));
  const own = yield* sys.readlink('/proc/self/ns/mnt');
  const found: Login[] = [];
  for (const name of yield* namesIn('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = yield* text(`/proc/${name}/stat`);
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [, , , session, terminal] = fields;
    if (session !== name || Number(terminal) < PTS) continue;
    if ((yield* orNull(() => sys.readlink(`/proc/${name}/ns/mnt`))) !== own) continue;
    const line = `pts/${Number(terminal) - PTS}`;
    const node = yield* orNull(() => sys.stat(`/dev/${line}`));
    if (node === null) continue;
    const since = boot + Math.floor(Number(fields[19]) / TICKS);
    const account = accounts.find((entry) => entry[2] === `${node.uid}`)?.[0] ?? `${node.uid}`;
    found.push({ name: account, line, since });
  }
  return found.sort((a, b) => (a.line < b.line ? -1 : 1));
}

const row = (name: string, line: string, time: string) => `${name.padEnd(8)} ${line.padEnd(12)} ${time}\n`;
const when = (sec: number) => formatDate('%Y-%m-%d %H:%M', { sec, nsec: 0 });

/** The terminal that standard input is, as `pts/0`. */
function* ownLine(): Sys<string | null> {
  if ((yield* orNull(() => sys.tcgetattr(0), 'ENOTTY', 'EBADF')) === null) return null;
  return ((yield* orNull(() => sys.readlink('/proc/self/fd/0'))) ?? '').replace('/dev/', '');
}

export const who: CommandSpec = {
  name: 'who',
  usage: '[OPTION]... [am i]',
  summary: 'Print information about users who are currently logged in.',
  options: [
    { short: 'b', long: 'boot', help: 'time of last system boot' },
    { short: 'H', long: 'heading', help: 'print line of column headings' },
    { short: 'm', help: 'only the terminal of standard input' },
    { short: 'q', long: 'count', help: 'all login names and number of users logged on' },
  ],
  *run(parsed) {
    const { length } = parsed.operands;
    if (length > 2) throw new UsageError(`extra operand '${parsed.operands[2]}'`);
    if (length === 1)
      throw new UsageError(`the file ${parsed.operands[0]} is not simulated: there is no utmp`);
    let all = yield* logins();
    if (parsed.has('count')) {
      yield* writeAll(1, `${all.map(({ name }) => name).join(' ')}\n# users=${all.length}\n`);
      return 0;
    }
    if (parsed.has('m') || length === 2) {
      const line = yield* ownLine();
      all = all.filter((login) => login.line === line);
    }
    if (parsed.has('heading'))
      yield* writeAll(1, `${row('NAME', 'LINE', 'TIME'.padEnd(16)).trimEnd()}             COMMENT\n`);
    if (parsed.has('boot')) yield* writeAll(1, row('', 'system boot', when(yield* bootTime())));
    else yield* writeAll(1, all.map(({ name, line, since }) => row(name, line, when(since))).join(''));
    return 0;
  },
};
