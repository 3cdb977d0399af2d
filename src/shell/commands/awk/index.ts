/** awk: patterns and actions on records. As mawk 1.3.4, which is Debian's awk; POSIX awk, "OPTIONS" and "OPERANDS". */
import { isOsError, strerror } from '../../../base/index.ts';
import { type ProgramContext, readAll, readFile, type Sys, sys, writeAll } from '../../../linux/index.ts';
import type { CommandSpec } from '../options.ts';
import { complain } from '../support.ts';
import { fromBytes, fromShell, toShell } from './bytes.ts';
import type { Source } from './lexer.ts';
import { parseAwk } from './parser.ts';
import { AwkError } from './problems.ts';
import { runProgram } from './program.ts';
import type { AwkProgram } from './syntax.ts';

const VERSION = 'mawk 1.3.4 20200120, as simulated by Virtbook\n';
const USAGE = "Usage: awk [-F fs] [-v var=value] [-f progfile | 'prog'] [file ...]\n";

interface Options {
  readonly files: string[];
  readonly assignments: [string, string][];
  readonly dashW: string[];
  readonly operands: readonly string[];
}

/** awk takes its options letter by letter as they stand before the program, never after it. Throws AwkError. */
function parseArguments(args: readonly string[]): Options {
  const options = { files: [] as string[], assignments: [] as [string, string][], dashW: [] as string[] };
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (arg === '--') return { ...options, operands: args.slice(i + 1) };
    if (!arg.startsWith('-') || arg === '-') return { ...options, operands: args.slice(i) };
    const letter = arg[1]!;
    if (!'FfvW'.includes(letter)) throw new AwkError(`not an option: ${arg}`);
    const value = arg.length > 2 ? arg.slice(2) : args[++i];
    if (value === undefined) throw new AwkError(`option -${letter} lacks argument`);
    if (letter === 'f') options.files.push(value);
    else if (letter === 'W') options.dashW.push(value);
    else if (letter === 'F') options.assignments.push(['FS', value]);
    else {
      const assignment = /^([A-Za-z_]\w*)=([\s\S]*)$/.exec(value);
      if (assignment === null) throw new AwkError(`improper assignment: -v ${value}`);
      options.assignments.push([assignment[1]!, assignment[2]!]);
    }
  }
  return { ...options, operands: [] };
}

function* sourcesOf(files: readonly string[]): Sys<Source[]> {
  const sources: Source[] = [];
  for (const file of files) {
    try {
      const bytes = file === '-' ? yield* readAll(0) : yield* readFile(file);
      sources.push({ file: fromShell(file), text: fromBytes(bytes) });
    } catch (error) {
      if (!isOsError(error)) throw error;
      throw new AwkError(`cannot open ${file} (${strerror(error.code)})`);
    }
  }
  return sources;
}

/** -W: how it reads and writes, and what rand() begins with. */
function* settings(dashW: readonly string[]): Sys<{ eager: boolean; seed: number } | null> {
  // As mawk's, the sequence begins with the time unless a seed is given: the host's own time, so that a replay has the same.
  let seed = (yield* sys.clock_gettime('realtime')).sec;
  let eager = false;
  for (const option of dashW) {
    const random = /^r(?:andom)?=(\d+)$/.exec(option);
    if (/^v(ersion)?$/.test(option)) {
      yield* writeAll(1, VERSION);
      return null;
    }
    if (/^i(nteractive)?$/.test(option)) eager = true;
    else if (random !== null) seed = Number(random[1]);
    else throw new AwkError(`not simulated: -W ${option}`);
  }
  return { eager, seed };
}

/** Messages about a program quote it, byte for byte. */
function parsed(sources: readonly Source[]): AwkProgram {
  try {
    return parseAwk(sources);
  } catch (error) {
    if (!(error instanceof AwkError)) throw error;
    throw new AwkError(toShell(error.message));
  }
}

function* work(context: ProgramContext, args: readonly string[]): Sys<number> {
  const { files, assignments, dashW, operands } = parseArguments(args);
  const set = yield* settings(dashW);
  if (set === null) return 0;
  const [text, ...rest] = operands;
  if (files.length === 0 && text === undefined) {
    yield* writeAll(2, USAGE);
    return 2;
  }
  const sources = files.length > 0 ? yield* sourcesOf(files) : [{ file: null, text: fromShell(text!) }];
  const program = parsed(sources);
  const argv = ['awk', ...(files.length > 0 ? operands : rest)];
  return yield* runProgram(
    program,
    { argv, env: context.env },
    {
      ...set,
      assignments: assignments.map(([name, value]) => [name, fromShell(value)]),
    },
  );
}

const awk: CommandSpec = {
  name: 'awk',
  usage: "[-F fs] [-v var=value] [-f progfile | 'prog'] [file ...]",
  summary: 'Split each record of the files into fields, and act on those that match a pattern.',
  options: [
    { short: 'F', argument: 'fs', help: 'FS, what separates fields' },
    { short: 'f', argument: 'progfile', help: 'the program; may be repeated' },
    { short: 'v', argument: 'var=value', help: 'set a variable before BEGIN' },
    { short: 'W', argument: 'option', help: 'version, interactive (no buffers) or random=SEED' },
  ],
  // Its own rules for options, above: all but a lone --help are passed on.
  rewrite: ([name = 'awk', ...args]) => (args[0] === '--help' ? [name, '--help'] : [name, '--', ...args]),
  *run(parsed, context) {
    try {
      return yield* work(context, parsed.operands);
    } catch (error) {
      if (!(error instanceof AwkError)) throw error;
      yield* complain('awk', error.message);
      return 2;
    }
  },
};

export const awkCommands: readonly CommandSpec[] = [awk];
