/** Options of a command, from one table: parsing as getopt_long(3), `--help`, and what Tab completes. */
import { isOsError, type OsError, strerror } from '../../base/index.ts';
import { type Program, type Sys, writeAll } from '../../linux/index.ts';
import type { CompletionSpec } from '../completionSpec.ts';

export interface OptionSpec {
  readonly short?: string;
  readonly long?: string;
  /** Name of its argument, as in the help; absent for a switch. */
  readonly argument?: string;
  /** The argument may be left out (`--color[=WHEN]`). */
  readonly optional?: boolean;
  readonly help: string;
  /** The real tool has it; here it is refused by name. */
  readonly foreign?: boolean;
}

/** Options that are not simulated, from words like `w:raw`, `w:` or `x:sort=COLUMN`: its letter, its long name, its argument. */
export function foreignOptions(words: string): OptionSpec[] {
  return words.split(' ').map((word) => {
    const [, short, long, argument] = /^(.*?):([^=]*)(?:=(.*))?$/.exec(word)!;
    return {
      ...(short !== '' && { short: short! }),
      ...(long !== '' && { long: long! }),
      ...(argument !== undefined && { argument }),
      help: 'not simulated',
      foreign: true,
    };
  });
}

/** Throws UsageError. */
function refuseForeign(options: readonly OptionSpec[], parsed: Parsed): void {
  for (const option of options) {
    if (!option.foreign || !parsed.has(keyOf(option))) continue;
    const { short, long } = option;
    const names =
      short === undefined ? `--${long}` : long === undefined ? `-${short}` : `-${short} (--${long})`;
    throw new UsageError(`the option ${names} is not simulated`);
  }
}

/** What the learner gave: options by their key (long name, else short), the last one winning, and operands. */
export interface Parsed {
  has(key: string): boolean;
  value(key: string): string | null;
  /** All arguments of a repeated option. */
  values(key: string): readonly string[];
  readonly operands: readonly string[];
  /** Option keys in the order given: for commands where the last of a set counts. */
  readonly order: readonly string[];
}

export interface CommandSpec {
  readonly name: string;
  /** After the name in the usage line, for example `[OPTION]... [FILE]...`. */
  readonly usage: string;
  readonly summary: string;
  readonly options: readonly OptionSpec[];
  /** Exit status for wrong usage; 1 unless the real tool has another. */
  readonly usageStatus?: number;
  /** What is said of wrong usage, where that is not getopt_long(3)'s message and the "Try" line. */
  readonly wrongUsage?: (message: string) => string;
  /** The first operand ends the options, as for env and xargs. */
  readonly operandsEndOptions?: boolean;
  /** Turns older forms of the arguments into the ones above (`head -5`, `tar xf`); given and giving the whole argv. */
  readonly rewrite?: (argv: readonly string[]) => readonly string[];
  readonly run: (parsed: Parsed, context: Parameters<Program>[0]) => Sys<number>;
}

/** Standard output takes no more: the end of a command, whatever it was reading. */
class OutputError extends Error {
  constructor(code: OsError['code']) {
    super(strerror(code));
  }
}

/** Writes to standard output. Throws OutputError; EPIPE as it is. */
export function* writeOut(data: Uint8Array | string): Sys<void> {
  try {
    yield* writeAll(1, data);
  } catch (error) {
    throw isOsError(error) && error.code !== 'EPIPE' ? new OutputError(error.code) : error;
  }
}

/** Wrong usage: the message without the command's name; `hint` adds the "Try" line. */
export class UsageError extends Error {}

const keyOf = (option: OptionSpec) => option.long ?? option.short!;

class Arguments implements Parsed {
  readonly operands: string[] = [];
  readonly order: string[] = [];
  readonly #given = new Map<string, string[]>();

  add(key: string, value: string): void {
    this.order.push(key);
    this.#given.set(key, [...(this.#given.get(key) ?? []), value]);
  }

  has(key: string): boolean {
    return this.#given.has(key);
  }

  value(key: string): string | null {
    return this.#given.get(key)?.at(-1) ?? null;
  }

  values(key: string): readonly string[] {
    return this.#given.get(key) ?? [];
  }
}

/** Options and operands in any order; `--` ends the options. Throws UsageError. */
export function parseOptions(
  spec: Pick<CommandSpec, 'options' | 'operandsEndOptions'>,
  args: readonly string[],
): Parsed {
  const parsed = new Arguments();
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === '--') {
      for (const operand of rest) parsed.operands.push(operand);
      break;
    }
    if (arg.startsWith('--')) parseLong(spec.options, arg, rest, parsed);
    else if (arg.startsWith('-') && arg !== '-') parseShort(spec.options, arg, rest, parsed);
    else {
      parsed.operands.push(arg);
      if (!spec.operandsEndOptions) continue;
      for (const operand of rest) parsed.operands.push(operand);
      break;
    }
  }
  return parsed;
}

