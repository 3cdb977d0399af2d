/** The subcommands of docker by their names: what is typed first is there from the beginning, the rest comes with `rarer.ts`. */
import { CodeMissing } from '../later.ts';
import type { DockerCommand } from './commands.ts';

const all: DockerCommand[] = [];
const byName = new Map<string, DockerCommand>();
let complete = false;

/** Makes commands known; `last` when no more are to come. */
export function addCommands(commands: readonly DockerCommand[], last = false): void {
  all.push(...commands);
  for (const command of commands)
    for (const name of [command.name, ...(command.aliases ?? [])]) byName.set(name, command);
  complete ||= last;
}

export const allCommands = (): readonly DockerCommand[] => all;

export const GROUPS: Readonly<Record<string, string>> = {
  builder: 'Manage builds',
  buildx: 'Extended build capabilities with BuildKit',
  container: 'Manage containers',
  context: 'Manage contexts',
  image: 'Manage images',
  manifest: 'Manage Docker image manifests and manifest lists',
  network: 'Manage networks',
  system: 'Manage Docker',
  volume: 'Manage volumes',
};

/** Of a group: the words after its name, other names for the same left out. */
export function membersOf(group: string): (readonly [string, DockerCommand])[] {
  const prefix = `${group} `;
  const members = all.flatMap((command) => {
    const own = [command.name, ...(command.aliases ?? [])].find((name) => name.startsWith(prefix));
    return own === undefined ? [] : [[own.slice(prefix.length), command] as const];
  });
  return members.sort(([a], [b]) => (a < b ? -1 : 1));
}

/** What the first words name, under the name that its usage has; null when there is no such command. */
export function findCommand(words: readonly string[]): { command: DockerCommand; words: number } | null {
  const [first = '', second = ''] = words;
  const found = byName.get(`${first} ${second}`);
  if (found !== undefined) {
    const name = [found.name, ...(found.aliases ?? [])].find((one) => one.startsWith(`${first} `))!;
    return { command: { ...found, spoken: name }, words: 2 };
  }
  const single = byName.get(first);
  if (single !== undefined) return { command: single, words: 1 };
  if (!complete) throw new CodeMissing(`docker ${first}`);
  return null;
}
