/** The utilities: command → program, path and completion, each from its own specification. */
import type { Program, ProgramTable } from '../../linux/index.ts';
import type { CompletionSpec, CompletionSpecs } from '../completionSpec.ts';
import { archiveCommands } from './archives/index.ts';
import { awkCommands } from './awk/index.ts';
import { byteCommands } from './bytes/index.ts';
import { diffCommands } from './diff/index.ts';
import { dockerCompletion, dockerProgram } from './docker/index.ts';
import { fileCommands, filePrograms } from './files/index.ts';
import { type CommandSpec, command, completionOf } from './options.ts';
import { processCommands } from './processes/index.ts';
import { manualCommands, screenCommands } from './screen/index.ts';
import { sedCommands } from './sed/index.ts';
import { systemCommands, systemPrograms } from './system/index.ts';
import { textCommands } from './text/index.ts';

const specs: readonly CommandSpec[] = [
  ...archiveCommands,
  ...awkCommands,
  ...byteCommands,
  ...diffCommands,
  ...fileCommands,
  ...manualCommands(() => specs),
  ...processCommands,
  ...screenCommands,
  ...sedCommands,
  ...systemCommands,
  ...textCommands,
];

/** Commands with a grammar of their own instead of options. */
const others: ReadonlyMap<string, Program> = new Map([
  ['docker', dockerProgram],
  ...filePrograms,
  ...systemPrograms,
]);

/** Where administrators' commands lie. */
const administrative = new Set(['chroot', 'mount', 'umount']);

export const commandPrograms: ProgramTable = new Map([
  ...specs.map((spec) => [spec.name, command(spec)] as const),
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
