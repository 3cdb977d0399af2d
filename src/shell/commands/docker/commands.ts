/** What a subcommand of docker is, and how its flags are read. */
import type { Sys } from '../../../linux/index.ts';
import type { OptionSpec, Parsed } from '../options.ts';
import { parseOptions, UsageError } from '../options.ts';
import { DockerError } from './api.ts';

export interface DockerCommand {
  /** Words after `docker`: `run`, `volume ls`. */
  readonly name: string;
  /** Other names: `container run`. */
  readonly aliases?: readonly string[];
  readonly usage: string;
  readonly help: string;
  readonly options: readonly OptionSpec[];
  /** The first operand ends the flags. */
  readonly operandsEndOptions?: boolean;
  /** How many operands at least and at most. */
  readonly operands: readonly [number, number];
  /** Exit status for wrong usage. */
  readonly usageStatus?: number;
  /** Flags of the real command that need what is not simulated, besides those below. */
  readonly refused?: readonly string[];
  readonly run: (parsed: Parsed, env: ReadonlyMap<string, string>) => Sys<number>;
}

/** Flags of the real client that need what is not simulated here. */
const unsupported = [
  'ip6',
  'link',
  'link-local-ip',
  'gpus',
  'device',
  'platform',
  'pull',
  'userns',
  'cpuset-cpus',
  'cpuset-mems',
  'cgroup-parent',
  'blkio-weight',
  'blkio-weight-device',
  'log-driver',
  'log-opt',
  'oom-kill-disable',
  'runtime',
  'storage-opt',
  'sysctl',
  'volume-driver',
  'domainname',
];
const unsupportedShort = new Map<string, string>();

function refuse(command: DockerCommand, message: string): DockerError {
  const unknown = /^(unrecognized option|invalid option --) '(.+)'$/.exec(message);
  const flag = unknown?.[2];
  if (flag !== undefined) {
    const long = flag.replace(/^--/, '');
    const own = command.refused?.includes(long) || unsupported.includes(long);
    const known = own ? long : unsupportedShort.get(flag);
    if (known !== undefined)
      return new DockerError(`docker: --${known} is not simulated on this host.`, command.usageStatus ?? 1);
    const text = flag.startsWith('--')
      ? `unknown flag: ${flag}`
      : `unknown shorthand flag: '${flag}' in -${flag}`;
    return new DockerError(`${text}\n\n${usageText(command)}`, 125);
  }
  return new DockerError(`${message}\n\n${usageText(command)}`, command.usageStatus ?? 1);
}

function usageText(command: DockerCommand, word = 'Run'): string {
  return `Usage:  docker ${command.name} ${command.usage}\n\n${word} 'docker ${command.name} --help' for more information`;
}

/** Flags and operands of a subcommand; DockerError for wrong ones. */
export function parseArguments(command: DockerCommand, args: readonly string[]): Parsed {
  let parsed: Parsed;
  try {
    const options = [...command.options, { long: 'help', help: 'show this help' }];
    parsed = parseOptions({ options, operandsEndOptions: command.operandsEndOptions ?? false }, args);
  } catch (error) {
    if (error instanceof UsageError) throw refuse(command, error.message);
    throw error;
  }
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
  throw new DockerError(`docker: 'docker ${command.name}' ${text}\n\n${usageText(command, word)}`, 1);
}

export function helpText(command: DockerCommand): string {
  const line = ({ short, long, argument, help }: OptionSpec) => {
    const flag = `${short === undefined ? '   ' : `-${short}${long === undefined ? '' : ','}`} ${long === undefined ? '' : `--${long}`}${argument === undefined ? '' : ` ${argument}`}`;
    return `  ${flag.padEnd(30)} ${help}\n`;
  };
  const options = command.options.length === 0 ? '' : `\nOptions:\n${command.options.map(line).join('')}`;
  const aliases =
    command.aliases === undefined
      ? ''
      : `\nAliases:\n  ${[command.name, ...command.aliases].map((name) => `docker ${name}`).join(', ')}\n`;
  return `Usage:  docker ${command.name} ${command.usage}\n\n${command.help}\n${aliases}${options}`;
}

/** Runs `body` for each operand; a refusal is told and the rest goes on. Returns the exit status. */
export function* each(
  operands: readonly string[],
  body: (operand: string) => Sys<void>,
  tell: (message: string) => Sys<void>,
): Sys<number> {
  let status = 0;
  for (const operand of operands) {
    try {
      yield* body(operand);
    } catch (error) {
      if (!(error instanceof DockerError)) throw error;
      yield* tell(error.message);
      status = error.status;
    }
  }
  return status;
}
