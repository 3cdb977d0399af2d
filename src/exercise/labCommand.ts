/** `lab`: the command with which a learner asks about the exercise from within its world. */
import { type Program, type Sys, writeAll } from '../linux/index.ts';
import type { GoalStatus } from './types.ts';

export interface LabHooks {
  /** The goals as the world is now. */
  goals(): readonly GoalStatus[];
  /** Asks whoever drives the session to rebuild the world. */
  askReset(): void;
}

const HELP = `Usage: lab COMMAND
Commands:
  status   list the goals, and which hold now
  reset    rebuild the world as it was in the beginning; your code stays
`;

function* status(goals: readonly GoalStatus[]): Sys<number> {
  const lines = goals.map(({ title, holds }) => `[${holds ? 'x' : ' '}] ${title}\n`);
  const held = goals.filter(({ holds }) => holds).length;
  yield* writeAll(1, `${lines.join('')}${held} of ${goals.length} goals hold.\n`);
  return 0;
}

/** The program of `lab`: status 0, or 2 for wrong usage. */
export function labProgram(hooks: LabHooks): Program {
  return ({ argv }) => lab(hooks, argv);
}

function* lab(hooks: LabHooks, [, name, ...rest]: readonly string[]): Sys<number> {
  if (name === undefined || name === 'help' || name === '--help') {
    yield* writeAll(1, HELP);
    return 0;
  }
  if (rest.length === 0 && name === 'status') return yield* status(hooks.goals());
  if (rest.length === 0 && name === 'reset') {
    yield* writeAll(1, 'Rebuilding the world …\n');
    hooks.askReset();
    return 0;
  }
  const wrong = rest.length > 0 ? `too many arguments for ${name}` : `there is no command ${name}`;
  yield* writeAll(2, `lab: ${wrong}\n${HELP}`);
  return 2;
}
