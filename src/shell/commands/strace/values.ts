/** Values as strace(1) 6.1 writes them: strings, flags by name, structures. */
import { encodeUtf8 } from '../../../base/index.ts';
import {
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  S_IFSOCK,
  S_ISGID,
  S_ISUID,
  S_ISVTX,
  type Stat,
  type Timespec,
} from '../../../linux/index.ts';
import { calendar, pad } from '../support.ts';

/**
 * What strace writes for an address: processes here have none, so neither has this. The word is strace's own mark for what it leaves out.
 */
export const ADDRESS = '...';

const escapes: Readonly<Record<number, string>> = {
  9: '\\t',
  10: '\\n',
  11: '\\v',
  12: '\\f',
  13: '\\r',
  34: '\\"',
  92: '\\\\',
};

const isDigit = (byte: number | undefined) => byte !== undefined && byte >= 48 && byte <= 57;

/** In double quotes, with C's escapes; of more than `limit` bytes the first, and a mark that there are more. */
export function quoted(data: Uint8Array | string, limit = Number.POSITIVE_INFINITY): string {
  const bytes = typeof data === 'string' ? encodeUtf8(data) : data;
  const shown = bytes.subarray(0, Math.min(bytes.length, limit));
  let text = '';
  for (let i = 0; i < shown.length; i++) {
    const byte = shown[i]!;
    if (escapes[byte] !== undefined) text += escapes[byte];
    else if (byte >= 32 && byte < 127) text += String.fromCharCode(byte);
    else text += `\\${byte.toString(8).padStart(isDigit(shown[i + 1]) ? 3 : 1, '0')}`;
  }
  return `"${text}"${shown.length < bytes.length ? '...' : ''}`;
}

/** By C's `%#03o`. */
export const octal = (mode: number) => (mode === 0 ? '000' : `0${mode.toString(8).padStart(2, '0')}`);

export type FlagTable = readonly (readonly [number, string])[];

/** Names of the bits joined by `|`, and what is left as a number; `zero` for none at all. */
export function flagNames(value: number, table: FlagTable, zero = '0'): string {
  let left = value;
  const names: string[] = [];
  for (const [bit, name] of table) {
    if ((left & bit) !== bit) continue;
    names.push(name);
    left &= ~bit;
  }
  if (left !== 0) names.push(`0x${(left >>> 0).toString(16)}`);
  return names.length === 0 ? zero : names.join('|');
}

const types: ReadonlyMap<number, string> = new Map([
  [S_IFSOCK, 'S_IFSOCK'],
  [S_IFLNK, 'S_IFLNK'],
  [S_IFREG, 'S_IFREG'],
  [S_IFBLK, 'S_IFBLK'],
  [S_IFDIR, 'S_IFDIR'],
  [S_IFCHR, 'S_IFCHR'],
  [S_IFIFO, 'S_IFIFO'],
]);
const special: FlagTable = [
  [S_ISUID, 'S_ISUID'],
  [S_ISGID, 'S_ISGID'],
  [S_ISVTX, 'S_ISVTX'],
];

/** st_mode. */
export function fileMode(mode: number): string {
  const type = types.get(mode & S_IFMT);
  const words = [type, flagNames(mode & 0o7000, special, '')].filter((word) => word);
  return [...words, octal(mode & 0o777)].join('|');
}

/** struct stat, abbreviated. */
export function statText({ mode, size, rdev }: Stat): string {
  const isDevice = [S_IFBLK, S_IFCHR].includes(mode & S_IFMT);
  const hex = (value: number) => (value === 0 ? '0' : `0x${value.toString(16)}`);
  const device = `st_rdev=makedev(${hex(rdev.major)}, ${hex(rdev.minor)})`;
  return `{st_mode=${fileMode(mode)}, ${isDevice ? device : `st_size=${size}`}, ...}`;
}

export const timespec = ({ sec, nsec }: Timespec) => `{tv_sec=${sec}, tv_nsec=${nsec}}`;

/** With the calendar's time in UTC, as for a time of day. */
export function dated(time: Timespec): string {
  const { year, month, day, hour, minute, second } = calendar(time.sec);
  const fraction = time.nsec === 0 ? '' : `.${pad(time.nsec, 9)}`;
  const clock = `${pad(hour)}:${pad(minute)}:${pad(second)}${fraction}+0000`;
  return `${timespec(time)} /* ${year}-${pad(month)}-${pad(day)}T${clock} */`;
}

/** clock_t, of a hundredth of a second. */
export function ticks(nanos: number): string {
  const count = Math.floor(nanos / 1e7);
  return count === 0 ? '0' : `${count} /* ${(count / 100).toFixed(2)} s */`;
}
