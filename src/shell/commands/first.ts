/** The utilities whose code is there from the beginning: what scenarios build their worlds with, and what is typed first. */
import type { Program } from '../../linux/index.ts';
import type { CompletionSpec } from '../completionSpec.ts';
import { dockerCompletion, dockerProgram } from './docker/index.ts';
import { fileCommands, filePrograms } from './files/index.ts';
import type { CommandSpec } from './options.ts';
import { processCommands } from './processes/index.ts';
import { systemCommands, systemPrograms } from './system/index.ts';
import { textCommands } from './text/index.ts';

export const firstSpecs: readonly CommandSpec[] = [
  ...fileCommands,
  ...processCommands,
  ...systemCommands,
  ...textCommands,
];

/** Commands with a grammar of their own instead of options. */
export const firstPrograms: ReadonlyMap<string, Program> = new Map([
  ['docker', dockerProgram],
  ...filePrograms,
  ...systemPrograms,
]);

export const firstCompletions: ReadonlyMap<string, CompletionSpec> = new Map([['docker', dockerCompletion]]);
