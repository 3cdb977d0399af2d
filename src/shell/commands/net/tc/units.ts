/** Times, rates, sizes and shares as tc(8) reads and writes them (its section UNITS). */
import { WHOLE_SHARE } from '../../../../network/index.ts';

/** A number and its unit; null for what is none. */
function split(text: string): { readonly value: number; readonly unit: string } | null {
  const match = /^(\d+(?:\.\d*)?|\.\d+)([a-z]*)$/i.exec(text);
  return match === null ? null : { value: Number(match[1]), unit: match[2]!.toLowerCase() };
}

const TIMES: Readonly<Record<string, number>> = {
  '': 1000,
  ns: 1,
  nsec: 1,
  nsecs: 1,
  us: 1000,
  usec: 1000,
  usecs: 1000,
  ms: 1_000_000,
  msec: 1_000_000,
  msecs: 1_000_000,
  s: 1_000_000_000,
  sec: 1_000_000_000,
  secs: 1_000_000_000,
};

/** Nanoseconds; a bare number is microseconds. */
export function parseTime(text: string): number | null {
  const parts = split(text);
  const unit = parts === null ? undefined : TIMES[parts.unit];
  return unit === undefined ? null : Math.round(parts!.value * unit);
}

/** As printf's %.3g. */
const three = (value: number) => `${Number(value.toPrecision(3))}`;

export function timeText(nanos: number): string {
  if (nanos >= 1_000_000_000) return `${three(nanos / 1_000_000_000)}s`;
  if (nanos >= 1_000_000) return `${three(nanos / 1_000_000)}ms`;
  if (nanos >= 1000) return `${three(nanos / 1000)}us`;
  return `${nanos}ns`;
}

/** Bits a second; a bare number is that, units in `bps` are bytes. */
export function parseRate(text: string): number | null {
  const parts = split(text);
  if (parts === null) return null;
  const match = /^(|k|m|g|t)(i?)(bit|bps)?$/.exec(parts.unit);
  if (match === null) return null;
  const [, prefix = '', binary, unit = 'bit'] = match;
  const power = ['', 'k', 'm', 'g', 't'].indexOf(prefix);
  const rate = parts.value * (binary === 'i' ? 1024 : 1000) ** power * (unit === 'bps' ? 8 : 1);
  return rate < 8 ? null : Math.floor(rate);
}

export function rateText(rate: number): string {
  let value = rate;
  let unit = 0;
  for (; unit < 4; unit++) {
    if (value < 1000 || (value % 1000 !== 0 && value < 1_000_000)) break;
    value = Math.floor(value / 1000);
  }
  return `${value}${['', 'K', 'M', 'G', 'T'][unit]}bit`;
}

/** Bytes; units in `bit` are an eighth. */
export function parseSize(text: string): number | null {
  const parts = split(text);
  if (parts === null) return null;
  const match = /^(|k|m|g)(b|bit)?$/.exec(parts.unit);
  if (match === null) return null;
  const [, prefix = '', unit = 'b'] = match;
  const size = parts.value * 1024 ** ['', 'k', 'm', 'g'].indexOf(prefix) * (unit === 'bit' ? 1 / 8 : 1);
  return Math.floor(size);
}

export function sizeText(bytes: number): string {
  const near = (unit: number) => Math.abs(unit * Math.round(bytes / unit) - bytes);
  const mega = 1024 * 1024;
  if (bytes >= mega && near(mega) < 1024) return `${Math.round(bytes / mega)}Mb`;
  if (bytes >= 1024 && near(1024) < 16) return `${Math.round(bytes / 1024)}Kb`;
  return `${bytes}b`;
}

/** `5%` or `5` as a share. */
export function parseShare(text: string): number | null {
  const match = /^(\d+(?:\.\d*)?|\.\d+)%?$/.exec(text);
  const percent = match === null ? Number.NaN : Number(match[1]);
  return percent <= 100 ? Math.round((percent / 100) * WHOLE_SHARE) : null;
}

export const shareText = (share: number) => `${Number(((100 * share) / WHOLE_SHARE).toPrecision(6))}%`;
