/** The shell: `bash`, also called by the name `sh`. */
import type { ProgramTable } from '../linux/index.ts';
import { completionSpecs } from './commands/index.ts';
import { shellProgram } from './program.ts';

const shell = shellProgram(completionSpecs);

export const shellPrograms: ProgramTable = new Map([
  ['bash', shell],
  ['sh', shell],
]);
