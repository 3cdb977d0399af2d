/** All builtins, by name. */
import { controlBuiltins } from './control.ts';
import { directoryBuiltins } from './directories.ts';
import { echoBuiltins } from './echo.ts';
import { helpBuiltins } from './help.ts';
import { jobBuiltins } from './jobs.ts';
import { nameBuiltins } from './names.ts';
import { processBuiltins } from './process.ts';
import { readBuiltins } from './read.ts';
import { setBuiltins } from './set.ts';
import { signalBuiltins } from './signals.ts';
import { testBuiltins } from './test.ts';
import type { Builtin } from './types.ts';
import { variableBuiltins } from './variables.ts';

export const builtins: ReadonlyMap<string, Builtin> = new Map(
  [
    controlBuiltins,
    directoryBuiltins,
    echoBuiltins,
    helpBuiltins(() => builtins),
    jobBuiltins,
    nameBuiltins,
    processBuiltins,
    readBuiltins,
    setBuiltins,
    signalBuiltins,
    testBuiltins,
    variableBuiltins,
  ].flatMap((table) => Object.entries(table)),
);
