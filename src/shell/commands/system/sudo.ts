/**
 * sudo(8) under one rule of sudoers(5), that of a cloud image: root and the members of group sudo may run everything as everyone, and are not
 * asked for a password.
 */
import { isOsError, strerror } from '../../../base/index.ts';
import { type ProgramContext, type Sys, sys, writeAll } from '../../../linux/index.ts';
import { type CommandSpec, type Parsed, parseOptions, UsageError } from '../options.ts';
import { accounts, complain, groups, isRegular, orNull } from '../support.ts';
import { become } from './become.ts';
import { resetEnvironment, SECURE_PATH } from './sudoEnvironment.ts';

const options: CommandSpec['options'] = [
  { short: 'u', long: 'user', argument: 'USER', help: 'run as USER (a name or #UID) instead of root' },
  { short: 'i', long: 'login', help: "run the user's login shell, in the user's home" },
  { short: 's', long: 'shell', help: 'run a shell' },
  { short: 'n', long: 'non-interactive', help: 'never ask for a password' },
];

/** What the real one has besides. */
const refused: Readonly<Record<string, string>> = {
  A: 'askpass',
  b: 'background',
  B: 'bell',
  C: 'close-from',
  D: 'chdir',
  e: 'edit',
  E: 'preserve-env',
  g: 'group',
  h: 'host',
  H: 'set-home',
  k: 'reset-timestamp',
  K: 'remove-timestamp',
  l: 'list',
  N: 'no-update',
  p: 'prompt',
  P: 'preserve-groups',
  r: 'role',
  R: 'chroot',
  S: 'stdin',
  t: 'type',
  T: 'command-timeout',
  U: 'other-user',
  v: 'validate',
  V: 'version',
};

/** The first operand ends the options. UsageError says of a real option that it is not simulated. */
function parse(args: readonly string[]): Parsed {
  try {
    return parseOptions({ options, operandsEndOptions: true }, args);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const given = /'(?:--)?(.+)'$/.exec(error.message)?.[1] ?? '';
    const known = Object.entries(refused).find((names) => names.includes(given));
    if (known === undefined) throw error;
    throw new UsageError(`option -${known[0]} (--${known[1]}) is not simulated on this host`);
  }
}

interface Wish {
  readonly keys: ReadonlySet<string>;
  readonly user: string;
  readonly assignments: readonly (readonly [string, string])[];
  readonly argv: readonly string[];
}

/** Assignments for the command's environment may stand before and between the options. */
function wishOf(args: readonly string[]): Wish {
  const keys = new Set<string>();
  const assignments: [string, string][] = [];
  let user = 'root';
  for (let rest = args; ; ) {
    const parsed = parse(rest);
    for (const key of parsed.order) keys.add(key);
    user = parsed.value('user') ?? user;
    const words = [...parsed.operands];
    const before = assignments.length;
    for (let word = words[0]; word !== undefined && /^[^/=][^=]*=/.test(word); word = words[0]) {
      assignments.push([word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]);
      words.shift();
    }
    if (assignments.length === before || words[0]?.startsWith('-') !== true)
      return { keys, user, assignments, argv: words };
    rest = words;
  }
}

/** The file that `command` means, as the caller's working directory and the secure path have it; null when there is none to run. */
function* findCommand(command: string): Sys<string | null> {
  if (command === '') return null;
  const paths = command.includes('/')
    ? [command]
    : SECURE_PATH.split(':').map((folder) => `${folder}/${command}`);
  for (const path of paths) {
    const stat = yield* orNull(() => sys.stat(path));
    if (stat !== null && isRegular(stat) && (stat.mode & 0o111) !== 0) return path;
  }
  return null;
}

function* allowed(uid: number): Sys<boolean> {
  if (uid === 0) return true;
  const mine = [yield* sys.getgid(), ...(yield* sys.getgroups())];
  return (yield* groups()).some((group) => group.name === 'sudo' && mine.includes(group.gid));
}

/** The shell's argument for a command line of words: what is no plain character is quoted, but for `$`. */
const shellWords = (argv: readonly string[]) =>
  argv.map((word) => word.replace(/[^\w$-]/g, '\\$&')).join(' ');

