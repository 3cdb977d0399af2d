/** dmesg(1): the kernel log. */
import { sys, writeAll } from '../../../linux/index.ts';
import { type CommandSpec, UsageError } from '../options.ts';

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
    const text = yield* sys.syslog(parsed.has('clear') || parsed.has('read-clear'));
    const shown = parsed.has('notime') ? text.replace(/^\[ *[\d.]+\] /gm, '') : text;
    if (!parsed.has('clear')) yield* writeAll(1, shown);
    return 0;
  },
};
