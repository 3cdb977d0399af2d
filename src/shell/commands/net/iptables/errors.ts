/** How iptables(8) says that something is wrong. */

/** Wrong usage, told with the program's version and a hint; exit status 2. */
export class UsageProblem extends Error {}

/** Told after the program's name alone; exit status 1. */
export class Failure extends Error {}

/** Told after the program's name and version, with an exit status of its own. */
export class VersionedFailure extends Error {
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

export const NO_CHAIN = 'No chain/target/match by that name.';
export const BAD_RULE = 'Bad rule (does a matching rule exist in that chain?).';

export const unsimulatedHere = (what: string) => new UsageProblem(`${what} is not simulated`);

/** The tool as it names itself. */
export const versioned = (tool: string) => `${tool} v1.8.9 (nf_tables)`;

/** What is wrong as standard error has it, and the exit status; `place` is a line of iptables-restore's input. */
export function errorText(tool: string, error: unknown, place = ''): { text: string; status: number } | null {
  if (error instanceof UsageProblem) {
    const hint = `Try \`${tool} -h' or '${tool} --help' for more information.\n`;
    // A word that belongs nowhere is told without the program's name.
    const name = error.message.startsWith('Bad argument') ? '' : `${versioned(tool)}: `;
    return { text: `${name}${error.message}\n${place}${hint}`, status: 2 };
  }
  if (error instanceof VersionedFailure)
    return { text: `${versioned(tool)}: ${error.message}\n`, status: error.status };
  if (error instanceof Failure) return { text: `${tool}: ${error.message}\n`, status: 1 };
  return null;
}
