/** dmesg(1): the kernel log. */
import { isOsError, strerror } from '../../../base/index.ts';
import { sys, writeAll } from '../../../linux/index.ts';
import { type CommandSpec, UsageError } from '../options.ts';
import { complain } from '../support.ts';

export const dmesg: CommandSpec = {
  name: 'dmesg',
  usage: '[OPTION]...',
  summary: 'Print the messages of the kernel.',
  options: [
    { short: 'C', long: 'clear', help: 'forget them' },
    { short: 'c', long: 'read-clear', help: 'print them, then forget them' },
    { short: 't', long: 'notime', help: 'without time stamps' },
  ],
  *run(parsed) {
    if (parsed.operands.length > 0) throw new UsageError(`bad usage`);
    const clear = parsed.has('clear') || parsed.has('read-clear');
    let text: string;
    try {
      text = yield* sys.syslog(clear);
    } catch (error) {
      if (!isOsError(error)) throw error;
      const what = parsed.has('clear') ? 'clear' : 'read';
      yield* complain('dmesg', `${what} kernel buffer failed: ${strerror(error.code)}`);
      return 1;
    }
    const shown = parsed.has('notime') ? text.replace(/^\[ *[\d.]+\] /gm, '') : text;
    if (!parsed.has('clear')) yield* writeAll(1, shown);
    return 0;
  },
};
