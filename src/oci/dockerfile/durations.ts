/** Go's durations, `1m30s`, in nanoseconds. */
import { goQuote } from '../../base/index.ts';
import { DockerfileError } from './errors.ts';

const units: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

/** Throws DockerfileError for what is no duration. */
function parseDuration(text: string): number {
  const invalid = (why: string) => new DockerfileError(`time: ${why} duration ${goQuote(text)}`);
  const sign = /^[+-]/.exec(text)?.[0] ?? '';
  let rest = text.slice(sign.length);
  if (rest === '0') return 0;
  if (rest === '') throw invalid('invalid');
  let total = 0;
  while (rest !== '') {
    const [number = ''] = /^\d*\.?\d*/.exec(rest) ?? [];
    if (!/\d/.test(number)) throw invalid('invalid');
    rest = rest.slice(number.length);
    const [unit = ''] = /^[^\d.]*/.exec(rest) ?? [];
    if (unit === '') throw invalid('missing unit in');
    const size = Object.hasOwn(units, unit) ? units[unit] : undefined;
    if (size === undefined)
      throw new DockerfileError(`time: unknown unit ${goQuote(unit)} in duration ${goQuote(text)}`);
    total += Number(number) * size;
    rest = rest.slice(unit.length);
  }
  if (total >= 2 ** 63) throw invalid('invalid');
  return Math.trunc(sign === '-' ? -total : total);
}

const MILLISECOND = 1e6;

/** Of HEALTHCHECK's flag `name`; 0 when it is not given. */
export function interval(name: string, text: string): number {
  if (text === '') return 0;
  const value = parseDuration(text);
  if (value !== 0 && value < MILLISECOND)
    throw new DockerfileError(`Interval ${goQuote(name)} cannot be less than 1ms`);
  return value;
}

/** A duration as Go prints it: `1m30s`, `500ms`. */
export function durationText(nanoseconds: number): string {
  if (nanoseconds === 0) return '0s';
  const small = (['ns', 'µs', 'ms'] as const).map((unit) => [unit, units[unit]!] as const);
  for (const [unit, size] of small) if (nanoseconds < size * 1000) return `${nanoseconds / size}${unit}`;
  const hours = Math.floor(nanoseconds / 3600e9);
  const minutes = Math.floor(nanoseconds / 60e9) % 60;
  const seconds = (nanoseconds % 60e9) / 1e9;
  if (hours > 0) return `${hours}h${minutes}m${seconds}s`;
  return minutes > 0 ? `${minutes}m${seconds}s` : `${seconds}s`;
}
