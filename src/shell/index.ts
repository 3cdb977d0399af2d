/** The shell: `bash`, also called by the name `sh`. */
import type { ProgramTable } from '../linux/index.ts';
import type { CompletionSpecs } from './completionSpec.ts';
import { shellProgram } from './program.ts';

export type { CompletionOption, CompletionSpec, CompletionSpecs } from './completionSpec.ts';

const specs: CompletionSpecs = new Map();
const shell = shellProgram(specs);

export const shellPrograms: ProgramTable = new Map([
  ['bash', shell],
  ['sh', shell],
]);
