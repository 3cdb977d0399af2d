/** How Go's fmt prints what templates are filled from. */
import { encodeUtf8, goQuote, toHex } from '../../../../base/index.ts';

/** Why a function does not take what it is given: told as `error calling NAME: …`. */
export class CallFault extends Error {}

/** Letters that a template may give, and a function may be given: what is more is taken for what has no end. */
export const LONGEST = 1 << 22;

/** A pointer to nothing. */
export const NIL = Symbol('nil');
/** What a map has for a key that is not there. */
export const ZERO = Symbol('zero');

/**
 * What is a struct in the client, which fmt prints as its values: its fields, the last one tells it. What a field that is left out holds is
 * said by a sign: `*` a pointer, `[]` a list, `{}` a map, `?` a truth.
 */
const STRUCTS: readonly (readonly string[])[] = [
  ['HostIp', 'HostPort'],
  ['PathOnHost', 'PathInContainer', 'CgroupPermissions'],
  ['Type', 'Name', 'Source', 'Destination', 'Driver', 'Mode', 'RW', 'Propagation'],
  ['Name', 'MaximumRetryCount'],
  ['Type', 'Config{}'],
  ['Data{}', 'Name'],
  ['Type', 'Layers[]'],
  ['ID', 'Attributes{}'],
  [
    ...['IPAMConfig*', 'Links[]', 'Aliases[]', 'MacAddress', 'DriverOpts{}', 'GwPriority', 'NetworkID'],
    ...['EndpointID', 'Gateway', 'IPAddress', 'IPPrefixLen', 'IPv6Gateway', 'GlobalIPv6Address'],
    ...['GlobalIPv6PrefixLen', 'DNSNames[]'],
  ],
  [
    ...['Status', 'Running?', 'Paused?', 'Restarting?', 'OOMKilled?', 'Dead?', 'Pid', 'ExitCode', 'Error'],
    ...['StartedAt', 'FinishedAt', 'Health*'],
  ],
  [
    ...['Hostname', 'Domainname', 'User', 'AttachStdin?', 'AttachStdout?', 'AttachStderr?', 'ExposedPorts{}'],
    ...['Tty?', 'OpenStdin?', 'StdinOnce?', 'Env[]', 'Cmd[]', 'Healthcheck*', 'ArgsEscaped?', 'Image'],
    ...['Volumes{}', 'WorkingDir', 'Entrypoint[]', 'NetworkDisabled?', 'MacAddress', 'OnBuild[]', 'Labels{}'],
    ...['StopSignal', 'StopTimeout*', 'Shell[]'],
  ],
];

/** Fields that tell a struct whose last one may be left out; of Config, an image's is another struct. */
const TELLING: Readonly<Record<string, string>> = { 'Health*': 'StartedAt', 'Shell[]': 'Image' };

const ZEROS: Readonly<Record<string, string>> = { '*': '<nil>', '[]': '[]', '{}': 'map[]', '?': 'false' };

/** Fields that hold maps; what else can be null holds a list. */
const maps = /\.(Labels|Options|Volumes|ExposedPorts)$/;
/** Maps whose values are empty structs. */
const sets = /(^|\.)(Volumes|ExposedPorts)$/;

function structText(value: object): string | null {
  const fields = STRUCTS.find((keys) => {
    const last = keys.at(-1)!;
    const named = keys.map((key) => key.replace(/\W+$/, ''));
    const telling = TELLING[last];
    const isTold =
      telling === undefined ? named.at(-1)! in value : (value as Record<string, unknown>)[telling];
    return (
      isTold !== undefined &&
      isTold !== false &&
      isTold !== '' &&
      Object.keys(value).every((key) => named.includes(key))
    );
  });
  if (fields === undefined) return null;
  const texts = fields.map((field) => {
    const [, name = '', sign = ''] = /^(\w+)(\W*)$/.exec(field)!;
    const held = (value as Record<string, unknown>)[name];
    return held === undefined || held === null ? (ZEROS[sign] ?? '') : show(held, `.${name}`);
  });
  return `{${texts.join(' ')}}`;
}

/** Of a map, as Go goes through one where the order is to be seen. */
export const sortedEntries = (map: object): [string, unknown][] =>
  Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1));

/** As `%v` prints a value; a nil list or map as an empty one. `name` is how the template calls it. */
export function show(value: unknown, name = ''): string {
  if (value === undefined) return '<no value>';
  if (value === NIL) return '<nil>';
  if (value === ZERO) return '';
  if (value === null) return maps.test(name) ? 'map[]' : '[]';
  if (Array.isArray(value)) return `[${value.map((item) => show(item)).join(' ')}]`;
  if (typeof value !== 'object') return String(value);
  const struct = structText(value);
  if (struct !== null) return struct;
  const ofSet = sets.test(name);
  const entries = sortedEntries(value).map(([key, item]) => `${key}:${ofSet ? '{}' : show(item)}`);
  return `map[${entries.join(' ')}]`;
}

