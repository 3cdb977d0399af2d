/** `host`: the switch at the front of the machine, for hosts whose power can be cut. */
import { type ProgramTable, type Sys, writeAll } from '../linux/index.ts';

const HELP = `Usage: host COMMAND
Commands:
  power-cycle   cut the power of this machine and switch it on again; nothing
                is shut down before, and what is not on the disk is lost
`;

/** `cutPower` is told within a system call: it has to wait until that is over. */
export function hostCommand(cutPower: () => void): ProgramTable {
  return new Map([['host', ({ argv }) => host(cutPower, argv)]]);
}

function* host(cutPower: () => void, [, command, ...rest]: readonly string[]): Sys<number> {
  if (command === 'power-cycle' && rest.length === 0) {
    cutPower();
    return 0;
  }
  const help = command === undefined || command === 'help' || command === '--help';
  if (!help && rest.length === 0) yield* writeAll(2, `host: there is no command ${command}\n`);
  else if (!help) yield* writeAll(2, `host: too many arguments for ${command}\n`);
  yield* writeAll(help ? 1 : 2, HELP);
  return help ? 0 : 2;
}
