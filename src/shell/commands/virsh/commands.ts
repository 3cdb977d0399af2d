/** What a command of virsh is, and how its words are read: options by name, data by name or place. */
import type { Connection } from '../../../libvirt/client.ts';
import type { Sys } from '../../../linux/index.ts';

export interface VirshOption {
  readonly name: string;
  /** Takes a value; without its name it may stand at its place. */
  readonly data?: boolean;
  readonly required?: boolean;
  readonly help: string;
}

/** Words of a command line, read by its specification. */
export interface Arguments {
  has(name: string): boolean;
  value(name: string): string | null;
}

/** What commands work with. */
export interface Virsh {
  readonly connection: Connection;
  /** Another one to the same daemon. */
  readonly open: () => Sys<Connection>;
  readonly uri: string;
  /** The escape character of consoles, as a byte. */
  readonly escapeByte: number;
}

export interface VirshCommand {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** Paragraph of its help. */
  readonly description: string;
  readonly options: readonly VirshOption[];
  /** Options of the real command that need what is not simulated. */
  readonly unsimulated?: string;
  run(virsh: Virsh, args: Arguments): Sys<void>;
}

/** What virsh says after `error: `. */
export class VirshError extends Error {}

export const DOMAIN: VirshOption = {
  name: 'domain',
  data: true,
  required: true,
  help: 'domain name, id or uuid',
};

/** Throws VirshError. */
export function parseArguments(command: VirshCommand, words: readonly string[]): Arguments {
  const given = new Map<string, string>();
  const unsimulated = (command.unsimulated ?? '').split(' ');
  const rest = [...words];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const [, name, value] = /^--([^=]+)(?:=(.*))?$/s.exec(word) ?? [];
    if (name === undefined) {
      const place = command.options.find((option) => option.data && !given.has(option.name));
      if (place === undefined) throw new VirshError(`unexpected data '${word}'`);
      given.set(place.name, word);
      continue;
    }
    if (unsimulated.includes(name)) throw new VirshError(`option --${name} is not simulated on this host`);
    const option = command.options.find((each) => each.name === name);
    if (option === undefined)
      throw new VirshError(`command '${command.name}' doesn't support option --${name}`);
    if (given.has(name)) throw new VirshError(`option --${name} already seen`);
    if (!option.data && value !== undefined) throw new VirshError(`invalid '=' after option --${name}`);
    const data = option.data ? (value ?? rest.shift()) : '';
    if (data === undefined) throw new VirshError(`expected syntax: --${name} <string>`);
    given.set(name, data);
  }
  const missing = command.options.find(({ name, required }) => required && !given.has(name));
  if (missing !== undefined)
    throw new VirshError(`command '${command.name}' requires <${missing.name}> option`);
  return { has: (name) => given.has(name), value: (name) => given.get(name) ?? null };
}

/** As `virsh help COMMAND`. */
export function helpText({ name, summary, description, options }: VirshCommand): string {
  const synopsis = options.map((option) => {
    if (!option.data) return ` [--${option.name}]`;
    return option.required ? ` <${option.name}>` : ` [--${option.name} <string>]`;
  });
  const lines = options.map((option) => {
    const left = option.required
      ? `[--${option.name}] <string>`
      : `--${option.name}${option.data ? ' <string>' : ''}`;
    return `    ${left.padEnd(15)}  ${option.help}\n`;
  });
  const list = lines.length === 0 ? '' : `\n  OPTIONS\n${lines.join('')}`;
  return `  NAME\n    ${name} - ${summary}\n\n  SYNOPSIS\n    ${name}${synopsis.join('')}\n\n  DESCRIPTION\n    ${description}\n${list}\n`;
}
