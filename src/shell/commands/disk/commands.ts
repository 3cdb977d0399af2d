/** What a subcommand of qemu-img is, and how its options are read. */
import type { Sys } from '../../../linux/index.ts';
import { type OptionSpec, type Parsed, parseOptions, UsageError } from '../options.ts';
import { QemuImgError } from './opening.ts';

export interface QemuImgCommand {
  readonly name: string;
  readonly usage: string;
  readonly help: string;
  readonly options: readonly OptionSpec[];
  /** Options of the real tool that need what is not simulated: letters and long names. */
  readonly unsimulated: string;
  readonly run: (parsed: Parsed) => Sys<number>;
}

/** Options that several subcommands have. */
export const FORMAT: OptionSpec = {
  short: 'f',
  argument: 'FMT',
  help: 'format of the image: raw or qcow2; else it is guessed',
};
export const QUIET: OptionSpec = { short: 'q', help: 'say nothing but errors' };
export const PROGRESS: OptionSpec = { short: 'p', help: 'show how far it is' };
export const OUTPUT: OptionSpec = { long: 'output', argument: 'OFMT', help: 'human or json' };

/** Options and operands of a subcommand. Throws QemuImgError in the tool's words; what is not simulated is refused by name. */
export function parseArguments(command: QemuImgCommand, args: readonly string[]): Parsed {
  const refused = command.unsimulated.split(' ').filter((name) => name !== '');
  const specs = [
    ...command.options,
    { short: 'h', long: 'help', help: 'show this help' },
    ...refused.map(
      (name): OptionSpec => (name.length === 1 ? { short: name, help: '' } : { long: name, help: '' }),
    ),
  ];
  let parsed: Parsed;
  try {
    parsed = parseOptions({ options: specs }, args);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new QemuImgError(ownWords(error.message, refused), { usage: true });
  }
  const given = refused.find((name) => parsed.has(name));
  if (given !== undefined) throw notSimulated(given);
  return parsed;
}

function notSimulated(option: string): QemuImgError {
  return new QemuImgError(
    `option '${option.length === 1 ? '-' : '--'}${option}' is not simulated on this host`,
  );
}

/** getopt's words as qemu-img gives them. */
function ownWords(message: string, refused: readonly string[]): string {
  const noArgument = /^option '--(.+)' doesn't allow an argument$/.exec(message);
  if (noArgument !== null && refused.includes(noArgument[1]!)) return notSimulated(noArgument[1]!).message;
  return message
    .replace(/^invalid option -- '(.)'$/, "unrecognized option '-$1'")
    .replace(/^option requires an argument -- '(.)'$/, "missing argument for option '-$1'")
    .replace(/^option '--(.+)' requires an argument$/, "missing argument for option '--$1'");
}

/** The one operand of a subcommand. */
export function oneFile(parsed: Parsed, message = 'Expecting one image file name'): string {
  const [file] = parsed.operands;
  if (file === undefined || parsed.operands.length > 1) throw new QemuImgError(message, { usage: true });
  return file;
}

/** Whether `--output=json` was asked for. */
export function wantsJson(parsed: Parsed): boolean {
  const output = parsed.value('output') ?? 'human';
  if (output !== 'json' && output !== 'human')
    throw new QemuImgError('--output must be used with human or json as argument.');
  return output === 'json';
}

/** JSON as QEMU prints it: four spaces a level. */
export const json = (value: unknown) => `${JSON.stringify(value, null, 4)}\n`;

/** `name=value,…` of -o. Later ones win. */
export function formatOptions(parsed: Parsed): Map<string, string> {
  const options = new Map<string, string>();
  for (const part of parsed.values('o').flatMap((text) => text.split(','))) {
    const at = part.indexOf('=');
    options.set(at < 0 ? part : part.slice(0, at), at < 0 ? 'on' : part.slice(at + 1));
  }
  return options;
}
