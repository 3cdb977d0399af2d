/** docker(1): subcommand → what it asks of the daemon. */
import { VERSION } from '../../../container/index.ts';
import { type Program, type Sys, writeAll } from '../../../linux/index.ts';
import type { CompletionSpec } from '../../completionSpec.ts';
import { DockerError } from './api.ts';
import { archives } from './archives.ts';
import { building } from './build.ts';
import { buildCache } from './buildCache.ts';
import { type DockerCommand, helpText, parseArguments } from './commands.ts';
import { containers } from './containers.ts';
import { copying } from './copy.ts';
import { usage } from './diskUsage.ts';
import { events } from './events.ts';
import { images } from './images.ts';
import { manifests } from './manifest.ts';
import { networks } from './networks.ts';
import { registryCommands } from './registry.ts';
import { removing } from './removing.ts';
import { running } from './running.ts';
import { statistics } from './stats.ts';
import { system } from './system.ts';
import { updating } from './updating.ts';
import { volumes } from './volumes.ts';

const commands: readonly DockerCommand[] = [
  ...running,
  ...containers,
  ...copying,
  ...updating,
  ...statistics,
  ...events,
  ...removing,
  ...images,
  ...registryCommands,
  ...archives,
  ...manifests,
  ...building,
  ...buildCache,
  ...volumes,
  ...networks,
  ...system,
  ...usage,
];

const byName = new Map(
  commands.flatMap((command) =>
    [command.name, ...(command.aliases ?? [])].map((name) => [name, command] as const),
  ),
);
const groups = ['builder', 'buildx', 'container', 'image', 'manifest', 'network', 'system', 'volume'];

function overview(): string {
  const own = commands.filter((command) => !command.name.includes(' '));
  const lines = own.map((command) => `  ${command.name.padEnd(12)}${command.help}\n`);
  return `Usage:  docker COMMAND\n\nA self-sufficient runtime for containers\n\nManagement Commands:\n${groups.map((group) => `  ${group}\n`).join('')}\nCommands:\n${lines.join('')}\nRun 'docker COMMAND --help' for more information on a command.\n`;
}

function groupOverview(group: string): string {
  const lines = [...byName]
    .filter(([name]) => name.startsWith(`${group} `))
    .map(([name, command]) => `  ${name.slice(group.length + 1).padEnd(12)}${command.help}\n`);
  return `Usage:  docker ${group} COMMAND\n\nCommands:\n${lines.join('')}`;
}

export const dockerProgram: Program = function* ({ argv, env }) {
  const [first, second, ...rest] = argv.slice(1);
  if (first === undefined || first === '--help' || first === 'help') {
    yield* writeAll(1, overview());
    return 0;
  }
  if (first === '--version' || first === '-v') {
    yield* writeAll(1, `Docker version ${VERSION}, build virtbook\n`);
    return 0;
  }
  const command = byName.get(`${first} ${second}`) ?? byName.get(first);
  if (command === undefined) return yield* unknown(first, second);
  const args = byName.has(`${first} ${second}`) ? rest : argv.slice(2);
  try {
    const parsed = parseArguments(command, args);
    if (parsed.has('help')) {
      yield* writeAll(1, helpText(command));
      return 0;
    }
    return yield* command.run(parsed, env);
  } catch (error) {
    if (!(error instanceof DockerError)) throw error;
    yield* writeAll(2, `${error.message}\n`);
    return error.status;
  }
};

function* unknown(first: string, second: string | undefined): Sys<number> {
  if (groups.includes(first) && (second === undefined || second === '--help')) {
    yield* writeAll(1, groupOverview(first));
    return 0;
  }
  const what = groups.includes(first) ? `docker ${first} ${second}` : `docker ${first}`;
  yield* writeAll(2, `docker: unknown command: ${what}\n\nRun 'docker --help' for more information\n`);
  return 1;
}

function completionFor(command: DockerCommand): CompletionSpec {
  return {
    help: command.help,
    operands: 'none',
    options: command.options.map(({ short, long, argument, help }) => ({
      name: long === undefined ? `-${short}` : `--${long}`,
      help,
      argument: argument !== undefined,
    })),
  };
}

const grouped = (group: string): CompletionSpec => ({
  subcommands: new Map(
    [...byName]
      .filter(([name]) => name.startsWith(`${group} `))
      .map(([name, command]) => [name.slice(group.length + 1), completionFor(command)]),
  ),
});

export const dockerCompletion: CompletionSpec = {
  subcommands: new Map([
    ...commands
      .filter((command) => !command.name.includes(' '))
      .map((command) => [command.name, completionFor(command)] as const),
    ...groups.map((group) => [group, grouped(group)] as const),
  ]),
};