/** About so many letters a value has as it is shown. Throws CallFault where they are too many. */
export function sizeOf(value: unknown): number {
  if (typeof value === 'string') return checked(value.length);
  if (typeof value !== 'object' || value === null) return 1;
  let size = checked(Array.isArray(value) ? value.length : 1);
  for (const key in value) size = checked(size + sizeOf((value as Record<string, unknown>)[key]));
  return size;
}

function checked(size: number): number {
  if (size > LONGEST) throw new CallFault('so much text is not simulated');
  return size;
}

/** The type of a value, as messages name it. */
export function goType(value: unknown): string {
  if (Array.isArray(value)) return '[]interface {}';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float64';
  return typeof value === 'string' || value === ZERO ? 'string' : 'map[string]interface {}';
}

/** %f: JavaScript gives a hundred digits at most, and none of large numbers. */
function fixed(value: number, precision: number): string {
  const large = Math.abs(value) >= 1e21;
  const known = large ? 0 : Math.min(precision, 100);
  const text = large ? BigInt(value).toString() : value.toFixed(known);
  const zeros = '0'.repeat(precision - known);
  return large && precision > 0 ? `${text}.${zeros}` : text + zeros;
}

/** %x of a number: one with a fraction has an exponent of two. */
function hexadecimal(value: number): string {
  if (Number.isInteger(value)) return (Math.abs(value) < 2 ** 53 ? value : BigInt(value)).toString(16);
  let exponent = 0;
  let mantissa = Math.abs(value);
  for (; mantissa < 1; exponent--) mantissa *= 2;
  for (; mantissa >= 2; exponent++) mantissa /= 2;
  const sign = exponent < 0 ? '-' : '+';
  return `${value < 0 ? '-' : ''}0x${mantissa.toString(16)}p${sign}${String(Math.abs(exponent)).padStart(2, '0')}`;
}

const codePoint = (value: number) =>
  `U+${BigInt.asUintN(64, BigInt(value)).toString(16).toUpperCase().padStart(4, '0')}`;

/** %c: U+FFFD for what is no code point. */
const letterOf = (value: number) =>
  value < 0 || value > 0x10ffff || (value >= 0xd800 && value < 0xe000)
    ? '\ufffd'
    : String.fromCodePoint(value);

/** One verb of a format; null when it does not take such a value. */
function verb(letter: string, value: unknown, precision: number | null): string | null {
  const isText = typeof value === 'string' || value === ZERO;
  switch (letter) {
    case 'v':
      return show(value);
    case 'T':
      return goType(value);
    case 't':
      return typeof value === 'boolean' ? String(value) : null;
    case 's':
    case 'q': {
      if (Array.isArray(value)) return `[${value.map((item) => verb(letter, item, null)).join(' ')}]`;
      if (!isText) return letter === 's' && typeof value === 'object' ? show(value) : null;
      const cut = show(value).slice(0, precision ?? undefined);
      return letter === 's' ? cut : goQuote(cut);
    }
    case 'x':
    case 'X': {
      const hex = isText ? toHex(encodeUtf8(show(value))) : null;
      const text = hex ?? (typeof value === 'number' ? hexadecimal(value) : null);
      return letter === 'X' ? (text?.toUpperCase() ?? null) : text;
    }
    case 'f':
      return typeof value === 'number' ? fixed(value, precision ?? 6) : null;
  }
  if (typeof value !== 'number' || !Number.isInteger(value)) return null;
  if (letter === 'd') return String(value);
  if (letter === 'U') return codePoint(value);
  if (letter === 'c') return letterOf(value);
  return letter === 'o' ? value.toString(8) : letter === 'b' ? value.toString(2) : null;
}

/** fmt's limit of widths and precisions. */
export const WIDEST = 1e6;

/** fmt.Sprintf. */
export function formatted(format: string, args: readonly unknown[]): string {
  let next = 0;
  let size = format.length;
  const text = format.replace(
    /%([-+0 #]*)(\d*)(?:\.(\d*))?(.?)/gsu,
    (_, flags: string, width: string, most: string | undefined, letter: string) => {
      if (letter === '%') return '%';
      if (letter === '' || Number(width) > WIDEST || Number(most) > WIDEST) return '%!(NOVERB)';
      if (next >= args.length) return `%!${letter}(MISSING)`;
      size = checked(size + Number(width) + Number(most ?? 0));
      const value = args[next++];
      const plain = verb(letter, value, most === undefined ? null : Number(most));
      if (plain === null) return `%!${letter}(${goType(value)}=${show(value)})`;
      const isNumber = typeof value === 'number' && 'dfxXob'.includes(letter);
      const signed = isNumber && flags.includes('+') && value >= 0 ? `+${plain}` : plain;
      if (flags.includes('-')) return signed.padEnd(Number(width));
      if (!flags.includes('0') || !isNumber) return signed.padStart(Number(width));
      const [, sign = '', digits = ''] = /^([-+]?)(.*)$/s.exec(signed)!;
      return sign + digits.padStart(Number(width) - sign.length, '0');
    },
  );
  if (next >= args.length) return text;
  const extra = args.slice(next).map((value) => `${goType(value)}=${show(value)}`);
  return `${text}%!(EXTRA ${extra.join(', ')})`;
}