/** Replaces this process; a file that is neither program nor script goes to sh. */
function* execute(path: string, argv: readonly string[], env: ReadonlyMap<string, string>): Sys<number> {
  try {
    try {
      return yield* sys.execve(path, argv, env);
    } catch (error) {
      if (!isOsError(error, 'ENOEXEC')) throw error;
      return yield* sys.execve('/bin/sh', ['sh', path, ...argv.slice(1)], env);
    }
  } catch (error) {
    if (!isOsError(error)) throw error;
    yield* complain('sudo', `unable to execute ${path}: ${strerror(error.code)}`);
    return 1;
  }
}

function* run(_: Parsed, { argv: given, env }: ProgramContext): Sys<number> {
  const { keys, user, assignments, argv } = wishOf(given.slice(1));
  const login = keys.has('login');
  if (login && keys.has('shell')) throw new UsageError('you may not specify both the -i and -s options');
  if (argv.length === 0 && !login && !keys.has('shell')) {
    yield* writeAll(2, 'usage: sudo [-n] [-u user] [VAR=value] [-i | -s] [command [arg ...]]\n');
    return 1;
  }
  const fail = function* (message: string): Sys<number> {
    yield* complain('sudo', message);
    return 1;
  };
  if ((yield* sys.geteuid()) !== 0) {
    const self = (yield* orNull(() => sys.readlink('/proc/self/exe'))) ?? given[0]!;
    return yield* fail(`${self} must be owned by uid 0 and have the setuid bit set`);
  }
  const uid = yield* sys.getuid();
  const known = yield* accounts();
  const caller = known.find((account) => account.uid === uid);
  if (caller === undefined) return yield* fail('you do not exist in the passwd database');
  const target = known.find((account) =>
    user.startsWith('#') ? account.uid === Number(user.slice(1)) : account.name === user,
  );
  if (target === undefined) return yield* fail(`unknown user ${user}`);
  if (!(yield* allowed(uid))) {
    if (keys.has('non-interactive') && target.uid !== uid) return yield* fail('a password is required');
    yield* writeAll(2, `${caller.name} is not in the sudoers file.\n`);
    return 1;
  }
  const inShell = login || keys.has('shell');
  const shell = keys.has('shell') ? (env.get('SHELL') ?? caller.shell) : target.shell;
  const words = !inShell ? argv : argv.length === 0 ? [shell] : [shell, '-c', shellWords(argv)];
  const path = yield* findCommand(words[0]!);
  if (path === null) {
    yield* complain('sudo', `${words[0]}: command not found`);
    if (words[0] !== 'cd') return 1;
    yield* complain('sudo', '"cd" is a shell built-in command, it cannot be run directly.');
    return yield* fail('the -s option may be used to run a privileged shell.');
  }
  const whole = [path, ...words.slice(1)].join(' ');
  // For logs and for the command itself only blanks stay quoted.
  const command = inShell ? whole.replace(/\\(\S)/g, '$1') : whole;
  const gid = yield* sys.getgid();
  const reset = resetEnvironment(env, { caller, gid, target, shell, command });
  for (const [name, value] of assignments) reset.set(name, value);
  yield* become(target);
  // At least the usual mask: what the caller's leaves open beyond it stays shut.
  yield* sys.umask(0o022 | (yield* sys.umask(0o022)));
  if (login) {
    try {
      yield* sys.chdir(target.home);
    } catch (error) {
      if (!isOsError(error)) throw error;
      yield* complain('sudo', `unable to change directory to ${target.home}: ${strerror(error.code)}`);
    }
  }
  const name = login ? `-${shell.slice(shell.lastIndexOf('/') + 1)}` : words[0]!;
  return yield* execute(path, [name, ...words.slice(1)], reset);
}

export const sudo: CommandSpec = {
  name: 'sudo',
  usage: '[OPTION]... [VAR=VALUE]... [COMMAND [ARG]...]',
  summary: 'Run COMMAND as another user, root if nothing else is said.',
  operandsEndOptions: true,
  options,
  rewrite(argv) {
    if (argv[1] !== '--help') parse(argv.slice(1));
    return argv;
  },
  run,
};
