/** setsid(1): a command in a session of its own. */
import { sys } from '../../../linux/index.ts';
import { becomeProgram, endAs, must, reporting } from '../namespaces/starting.ts';
import { type CommandSpec, UsageError } from '../options.ts';

export const setsid: CommandSpec = {
  name: 'setsid',
  usage: '[OPTION]... PROGRAM [ARGUMENT]...',
  summary: 'Run PROGRAM in a new session.',
  operandsEndOptions: true,
  options: [
    { short: 'c', long: 'ctty', help: 'with the current terminal as the controlling one' },
    { short: 'f', long: 'fork', help: 'in a child, even where that is not needed' },
    { short: 'w', long: 'wait', help: 'wait for it, and end with its status' },
  ],
  *run(parsed, { env }) {
    if (parsed.operands.length === 0) throw new UsageError('no command specified');
    const start = () =>
      reporting('setsid', function* () {
        yield* must('setsid failed', sys.setsid);
        if (parsed.has('ctty')) yield* must('failed to set the controlling terminal', () => sys.tcsetctty(0));
        return yield* becomeProgram(parsed.operands, env);
      });
    // The leader of a group cannot begin a session.
    const leads = (yield* sys.getpgid(0)) === (yield* sys.getpid());
    if (!leads && !parsed.has('fork')) return yield* start();
    const pid = yield* sys.fork(start);
    return parsed.has('wait') ? yield* endAs(pid) : 0;
  },
};
