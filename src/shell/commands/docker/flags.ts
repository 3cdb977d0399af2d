/** Flags as the docker client reads them, which is not as getopt_long(3) does: spf13/pflag, and docker/cli's opts for sizes and lists. */
import type { OptionSpec, Parsed } from '../options.ts';

/** A flag that cannot be: told with the usage of its command, status 125. */
export class FlagError extends Error {}

const spelled = ({ short, long }: OptionSpec): string =>
  `${short === undefined ? '' : `-${short}, `}--${long}`;

/** `why` a value is none for a flag. */
export const invalid = (flag: string, value: string, why: string): FlagError =>
  new FlagError(`invalid argument "${value}" for "${flag}" flag: ${why}`);

const TRUE = ['1', 't', 'T', 'true', 'TRUE', 'True'];
const FALSE = ['0', 'f', 'F', 'false', 'FALSE', 'False'];
/** go-units' RAMInBytes. */
export const SIZE = /^(\d+(?:\.\d+)?) ?([kmgtp]?)(?:i?b)?$/i;
const DURATION = /^[-+]?(\d+(\.\d*)?|\.\d+)(h|ms|µs|us|ns|m|s)((\d+(\.\d*)?|\.\d+)(h|ms|µs|us|ns|m|s))*$/;

const syntax = (kind: string, text: string) => `strconv.Parse${kind}: parsing "${text}": invalid syntax`;

/** Why a text is no value of a kind, null when it is one. Kinds that are not here take any text. */
const checks: Readonly<Record<string, (text: string) => string | null>> = {
  bool: (text) => (TRUE.includes(text) || FALSE.includes(text) ? null : syntax('Bool', text)),
  int: (text) => (/^[-+]?\d+$/.test(text) ? null : syntax('Int', text)),
  uint16: (text) => {
    if (!/^\d+$/.test(text)) return syntax('Uint', text);
    return Number(text) < 2 ** 16 ? null : `strconv.ParseUint: parsing "${text}": value out of range`;
  },
  bytes: (text) => {
    if (SIZE.test(text)) return null;
    const unit = /^\d+(?:\.\d+)? ?(\D+)$/.exec(text)?.[1];
    if (unit !== undefined) return `invalid suffix: '${unit.length > 3 ? unit : unit.toLowerCase()}'`;
    const number = /^(.*[\d. ])\D*$/.exec(text)?.[1];
    return number === undefined || /^-\d+$/.test(number)
      ? `invalid size: '${text}'`
      : syntax('Float', number);
  },
  duration: (text) =>
    DURATION.test(text) || /^[-+]?0$/.test(text)
      ? null
      : `time: ${/^[\d.]+$/.test(text) ? 'missing unit in' : 'invalid'} duration "${text}"`,
  decimal: (text) =>
    /^[-+]?(\d+(\.\d*)?|\.\d+)$/.test(text) ? null : `failed to parse ${text} as a rational number`,
  env: (text) => (/^[^=]/.test(text) ? null : `invalid environment variable: ${text}`),
  label: (text) => (text.startsWith('=') ? `invalid label '${text}': empty name` : null),
  filter: (text) => (text.includes('=') ? null : 'bad format of filter (expected name=value)'),
  path: (text) => (text === '' || text.startsWith('/') ? null : `${text} is not an absolute path`),
};

/** A switch, or a flag that may be set to false. */
const isBool = ({ argument }: OptionSpec) => argument === undefined || argument === 'bool';

const NONE: readonly string[] = [];

class Given implements Parsed {
  readonly operands: string[] = [];
  readonly order: string[] = [];
  readonly #values = new Map<string, string[]>();

  /** `name` is how it was typed: a letter, or the whole word. */
  set(option: OptionSpec, value: string, name: string): void {
    const unlimited = option.long === 'memory-swap' && value === '-1';
    const why = unlimited ? null : (checks[isBool(option) ? 'bool' : option.argument!]?.(value) ?? null);
    if (why !== null) throw invalid(spelled(option), value, why);
    this.order.push(name);
    if (!isBool(option)) this.#values.set(option.long!, [...this.values(option.long!), value]);
    else if (TRUE.includes(value)) this.#values.set(option.long!, ['true']);
    // A switch that is off was not given; one that is on by itself is told.
    else if (option.argument === undefined) this.#values.delete(option.long!);
    else this.#values.set(option.long!, ['false']);
  }

