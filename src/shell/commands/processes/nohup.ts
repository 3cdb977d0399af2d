/** nohup(1): a command that does not hear of the terminal's end. */
import { isOsError, strerror } from '../../../base/index.ts';
import {
  type Fd,
  O_APPEND,
  O_CREAT,
  O_WRONLY,
  type ProgramContext,
  type Sys,
  sys,
} from '../../../linux/index.ts';
import { type CommandSpec, UsageError } from '../options.ts';
import { complain, orNull } from '../support.ts';
import { runFound } from './running.ts';

const isTerminal = function* (fd: Fd): Sys<boolean> {
  return (yield* orNull(() => sys.tcgetattr(fd), 'ENOTTY', 'EBADF')) !== null;
};

/** Makes the file at `path` the descriptor `fd`. */
function* redirect(fd: Fd, path: string, flags: number): Sys<void> {
  const file = yield* sys.open(path, flags, 0o600);
  if (file === fd) return;
  yield* sys.dup2(file, fd);
  yield* sys.close(file);
}

/** Appends standard output to nohup.out, here or else at home; the name of the file. Throws OsError. */
function* outputFile(home: string | undefined): Sys<string> {
  const flags = O_WRONLY | O_CREAT | O_APPEND;
  try {
    yield* redirect(1, 'nohup.out', flags);
    return 'nohup.out';
  } catch (error) {
    if (!isOsError(error) || home === undefined) throw error;
    const other = `${home}/nohup.out`;
    try {
      yield* redirect(1, other, flags);
      return other;
    } catch (second) {
      if (!isOsError(second)) throw second;
      yield* complain('nohup', `failed to open 'nohup.out': ${strerror(error.code)}`);
      yield* complain('nohup', `failed to open '${other}': ${strerror(second.code)}`);
      return '';
    }
  }
}

export const nohup: CommandSpec = {
  name: 'nohup',
  usage: 'COMMAND [ARG]...',
  summary: 'Run COMMAND, ignoring hangup signals.',
  usageStatus: 125,
  operandsEndOptions: true,
  options: [],
  *run(parsed, { env }: ProgramContext) {
    if (parsed.operands.length === 0) throw new UsageError('missing operand');
    const [ignoring, appending, redirecting] = [
      yield* isTerminal(0),
      yield* isTerminal(1),
      yield* isTerminal(2),
    ];
    // Written to only: what reads it fails.
    if (ignoring) yield* redirect(0, '/dev/null', O_WRONLY);
    let file = '';
    if (appending) {
      file = yield* outputFile(env.get('HOME'));
      if (file === '') return 125;
    }
    const input = ignoring ? 'ignoring input' : '';
    if (appending)
      yield* complain('nohup', `${input}${ignoring ? ' and ' : ''}appending output to '${file}'`);
    else if (redirecting)
      yield* complain('nohup', `${input}${ignoring ? ' and ' : ''}redirecting stderr to stdout`);
    else if (ignoring) yield* complain('nohup', input);
    if (redirecting) yield* sys.dup2(1, 2);
    yield* sys.sigaction('HUP', 'ignore');
    return yield* runFound('nohup', parsed.operands, env, (command) => `failed to run command '${command}'`);
  },
};
