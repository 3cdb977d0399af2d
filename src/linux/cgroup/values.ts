/** Values as they are written to interface files and shown by them (admin-guide/cgroup-v2.rst, "Conventions"). */
import { OsError } from '../../base/index.ts';

/** No limit. */
export const MAX = Number.POSITIVE_INFINITY;

/** Limits of memory are whole pages. */
export const PAGE = 4096;

/** kstrtoint and its kin read numbers of these many bits. */
const S32_MAX = 2 ** 31 - 1;

export function showMax(value: number): string {
  return value === MAX ? 'max\n' : `${value}\n`;
}

/** `max` or bytes with a suffix K, M, G, T, rounded down to whole pages (page_counter_memparse). EINVAL. */
export function parseBytes(text: string): number {
  if (text === 'max') return MAX;
  const match = /^(0x[0-9a-f]+|\d+)([kmgtpe]?)$/i.exec(text);
  if (match === null) throw new OsError('EINVAL');
  const shift = match[2] === '' ? 0 : 'kmgtpe'.indexOf(match[2]!.toLowerCase()) + 1;
  const bytes = Number(match[1]) * 1024 ** shift;
  return bytes >= 2 ** 63 - PAGE ? MAX : Math.floor(bytes / PAGE) * PAGE;
}

/** A decimal number, as kstrtoint reads it: EINVAL for anything else, ERANGE beyond 32 bits with a sign. */
export function parseInteger(text: string): number {
  if (!/^[-+]?\d+$/.test(text)) throw new OsError('EINVAL');
  const value = Number(text);
  if (value > S32_MAX || value < -S32_MAX - 1) throw new OsError('ERANGE');
  return value;
}

/** `max` or a number of at least 0; ERANGE below. */
export function parseCount(text: string): number {
  if (text === 'max') return MAX;
  const value = parseInteger(text);
  if (value < 0) throw new OsError('ERANGE');
  return value;
}

/** Lines `key value`. */
export function flatKeyed(values: Readonly<Record<string, number>>): string {
  return Object.entries(values)
    .map(([key, value]) => `${key} ${value}\n`)
    .join('');
}