  has(key: string): boolean {
    return this.#values.has(key);
  }

  value(key: string): string | null {
    return this.#values.get(key)?.at(-1) ?? null;
  }

  values(key: string): readonly string[] {
    return this.#values.get(key) ?? NONE;
  }
}

/** Where -h has no other meaning it is a former name of --help. */
const HELP: readonly OptionSpec[] = [
  { long: 'help', help: '' },
  { long: 'help', short: 'h', help: '' },
];

/** Lists of flags, which are the commands' own: each flag by `-x` and `--long`. */
const indices = new WeakMap<readonly OptionSpec[], ReadonlyMap<string, OptionSpec>>();

function indexOf(options: readonly OptionSpec[]): ReadonlyMap<string, OptionSpec> {
  const known = indices.get(options);
  if (known !== undefined) return known;
  const index = new Map<string, OptionSpec>();
  // Of two with the same name the first counts.
  for (const option of [...options, ...HELP].reverse()) {
    if (option.long !== undefined) index.set(`--${option.long}`, option);
    if (option.short !== undefined) index.set(`-${option.short}`, option);
  }
  indices.set(options, index);
  return index;
}

/** Whether any flag of a list is given, or one of the name of --help's, which each list has. */
export function givesAny(parsed: Parsed, options: readonly OptionSpec[]): boolean {
  const index = indexOf(options);
  return parsed.order.some((name) => index.has(name.length === 1 ? `-${name}` : `--${name}`));
}

/** A command line without flags: what is made of it is the same each time. */
export const NO_FLAGS: Parsed = new Given();

export interface FlagSpec {
  readonly options: readonly OptionSpec[];
  /** The first operand ends the flags. */
  readonly operandsEndOptions: boolean;
  /** Told of a flag that is none of `options` and not --help, before it is refused as unknown. */
  readonly unknown: (flag: string) => void;
}

/** Flags and operands in any order; `--` ends the flags, long ones are never shortened. Throws FlagError. */
export function parseFlags(spec: FlagSpec, args: readonly string[]): Parsed {
  const given = new Given();
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === '--') {
      for (const operand of rest) given.operands.push(operand);
      break;
    }
    if (arg.startsWith('--')) long(spec, arg, rest, given);
    else if (arg.startsWith('-') && arg !== '-') shorts(spec, arg, rest, given);
    else {
      given.operands.push(arg);
      if (!spec.operandsEndOptions) continue;
      for (const operand of rest) given.operands.push(operand);
      break;
    }
  }
  return given;
}

function long({ options, unknown }: FlagSpec, arg: string, rest: string[], given: Given): void {
  const [, name = '', value] = /^--([^=]*)(?:=(.*))?$/s.exec(arg)!;
  if (name === '' || name.startsWith('-')) throw new FlagError(`bad flag syntax: ${arg}`);
  const option = indexOf(options).get(`--${name}`);
  if (option === undefined) {
    unknown(name);
    throw new FlagError(`unknown flag: --${name}`);
  }
  const text = value ?? (isBool(option) ? 'true' : rest.shift());
  if (text === undefined) throw new FlagError(`flag needs an argument: --${name}`);
  given.set(option, text, name);
}

function shorts({ options, unknown }: FlagSpec, arg: string, rest: string[], given: Given): void {
  for (let at = 1; at < arg.length; at++) {
    const letter = arg[at]!;
    const option = indexOf(options).get(`-${letter}`);
    if (option === undefined) {
      unknown(letter);
      throw new FlagError(`unknown shorthand flag: '${letter}' in -${arg.slice(at)}`);
    }
    if (arg[at + 1] === '=' && arg.length > at + 2) {
      given.set(option, arg.slice(at + 2), letter);
      return;
    }
    if (isBool(option)) {
      given.set(option, 'true', letter);
      continue;
    }
    const text = at + 1 < arg.length ? arg.slice(at + 1) : rest.shift();
    if (text === undefined) throw new FlagError(`flag needs an argument: '${letter}' in -${arg.slice(at)}`);
    given.set(option, text, letter);
    return;
  }
}
