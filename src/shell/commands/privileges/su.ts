/** su(1) of util-linux 2.38. Only root comes further than the password: none is set on this host, so that none is right. */
import { isOsError, strerror } from '../../../base/index.ts';
import { LineReader, type ProgramContext, type Sys, sys, writeAll } from '../../../linux/index.ts';
import { Failed, reporting } from '../namespaces/starting.ts';
import type { CommandSpec, Parsed } from '../options.ts';
import { type Account, accounts, complain, orNull } from '../support.ts';
import { become } from '../system/become.ts';
import { SECURE_PATH } from '../system/sudoEnvironment.ts';

interface Wish {
  readonly user: string;
  readonly login: boolean;
  /** Of the shell. */
  readonly words: readonly string[];
}

/** `-` stands for --login, before the user; what comes behind the user is the shell's. */
function wishOf(parsed: Parsed): Wish {
  const dash = parsed.operands[0] === '-';
  const [user = 'root', ...words] = dash ? parsed.operands.slice(1) : parsed.operands;
  return { user, login: dash || parsed.has('login'), words };
}

/** PAM's pam_unix: asks, and nothing is right. */
function* askInVain(): Sys<void> {
  const before = yield* orNull(() => sys.tcgetattr(0), 'ENOTTY', 'EBADF');
  yield* writeAll(2, 'Password: ');
  if (before !== null) yield* sys.tcsetattr(0, { echo: false });
  try {
    yield* new LineReader(0).nextText();
  } finally {
    if (before !== null) {
      yield* sys.tcsetattr(0, before);
      yield* writeAll(2, '\n');
    }
  }
  throw new Failed('Authentication failure');
}

/** modify_environment() of su-common.c. */
function environment(
  env: ReadonlyMap<string, string>,
  target: Account,
  { login, keep, shell }: { login: boolean; keep: boolean; shell: string },
): Map<string, string> {
  if (keep && !login) return new Map(env);
  const own: [string, string][] = [
    ['HOME', target.home],
    ['SHELL', shell],
  ];
  const names: [string, string][] = [
    ['USER', target.name],
    ['LOGNAME', target.name],
  ];
  if (!login) return new Map([...env, ...own, ...(target.uid === 0 ? [] : names)]);
  const term = [...env].filter(([name]) => name === 'TERM' || name === 'COLORTERM' || name === 'NO_COLOR');
  return new Map([...term, ...own, ...names, ['PATH', SECURE_PATH]]);
}

function* run(parsed: Parsed, { env }: ProgramContext): Sys<number> {
  const { user, login, words } = wishOf(parsed);
  const target = (yield* accounts()).find(({ name }) => name === user);
  if (target === undefined)
    throw new Failed(
      `user ${user} does not exist or the user entry does not contain all the required fields`,
    );
  if ((yield* sys.getuid()) !== 0) yield* askInVain();
  const keep = parsed.has('preserve-environment') || parsed.has('m');
  const shell = parsed.value('shell') ?? (keep && !login ? env.get('SHELL') : undefined) ?? target.shell;
  const made = environment(env, target, { login, keep, shell });
  yield* become(target);
  if (login) yield* goHome(target);
  const name = shell.slice(shell.lastIndexOf('/') + 1);
  const command = parsed.value('command');
  const argv = [login ? `-${name}` : name, ...(command === null ? [] : ['-c', command]), ...words];
  return yield* start(shell, argv, made);
}

function* goHome({ home }: Account): Sys<void> {
  try {
    yield* sys.chdir(home);
  } catch (error) {
    if (!isOsError(error)) throw error;
    yield* complain('su', `warning: cannot change directory to ${home}: ${strerror(error.code)}`);
  }
}

/** Throws Failed with 126 or 127. */
function* start(shell: string, argv: readonly string[], env: ReadonlyMap<string, string>): Sys<number> {
  try {
    return yield* sys.execve(shell, argv, env);
  } catch (error) {
    if (!isOsError(error)) throw error;
    throw new Failed(
      `failed to execute ${shell}: ${strerror(error.code)}`,
      error.code === 'ENOENT' ? 127 : 126,
    );
  }
}

export const su: CommandSpec = {
  name: 'su',
  usage: '[options] [-] [<user> [<argument>...]]',
  summary: 'Change the effective user ID and group ID to that of <user>, root if nothing else is said.',
  options: [
    { short: 'm', help: 'as -p' },
    { short: 'p', long: 'preserve-environment', help: 'do not reset environment variables' },
    { short: 'l', long: 'login', help: 'make the shell a login shell, as - does' },
    { short: 'c', long: 'command', argument: 'command', help: 'pass a single command to the shell with -c' },
    { short: 's', long: 'shell', argument: 'shell', help: 'run this shell' },
  ],
  run: (parsed, context) => reporting('su', () => run(parsed, context)),
};