function parseLong(options: readonly OptionSpec[], arg: string, rest: string[], parsed: Arguments): void {
  const at = arg.indexOf('=');
  const name = at < 0 ? arg.slice(2) : arg.slice(2, at);
  const exact = options.find((option) => option.long === name);
  const candidates =
    exact !== undefined ? [exact] : options.filter((option) => option.long?.startsWith(name));
  const [option] = candidates;
  if (option === undefined) throw new UsageError(`unrecognized option '--${name}'`);
  if (candidates.length > 1) {
    const names = candidates.map((candidate) => `'--${candidate.long}'`).join(' ');
    throw new UsageError(`option '--${name}' is ambiguous; possibilities: ${names}`);
  }
  if (option.argument === undefined) {
    if (at >= 0) throw new UsageError(`option '--${option.long}' doesn't allow an argument`);
    parsed.add(keyOf(option), '');
    return;
  }
  const value = at >= 0 ? arg.slice(at + 1) : option.optional ? '' : rest.shift();
  if (value === undefined) throw new UsageError(`option '--${option.long}' requires an argument`);
  parsed.add(keyOf(option), value);
}

function parseShort(options: readonly OptionSpec[], arg: string, rest: string[], parsed: Arguments): void {
  for (let at = 1; at < arg.length; at++) {
    const letter = arg[at]!;
    const option = options.find((candidate) => candidate.short === letter);
    if (option === undefined) throw new UsageError(`invalid option -- '${letter}'`);
    if (option.argument === undefined) {
      parsed.add(keyOf(option), '');
      continue;
    }
    // An argument that may be left out is never the next word: `sed -i.bak`, `sed -i file`.
    if (option.optional) {
      parsed.add(keyOf(option), arg.slice(at + 1));
      return;
    }
    const value = at + 1 < arg.length ? arg.slice(at + 1) : rest.shift();
    if (value === undefined) throw new UsageError(`option requires an argument -- '${letter}'`);
    parsed.add(keyOf(option), value);
    return;
  }
}

const isHelp = ({ long }: OptionSpec) => long === 'help';

function helpText(spec: CommandSpec): string {
  const line = (option: OptionSpec) => {
    const short =
      option.short === undefined ? '    ' : `-${option.short}${option.long === undefined ? '' : ','} `;
    const argument =
      option.argument === undefined ? '' : option.optional ? `[=${option.argument}]` : `=${option.argument}`;
    const long =
      option.long === undefined
        ? option.argument === undefined
          ? ''
          : option.argument
        : `--${option.long}${argument}`;
    const left = `  ${short}${long}`;
    return left.length < 30
      ? `${left.padEnd(30)}${option.help}\n`
      : `${left}\n${' '.repeat(30)}${option.help}\n`;
  };
  const options = spec.options.some(isHelp)
    ? spec.options
    : [...spec.options, { long: 'help', help: 'show this help and leave' }];
  return `Usage: ${spec.name} ${spec.usage}\n${spec.summary}\n\n${options.map(line).join('')}`;
}

/** A command as a program: parses, answers `--help`, refuses unknown options by name. */
export function command(spec: CommandSpec): Program {
  const help = spec.options.some(isHelp) ? [] : [{ long: 'help', help: '' }];
  const withHelp = { ...spec, options: [...spec.options, ...help] };
  return function* (context) {
    const status = spec.usageStatus ?? 1;
    try {
      const argv = spec.rewrite?.(context.argv) ?? context.argv;
      const parsed = parseOptions(withHelp, argv.slice(1));
      if (parsed.has('help')) {
        yield* writeAll(1, helpText(spec));
        return 0;
      }
      refuseForeign(spec.options, parsed);
      return yield* spec.run(parsed, context);
    } catch (error) {
      if (error instanceof OutputError) {
        yield* writeAll(2, `${spec.name}: write error: ${error.message}\n`);
        return 1;
      }
      if (!(error instanceof UsageError)) throw error;
      const text =
        spec.wrongUsage?.(error.message) ??
        `${spec.name}: ${error.message}\nTry '${spec.name} --help' for more information.\n`;
      yield* writeAll(2, text);
      return status;
    }
  };
}

/** What Tab offers after the command's name. */
export function completionOf(spec: CommandSpec): CompletionSpec {
  return {
    options: spec.options.flatMap((option) => [
      ...(option.long === undefined ? [] : [{ name: `--${option.long}`, help: option.help }]),
      ...(option.short === undefined ? [] : [{ name: `-${option.short}`, help: option.help }]),
    ]),
  } as CompletionSpec;
}

/** For operands that a command needs: throws the usual messages. */
export function needOperand(parsed: Parsed, what = 'missing operand'): void {
  if (parsed.operands.length === 0) throw new UsageError(what);
}
