/** docker(1): subcommand → what it asks of the daemon. */
import { VERSION } from '../../../container/index.ts';
import { type Program, type Sys, writeAll } from '../../../linux/index.ts';
import type { CompletionSpec } from '../../completionSpec.ts';
import { DockerError } from './api.ts';
import { type DockerCommand, helpText, parseArguments, refusedFlags, withUsage } from './commands.ts';
import { containers } from './containers.ts';
import { daemonAt, speakingTo } from './daemon.ts';
import { FlagError } from './flags.ts';
import { running } from './running.ts';
import { addCommands, allCommands, findCommand, GROUPS, membersOf } from './table.ts';

addCommands([...running, ...containers]);

const row = (name: string, help: string) => `  ${name.padEnd(11)} ${help}\n`;
const MORE = "Run 'docker --help' for more information";

function overview(): string {
  const own = allCommands().filter(({ name }) => !name.includes(' '));
  const lines = own.map(({ name, help }) => row(name, help)).sort();
  const groups = Object.entries(GROUPS).map(([name, help]) => row(name, help));
  return `Usage:  docker [OPTIONS] COMMAND\n\nA self-sufficient runtime for containers\n\nManagement Commands:\n${groups.join('')}\nCommands:\n${lines.join('')}\nGlobal Options:\n  -H, --host string        Daemon to speak to\n  -v, --version            Print version information and quit\n\nRun 'docker COMMAND --help' for more information on a command.\n`;
}

function groupOverview(group: string): string {
  const lines = membersOf(group).map(([name, { help }]) => row(name, help));
  return `Usage:  docker ${group} COMMAND\n\n${GROUPS[group]}\n\nCommands:\n${lines.join('')}\nRun 'docker ${group} COMMAND --help' for more information on a command.\n`;
}

const HOST = /^(-H|--host)(?:=?(.*))?$/s;

/** -H before the subcommand, and what is left. Throws DockerError. */
function hostsOf(given: readonly string[]): { hosts: readonly string[]; words: string[] } {
  const words = [...given];
  const hosts: string[] = [];
  for (;;) {
    const [, flag, value] = words[0]?.startsWith('-') ? (HOST.exec(words[0]) ?? []) : [];
    if (flag === undefined || (flag === '--host' && !/^--host(=|$)/.test(words[0]!))) return { hosts, words };
    const isWhole = words.shift() === flag;
    const host = isWhole ? words.shift() : value!;
    if (host === undefined) throw wrongUse(`flag needs an argument: ${flag === '-H' ? "'H' in -H" : flag}`);
    hosts.push(host);
  }
}

const wrongUse = (what: string) =>
  new DockerError(`${what}\n\nUsage:  docker [OPTIONS] COMMAND [ARG...]\n\n${MORE}`, 125);

export const dockerProgram: Program = function* ({ argv, env }) {
  try {
    const { hosts, words } = hostsOf(argv.slice(1));
    if ((words[0] ?? '-').startsWith('-')) return yield* docker(words, env);
    if (hosts.length > 1)
      throw new DockerError('Failed to initialize: unable to resolve docker endpoint: Specify only one -H');
    const there = daemonAt(hosts[0] ?? env.get('DOCKER_HOST') ?? '');
    return yield* speakingTo(there, docker(words, env));
  } catch (error) {
    if (!(error instanceof DockerError)) throw error;
    yield* writeAll(2, `${error.message}\n`);
    return error.status;
  }
};

function* docker(given: readonly string[], env: ReadonlyMap<string, string>): Sys<number> {
  const topic = given[0] === 'help' && given.length > 1;
  const words = topic ? [...given.slice(1), '--help'] : given;
  const [first = '--help', second = '--help'] = words;
  if (first.startsWith('-') || first === 'help') return yield* global(first);
  const found = findCommand(words);
  if (found === null && topic && !(first in GROUPS) && !refusedFlags('docker').includes(first))
    throw new DockerError(`unknown help topic: ${words.slice(0, -1).join(' ')}`);
  if (found === null) return yield* unknown(first, second);
  const { command } = found;
  try {
    const parsed = parseArguments(command, words.slice(found.words));
    if (parsed.has('help')) {
      if (parsed.order.includes('h'))
        yield* writeAll(2, 'Flag shorthand -h has been deprecated, use --help\n');
      yield* writeAll(1, helpText(command));
      return 0;
    }
    return yield* command.run(parsed, env);
  } catch (error) {
    throw error instanceof FlagError ? withUsage(command, error) : error;
  }
}

/** Flags before the subcommand. */
function* global(flag: string): Sys<number> {
  if (['--help', '-h', 'help'].includes(flag)) yield* writeAll(1, overview());
  else if (['--version', '-v'].includes(flag))
    yield* writeAll(1, `Docker version ${VERSION}, build virtbook\n`);
  else {
    const name = flag.replace(/^--?/, '').replace(/=.*/s, '');
    const known = refusedFlags('');
    const at = known.indexOf(flag.startsWith('--') ? name : `-${name[0]}`);
    const long = known[at]?.startsWith('-') ? known[at + 1] : known[at];
    if (long !== undefined) throw new DockerError(`docker: --${long} is not simulated on this host.`);
    const what = flag.startsWith('--')
      ? `unknown flag: --${name}`
      : `unknown shorthand flag: '${name[0]}' in -${name}`;
    throw wrongUse(what);
  }
  return 0;
}

function* unknown(first: string, second: string): Sys<number> {
  const help = ['--help', '-h'].includes(second);
  if (first in GROUPS && help) {
    yield* writeAll(1, groupOverview(first));
    return 0;
  }
  if (refusedFlags('docker').includes(first))
    throw new DockerError(`docker: 'docker ${first}' is not simulated on this host.`);
  if (!(first in GROUPS)) throw new DockerError(`docker: unknown command: docker ${first}\n\n${MORE}`);
  const what = `docker ${first} ${second}`;
  if (refusedFlags('docker').includes(`${first}/${second}`))
    throw new DockerError(`docker: '${what}' is not simulated on this host.`);
  const usage = `docker ${first}${['volume', 'manifest'].includes(first) ? ' COMMAND' : ''}`;
  throw new DockerError(
    `docker: unknown command: ${what}\n\nUsage:  ${usage}\n\nRun 'docker ${first} --help' for more information`,
  );
}

function completionFor(command: DockerCommand): CompletionSpec {
  return {
    help: command.help,
    operands: 'none',
    options: command.options.map(({ short, long, argument, help }) => ({
      name: long === undefined ? `-${short}` : `--${long}`,
      help,
      argument: argument !== undefined && argument !== 'bool',
    })),
  };
}

/** All there are when Tab is pressed. */
const subcommands = (): ReadonlyMap<string, CompletionSpec> =>
  new Map([
    ...allCommands()
      .filter(({ name }) => !name.includes(' '))
      .map((command) => [command.name, completionFor(command)] as const),
    ...Object.keys(GROUPS).map((group) => {
      const own = membersOf(group).map(([name, command]) => [name, completionFor(command)] as const);
      return [group, { subcommands: new Map(own) }] as const;
    }),
  ]);

export const dockerCompletion: CompletionSpec = {
  get subcommands() {
    return subcommands();
  },
};
