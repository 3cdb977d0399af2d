/** What the clients of both simulated clouds share: a grammar of words and options, errors. */
import { type Program, type Sys, sys, writeAll } from '../../../linux/index.ts';
import type { CompletionSpec } from '../../completionSpec.ts';
import { type OptionSpec, type Parsed, parseOptions, UsageError } from '../options.ts';

/** What the cloud refused, or what is wrong with the command line. */
export class CloudError extends Error {}

export interface CloudCommand {
  /** For example `ec2 export-image`. */
  readonly words: string;
  /** After the words in the usage line. */
  readonly usage: string;
  readonly summary: string;
  readonly options: readonly OptionSpec[];
  /** Throws CloudError. */
  readonly run: (parsed: Parsed) => Sys<void>;
}

export interface CloudClient {
  /** `aws-sim`. */
  readonly name: string;
  /** One sentence: what it is. */
  readonly summary: string;
  readonly commands: readonly CloudCommand[];
  /** Exit statuses for wrong usage, and for what the cloud refuses. */
  readonly usageStatus: number;
  readonly errorStatus: number;
  /** How an error is said. */
  readonly complaint: (command: CloudCommand, message: string) => string;
}

/** A terminal's width, less one column. */
const WIDTH = 79;

/** Words in lines that fit a terminal, each with `indent` blanks before it; lines after the first have `more` of them. */
function wrapped(text: string, indent: number, more = indent): string {
  const lines: string[] = [];
  let line = ' '.repeat(indent);
  for (const word of text.split(' ').filter((each) => each !== '')) {
    const fits = line.length + word.length + 1 <= WIDTH || line.trim() === '';
    if (!fits) lines.push(line);
    line = fits ? `${line}${line.trim() === '' ? '' : ' '}${word}` : `${' '.repeat(more)}${word}`;
  }
  return `${[...lines, line].join('\n')}\n`;
}

function overview({ name, summary, commands }: CloudClient): string {
  const lines = commands.map(
    ({ words, usage, summary: what }) => wrapped(`${name} ${words} ${usage}`, 2, 8) + wrapped(what, 6),
  );
  return `${wrapped(summary, 0)}\nCommands:\n${lines.join('')}`;
}

function commandHelp({ name }: CloudClient, { words, usage, summary, options }: CloudCommand): string {
  const lines = options.map(
    ({ long, argument, help }) =>
      wrapped(`--${long}${argument === undefined ? '' : ` ${argument}`}`, 2) + wrapped(help, 6),
  );
  return `${wrapped(`Usage: ${name} ${words} ${usage}`, 0, 8)}${wrapped(summary, 0)}${lines.length > 0 ? '\n' : ''}${lines.join('')}`;
}

/** The command whose words the arguments begin with, and what follows. Throws UsageError. */
function find(
  client: CloudClient,
  args: readonly string[],
): { command: CloudCommand; rest: readonly string[] } {
  for (const command of client.commands) {
    const words = command.words.split(' ');
    if (words.every((word, i) => args[i] === word)) return { command, rest: args.slice(words.length) };
  }
  const given = args
    .filter((arg) => !arg.startsWith('-'))
    .slice(0, 3)
    .join(' ');
  throw new UsageError(`'${given}' is not simulated`);
}

/** A client as a program. It runs as root, the service's own user, whoever calls it. */
export function cloudProgram(client: CloudClient): Program {
  return function* ({ argv }) {
    const args = argv.slice(1);
    if (args.length === 0 || args[0] === 'help' || args[0] === '--help') {
      yield* writeAll(args.length === 0 ? 2 : 1, overview(client));
      return args.length === 0 ? client.usageStatus : 0;
    }
    let command: CloudCommand;
    let parsed: Parsed;
    try {
      const found = find(client, args);
      command = found.command;
      parsed = parseOptions({ options: [...command.options, { long: 'help', help: '' }] }, found.rest);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      yield* writeAll(
        2,
        `${client.name}: ${error.message}\n'${client.name} help' lists what is simulated.\n`,
      );
      return client.usageStatus;
    }
    if (parsed.has('help')) {
      yield* writeAll(1, commandHelp(client, command));
      return 0;
    }
    try {
      if ((yield* sys.geteuid()) !== 0)
        throw new CloudError(`${client.name} must belong to root and have the setuid bit`);
      yield* command.run(parsed);
      return 0;
    } catch (error) {
      if (!(error instanceof CloudError)) throw error;
      yield* writeAll(2, `${client.complaint(command, error.message)}\n`);
      return client.errorStatus;
    }
  };
}

/** What Tab offers: words, then the options of a command. */
export function cloudCompletion({ commands }: CloudClient): CompletionSpec {
  const below = (words: readonly string[]): CompletionSpec => {
    const here = commands.filter((command) => words.every((word, i) => command.words.split(' ')[i] === word));
    const exact = here.find((command) => command.words.split(' ').length === words.length);
    if (exact !== undefined)
      return {
        options: exact.options.map(({ long, help }) => ({ name: `--${long}`, help })),
        help: exact.summary,
      };
    const next = new Set(here.map((command) => command.words.split(' ')[words.length]!));
    return { subcommands: new Map([...next].map((word) => [word, below([...words, word])])) };
  };
  return below([]);
}

/** The value of an option that a command cannot do without. */
export function required(parsed: Parsed, key: string): string {
  const value = parsed.value(key);
  if (value === null || value === '') throw new CloudError(`the following arguments are required: --${key}`);
  return value;
}

/** The one operand there may be; null: none was given. */
export function oneOperand(parsed: Parsed, what: string): string {
  const [operand, more] = parsed.operands;
  if (operand === undefined) throw new CloudError(`${what} is missing`);
  if (more !== undefined) throw new CloudError(`one ${what} is wanted, not also ${more}`);
  return operand;
}
