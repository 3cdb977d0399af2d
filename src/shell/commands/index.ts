/** The utilities: command → program, path and completion, each from its own specification. */
import type { Program, ProgramTable } from '../../linux/index.ts';
import type { CompletionSpec, CompletionSpecs } from '../completionSpec.ts';
import { dockerCompletion, dockerProgram } from './docker/index.ts';
import { fileCommands, filePrograms } from './files/index.ts';
import { type CommandSpec, command, completionOf } from './options.ts';
import { processCommands } from './processes/index.ts';
import { rewriting, signalArgument } from './processes/kill.ts';
import { systemCommands, systemPrograms } from './system/index.ts';
import { oldCount } from './text/basic.ts';
import { textCommands } from './text/index.ts';

const specs: readonly CommandSpec[] = [
  ...fileCommands,
  ...processCommands,
  ...systemCommands,
  ...textCommands,
];

/** Commands that understand older forms of their arguments. */
const rewritten: Record<string, (argv: readonly string[]) => string[]> = {
  head: oldCount,
  tail: oldCount,
  kill: signalArgument,
  pkill: signalArgument,
};

/** Commands with a grammar of their own instead of options. */
const others: ReadonlyMap<string, Program> = new Map([
  ['docker', dockerProgram],
  ...filePrograms,
  ...systemPrograms,
]);

/** Where administrators' commands lie. */
const administrative = new Set(['chroot', 'mount', 'umount']);

function programOf(spec: CommandSpec): Program {
  const rewrite = rewritten[spec.name];
  return rewrite === undefined ? command(spec) : rewriting(rewrite, command(spec));
}

export const commandPrograms: ProgramTable = new Map([
  ...specs.map((spec) => [spec.name, programOf(spec)] as const),
  ...others,
]);

/** Name → path of the executable. */
export const COMMAND_PATHS: ReadonlyMap<string, string> = new Map(
  [...commandPrograms.keys()].map((name) => [
    name,
    `/usr/${administrative.has(name) ? 'sbin' : 'bin'}/${name}`,
  ]),
);

export const completionSpecs: CompletionSpecs = new Map<string, CompletionSpec>([
  ...specs.map((spec): [string, CompletionSpec] => [spec.name, completionOf(spec)]),
  ['docker', dockerCompletion],
]);
