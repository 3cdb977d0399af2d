/** id(1), whoami(1), groups(1), hostname(1), uname(1), tty(1), true(1), false(1), pwd(1). */
import { isOsError } from '../../../base/index.ts';
import { type Sys, sys, writeAll } from '../../../linux/index.ts';
import type { CommandSpec } from '../options.ts';
import { accounts, attempt, complain, groups, orNull } from '../support.ts';

function simple(
  name: string,
  usage: string,
  summary: string,
  run: CommandSpec['run'],
  options: CommandSpec['options'] = [],
): CommandSpec {
  return { name, usage, summary, options, run };
}

function* names(): Sys<{ user: (id: number) => string; group: (id: number) => string }> {
  const users = new Map((yield* accounts()).map((account) => [account.uid, account.name]));
  const groupNames = new Map((yield* groups()).map((group) => [group.gid, group.name]));
  return { user: (id) => users.get(id) ?? `${id}`, group: (id) => groupNames.get(id) ?? `${id}` };
}

/** `0(root)`; a number without a name stands alone. */
const named = (id: number, nameOf: (id: number) => string) =>
  nameOf(id) === `${id}` ? `${id}` : `${id}(${nameOf(id)})`;

export const id = simple(
  'id',
  '[OPTION]',
  'Print user and groups.',
  function* (parsed) {
    const uid = yield* sys.geteuid();
    const gid = yield* sys.getegid();
    const all = [...new Set([gid, ...(yield* sys.getgroups())])];
    const { user, group } = yield* names();
    const asName = parsed.has('name');
    let text: string;
    if (parsed.has('user')) text = asName ? user(uid) : `${uid}`;
    else if (parsed.has('group')) text = asName ? group(gid) : `${gid}`;
    else if (parsed.has('groups')) text = all.map((one) => (asName ? group(one) : `${one}`)).join(' ');
    else
      text = `uid=${named(uid, user)} gid=${named(gid, group)} groups=${all.map((one) => named(one, group)).join(',')}`;
    yield* writeAll(1, `${text}\n`);
    return 0;
  },
  [
    { short: 'u', long: 'user', help: 'only the user' },
    { short: 'g', long: 'group', help: 'only the group' },
    { short: 'G', long: 'groups', help: 'all groups' },
    { short: 'n', long: 'name', help: 'names instead of numbers' },
  ],
);

export const whoami = simple('whoami', '', 'Print the name of the user.', function* () {
  const { user } = yield* names();
  yield* writeAll(1, `${user(yield* sys.geteuid())}\n`);
  return 0;
});

export const groupsCommand = simple('groups', '', 'Print the groups one is in.', function* () {
  const { group } = yield* names();
  const all = [...new Set([yield* sys.getegid(), ...(yield* sys.getgroups())])];
  yield* writeAll(1, `${all.map(group).join(' ')}\n`);
  return 0;
});

export const hostname = simple('hostname', '[NAME]', 'Print or set the host name.', function* (parsed) {
  const [name] = parsed.operands;
  if (name === undefined) {
    yield* writeAll(1, `${(yield* sys.uname()).nodename}\n`);
    return 0;
  }
  try {
    yield* sys.sethostname(name);
  } catch (error) {
    if (!isOsError(error)) throw error;
    const long = error.code === 'EINVAL';
    yield* complain('hostname', long ? 'name too long' : 'you must be root to change the host name');
    return 1;
  }
  return 0;
});

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
