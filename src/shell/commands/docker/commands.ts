/** What a subcommand of docker is, and how its flags are read. */
import type { Sys } from '../../../linux/index.ts';
import type { OptionSpec, Parsed } from '../options.ts';
import { DockerError } from './api.ts';
import { type FlagError, parseFlags } from './flags.ts';

export interface DockerCommand {
  /** Words after `docker`: `run`, `volume ls`. */
  readonly name: string;
  /** Other names: `container run`. */
  readonly aliases?: readonly string[];
  /** The one of them that was typed. */
  readonly spoken?: string;
  readonly usage: string;
  readonly help: string;
  readonly options: readonly OptionSpec[];
  /** The first operand ends the flags. */
  readonly operandsEndOptions?: boolean;
  /** How many operands at least and at most. */
  readonly operands: readonly [number, number];
  readonly run: (parsed: Parsed, env: ReadonlyMap<string, string>) => Sys<number>;
}

/** Command → flags of the real one that are not simulated, each after its short form `-x`, if it has one. */
const refusals = new Map<string, readonly string[]>();

/** Makes them known: they come with the code of the later part (rarer.ts). `docker` has commands, and the empty name the client's own flags. */
export function refuseFlags(lists: Readonly<Record<string, string>>): void {
  for (const [name, flags] of Object.entries(lists)) refusals.set(name, flags.split(' '));
}

export const refusedFlags = (name: string): readonly string[] => refusals.get(name) ?? [];

function refuse({ name }: DockerCommand, flag: string): void {
  const list = refusedFlags(name);
  const at = list.indexOf(flag.length === 1 ? `-${flag}` : flag);
  if (at < 0) return;
  const long = flag.length === 1 ? list[at + 1] : flag;
  throw new DockerError(`docker: --${long} is not simulated on this host.`, name === 'run' ? 125 : 1);
}

const spokenOf = ({ name, spoken }: DockerCommand) => `docker ${spoken ?? name}`;

function usageText(command: DockerCommand, word = 'Run'): string {
  const name = spokenOf(command);
  return `Usage:  ${`${name} ${command.usage}`.trimEnd()}\n\n${word} '${name} --help' for more information`;
}

/** What a wrong flag is told with. */
export const withUsage = (command: DockerCommand, { message }: FlagError): DockerError =>
  new DockerError(`${message}\n\n${usageText(command)}`, 125);

/** Flags and operands of a subcommand; DockerError for wrong ones. */
export function parseArguments(command: DockerCommand, args: readonly string[]): Parsed {
  const parsed = parseFlags(
    {
      options: command.options,
      operandsEndOptions: command.operandsEndOptions ?? false,
      unknown: (flag) => refuse(command, flag),
    },
    args,
  );
  const [least, most] = command.operands;
  const count = parsed.operands.length;
  if (parsed.has('help') || (count >= least && count <= most)) return parsed;
  const bounded = least > 0 && most > least && most < Number.POSITIVE_INFINITY;
  const wanted = bounded
    ? `requires at least ${least} and at most ${most} arguments`
    : least === most
      ? `requires ${least} argument${least === 1 ? '' : 's'}`
      : count < least
        ? `requires at least ${least} argument${least === 1 ? '' : 's'}`
        : `requires at most ${most} argument${most === 1 ? '' : 's'}`;
  const text = least === 0 && most === 0 ? 'accepts no arguments' : wanted;
  const word = most === Number.POSITIVE_INFINITY ? 'See' : 'Run';
  throw new DockerError(`docker: '${spokenOf(command)}' ${text}\n\n${usageText(command, word)}`, 1);
}

export function helpText(command: DockerCommand): string {
  const flagOf = ({ short, long, argument }: OptionSpec) =>
    `${short === undefined ? '   ' : `-${short}${long === undefined ? '' : ','}`} ${long === undefined ? '' : `--${long}`}${argument === undefined || argument === 'bool' ? '' : ` ${argument}`}`;
  const width = Math.max(...command.options.map((option) => flagOf(option).length)) + 2;
  const line = (option: OptionSpec) => `  ${flagOf(option).padEnd(width)} ${option.help}\n`;
  const options = command.options.length === 0 ? '' : `\nOptions:\n${command.options.map(line).join('')}`;
  const aliases =
    command.aliases === undefined
      ? ''
      : `\nAliases:\n  ${[command.name, ...command.aliases].map((name) => `docker ${name}`).join(', ')}\n`;
  return `Usage:  ${spokenOf(command)} ${command.usage}\n\n${command.help}\n${aliases}${options}`;
}

/** Runs `body` for each operand; a refusal is told when all have had their turn. Returns the exit status. */
export function* each<T>(
  operands: readonly T[],
  body: (operand: T) => Sys<void>,
  tell: (message: string) => Sys<void>,
): Sys<number> {
  let status = 0;
  const refusals: string[] = [];
  for (const operand of operands) {
    try {
      yield* body(operand);
    } catch (error) {
      if (!(error instanceof DockerError)) throw error;
      refusals.push(error.message);
      status = error.status;
    }
  }
  for (const refusal of refusals) yield* tell(refusal);
  return status;
}
