/** killall(1) of psmisc: a signal to all processes of a name. */
import { isOsError, strerror } from '../../../base/index.ts';
import { parseSignal, type Sys, signalNumber, sys, writeAll } from '../../../linux/index.ts';
import { type CommandSpec, UsageError } from '../options.ts';
import { accounts, baseName, complain } from '../support.ts';
import { signalArgument } from './kill.ts';
import { type ProcessRow, processes } from './rows.ts';

/** The kernel keeps 15 bytes of a name; of a longer one the arguments know the rest. */
const COMM = 15;

const isCalled = ({ comm, argv }: ProcessRow, name: string) =>
  comm === name.slice(0, COMM) && (name.length <= COMM || baseName(argv[0] ?? '') === name);

export const killall: CommandSpec = {
  name: 'killall',
  rewrite: signalArgument,
  usage: '[-SIGNAL] [OPTION]... NAME...',
  summary: 'Send a signal to all processes with these names.',
  options: [
    { short: 's', long: 'signal', argument: 'SIGNAL', help: 'a name or number (default TERM)' },
    { short: 'u', long: 'user', argument: 'USER', help: 'only processes of USER' },
    { short: 'q', long: 'quiet', help: 'nothing about names that nobody has' },
    { short: 'v', long: 'verbose', help: 'tell what was sent' },
  ],
  *run(parsed) {
    const text = parsed.value('signal') ?? 'TERM';
    const signal = text === '0' ? 0 : parseSignal(text);
    if (signal === null) {
      yield* writeAll(2, `${text}: unknown signal; killall -l lists signals.\n`);
      return 1;
    }
    if (parsed.operands.length === 0) throw new UsageError('no name given');
    const user = parsed.value('user');
    const account = (yield* accounts()).find(({ name }) => name === user);
    if (user !== null && account === undefined) {
      yield* writeAll(2, `Cannot find user ${user}\n`);
      return 1;
    }
    const self = yield* sys.getpid();
    const rows = (yield* processes()).filter(
      (row) => row.pid !== self && (account === undefined || row.uid === account.uid),
    );
    if (rows.length === 0) {
      yield* complain('killall', '/proc lacks process entries (not mounted ?)');
      return 1;
    }
    const send = function* ({ pid, comm }: ProcessRow): Sys<boolean> {
      try {
        yield* sys.kill(pid, signal);
      } catch (error) {
        if (!isOsError(error)) throw error;
        yield* writeAll(2, `${comm}(${pid}): ${strerror(error.code)}\n`);
        return false;
      }
      const number = signal === 0 ? 0 : signalNumber(signal);
      if (parsed.has('verbose')) yield* writeAll(2, `Killed ${comm}(${pid}) with signal ${number}\n`);
      return true;
    };
    let status = 0;
    for (const name of parsed.operands) {
      let sent = false;
      for (const row of rows) if (isCalled(row, name) && (yield* send(row))) sent = true;
      if (sent) continue;
      if (!parsed.has('quiet')) yield* writeAll(2, `${name}: no process found\n`);
      status = 1;
    }
    return status;
  },
};
