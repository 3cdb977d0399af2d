/** uname(1), tty(1), true(1), false(1), pwd(1). */
import { sys, writeAll } from '../../../linux/index.ts';
import type { CommandSpec } from '../options.ts';
import { attempt, orNull } from '../support.ts';

function simple(
  name: string,
  usage: string,
  summary: string,
  run: CommandSpec['run'],
  options: CommandSpec['options'] = [],
): CommandSpec {
  return { name, usage, summary, options, run };
}

export const uname = simple(
  'uname',
  '[OPTION]...',
  'Print what the system is.',
  function* (parsed) {
    const system = yield* sys.uname();
    const order = ['sysname', 'nodename', 'release', 'version', 'machine'] as const;
    const keys = {
      sysname: 'kernel-name',
      nodename: 'nodename',
      release: 'kernel-release',
      version: 'kernel-version',
      machine: 'machine',
    };
    const some = order.filter((field) => parsed.has('all') || parsed.has(keys[field]));
    yield* writeAll(
      1,
      `${(some.length === 0 ? (['sysname'] as const) : some).map((field) => system[field]).join(' ')}\n`,
    );
    return 0;
  },
  [
    { short: 'a', long: 'all', help: 'everything' },
    { short: 's', long: 'kernel-name', help: 'name of the kernel' },
    { short: 'n', long: 'nodename', help: 'host name' },
    { short: 'r', long: 'kernel-release', help: 'release' },
    { short: 'v', long: 'kernel-version', help: 'version' },
    { short: 'm', long: 'machine', help: 'machine' },
  ],
);

export const tty = simple('tty', '', 'Print the terminal of standard input.', function* () {
  const terminal = yield* orNull(() => sys.tcgetattr(0), 'ENOTTY', 'EBADF');
  const path = terminal === null ? null : yield* orNull(() => sys.readlink('/proc/self/fd/0'));
  yield* writeAll(1, `${path ?? 'not a tty'}\n`);
  return path === null ? 1 : 0;
});

export const trueCommand = simple('true', '', 'Do nothing, with success.', function* () {
  return 0;
});
export const falseCommand = simple('false', '', 'Do nothing, without success.', function* () {
  return 1;
});

export const pwd = simple('pwd', '', 'Print the working directory.', function* () {
  const good = yield* attempt('pwd', 'error retrieving current directory', function* () {
    yield* writeAll(1, `${yield* sys.getcwd()}\n`);
  });
  return good ? 0 : 1;
});
