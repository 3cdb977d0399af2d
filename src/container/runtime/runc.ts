/** runc(8): containers from bundles, without an engine. */
import { isOsError, strerror } from '../../base/index.ts';
import { type Sys, sys, writeAll } from '../../linux/index.ts';
import { provideRunc } from './door.ts';
import { parseFlags, type RuncCommand, UsageError } from './flags.ts';
import { informing } from './informing.ts';
import { log } from './log.ts';
import { running } from './running.ts';
import { OCI_VERSION, RuntimeError } from './spec.ts';
import { DEFAULT_ROOT } from './state.ts';
import { updating } from './updating.ts';

const VERSION = '1.2.4';
/** Commands of the real one: images of processes, and what a build of runc can do. */
const REFUSED = ['checkpoint', 'restore', 'features'];
const commands: ReadonlyMap<string, RuncCommand> = new Map(
  [...running, ...informing, ...updating].map((command) => [command.name, command]),
);

const globals = [
  {
    name: 'root',
    argument: 'value',
    help: 'root directory for storage of container state (default: "/run/runc")',
  },
];

function overview(): string {
  const lines = [...commands.values()].map(({ name, help }) => `   ${name.padEnd(10)} ${help}\n`);
  return `NAME:
   runc - Open Container Initiative runtime

USAGE:
   runc [global options] command [command options] [arguments...]

VERSION:
   ${VERSION}
spec: ${OCI_VERSION}

COMMANDS:
${lines.sort().join('')}
GLOBAL OPTIONS:
   --root value    root directory for storage of container state (default: "/run/runc")
   --help, -h      show help
   --version, -v   print the version
`;
}

function commandHelp({ name, usage, help, flags }: RuncCommand): string {
  const lines = flags.map(
    (flag) =>
      `   ${`--${flag.name}${flag.short === undefined ? '' : `, -${flag.short}`}${flag.argument === undefined ? '' : ' value'}`.padEnd(28)} ${flag.help}\n`,
  );
  const options = lines.length === 0 ? '' : `\nOPTIONS:\n${lines.join('')}`;
  return `NAME:\n   runc ${name} - ${help}\n\nUSAGE:\n   runc ${name} ${usage}\n${options}`;
}

provideRunc(function* ({ argv }) {
  try {
    const flags = [
      ...globals,
      { name: 'version', short: 'v', help: '' },
      { name: 'help', short: 'h', help: '' },
    ];
    const { values, rest } = parseFlags(argv.slice(1), flags, 'debug log log-format systemd-cgroup rootless');
    const [name, ...args] = rest;
    if (values.has('version')) {
      yield* writeAll(1, `runc version ${VERSION}\nspec: ${OCI_VERSION}\n`);
      return 0;
    }
    if (name === undefined || name === 'help' || values.has('help')) {
      yield* writeAll(1, overview());
      return 0;
    }
    const command = commands.get(name);
    if (command === undefined) {
      if (REFUSED.includes(name)) return yield* fail(`runc ${name} is not simulated on this host`);
      yield* writeAll(1, `No help topic for '${name}'\n`);
      return 3;
    }
    return yield* runCommand(command, args, values.get('root')?.at(-1) ?? DEFAULT_ROOT);
  } catch (error) {
    if (error instanceof UsageError) return yield* fail(error.message);
    throw error;
  }
});

function* runCommand(command: RuncCommand, args: readonly string[], root: string): Sys<number> {
  const flags = [...command.flags, { name: 'help', short: 'h', help: '' }];
  const { values, rest } = parseFlags(args, flags, command.refused);
  if (values.has('help')) {
    yield* writeAll(1, commandHelp(command));
    return 0;
  }
  const [least, most] = command.operands;
  if (rest.length < least || rest.length > most) {
    const kind = least === most ? 'exactly' : rest.length < least ? 'a minimum of' : 'a maximum of';
    const count = rest.length < least ? least : most;
    yield* writeAll(1, `Incorrect Usage.\n\n${commandHelp(command)}`);
    return yield* fail(`runc: "${command.name}" requires ${kind} ${count} argument(s)`);
  }
  const real = root.startsWith('/') ? root : `${yield* sys.getcwd()}/${root}`;
  try {
    return yield* command.run({ root: real, values, operands: rest });
  } catch (error) {
    const prefix = command.failure === undefined ? '' : `${command.failure}: `;
    if (error instanceof RuntimeError) return yield* fail(`${prefix}${error.message}`);
    if (isOsError(error)) return yield* fail(`${prefix}${strerror(error.code).toLowerCase()}`);
    throw error;
  }
}

function* fail(message: string): Sys<number> {
  yield* log('error', message);
  return 1;
}
