/** id(1), whoami(1), groups(1): users and their groups, one's own or those of a named one. */
import { type Sys, sys, writeAll } from '../../../linux/index.ts';
import type { CommandSpec } from '../options.ts';
import { accounts, complain, groups, groupsOf } from '../support.ts';

interface Identity {
  readonly uid: number;
  readonly gid: number;
  /** All groups, without repetition, the own one first. */
  readonly groups: readonly number[];
}

interface Names {
  readonly user: (id: number) => string;
  readonly group: (id: number) => string;
}

function* names(): Sys<Names> {
  const users = new Map((yield* accounts()).map((account) => [account.uid, account.name]));
  const groupNames = new Map((yield* groups()).map((group) => [group.gid, group.name]));
  return { user: (id) => users.get(id) ?? `${id}`, group: (id) => groupNames.get(id) ?? `${id}` };
}

function* caller(): Sys<Identity> {
  const gid = yield* sys.getegid();
  const all = [...new Set([gid, ...(yield* sys.getgroups())])];
  return { uid: yield* sys.geteuid(), gid, groups: all };
}

/** What a login of the user would have: getgrouplist(3). With `byNumber` a number will do for the name. Null when there is none. */
function* identityOf(user: string, byNumber: boolean): Sys<Identity | null> {
  const all = yield* accounts();
  const number = byNumber && /^\+?\d+$/.test(user) ? Number(user) : null;
  const account = all.find(({ name }) => name === user) ?? all.find(({ uid }) => uid === number);
  if (account === undefined) return null;
  return { uid: account.uid, gid: account.gid, groups: yield* groupsOf(account) };
}

/** The caller, or each operand that is a user; of one that is not the other is said. Returns the exit status. */
function* eachIdentity(
  name: string,
  operands: readonly string[],
  show: (identity: Identity, user: string | null) => Sys<void>,
): Sys<number> {
  let status = 0;
  if (operands.length === 0) yield* show(yield* caller(), null);
  for (const user of operands) {
    const identity = yield* identityOf(user, name === 'id');
    if (identity !== null) yield* show(identity, user);
    else {
      yield* complain(name, `‘${user}’: no such user`);
      status = 1;
    }
  }
  return status;
}

/** `0(root)`; a number without a name stands alone. */
const named = (id: number, nameOf: (id: number) => string) =>
  nameOf(id) === `${id}` ? `${id}` : `${id}(${nameOf(id)})`;

export const id: CommandSpec = {
  name: 'id',
  usage: '[OPTION]... [USER]...',
  summary: 'Print user and groups, of USER or of the caller.',
  options: [
    { short: 'u', long: 'user', help: 'only the user' },
    { short: 'g', long: 'group', help: 'only the group' },
    { short: 'G', long: 'groups', help: 'all groups' },
    { short: 'n', long: 'name', help: 'names instead of numbers' },
  ],
  *run(parsed) {
    const only = ['user', 'group', 'groups'].filter((key) => parsed.has(key));
    const asName = parsed.has('name');
    if (only.length > 1 || (asName && only.length === 0)) {
      const what =
        only.length > 1 ? '"only" of more than one choice' : 'only names or real IDs in default format';
      yield* complain('id', `cannot print ${what}`);
      return 1;
    }
    const { user, group } = yield* names();
    return yield* eachIdentity('id', parsed.operands, function* ({ uid, gid, groups: all }) {
      const one = (number: number, nameOf: (id: number) => string) => (asName ? nameOf(number) : `${number}`);
      const text = {
        user: () => one(uid, user),
        group: () => one(gid, group),
        groups: () => all.map((number) => one(number, group)).join(' '),
        everything: () =>
          `uid=${named(uid, user)} gid=${named(gid, group)} groups=${all.map((number) => named(number, group)).join(',')}`,
      }[only[0] ?? 'everything']!();
      yield* writeAll(1, `${text}\n`);
    });
  },
};

export const whoami: CommandSpec = {
  name: 'whoami',
  usage: '',
  summary: 'Print the name of the user.',
  options: [],
  *run() {
    const { user } = yield* names();
    yield* writeAll(1, `${user(yield* sys.geteuid())}\n`);
    return 0;
  },
};

export const groupsCommand: CommandSpec = {
  name: 'groups',
  usage: '[USER]...',
  summary: 'Print the groups that USER or the caller is in.',
  options: [],
  *run(parsed) {
    const { group } = yield* names();
    return yield* eachIdentity('groups', parsed.operands, function* ({ groups: all }, user) {
      yield* writeAll(1, `${user === null ? '' : `${user} : `}${all.map(group).join(' ')}\n`);
    });
  },
};
