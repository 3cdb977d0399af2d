/** Times as people write them, and as date(1) prints them. Everything is UTC here. */
import { formatTime } from '../../expand/strftime.ts';

export interface Instant {
  readonly sec: number;
  readonly nsec: number;
}

const units: Readonly<Record<string, number>> = {
  sec: 1,
  second: 1,
  min: 60,
  minute: 60,
  hour: 3600,
  day: 86_400,
  week: 604_800,
  fortnight: 1_209_600,
};
const days: Readonly<Record<string, number>> = { now: 0, today: 0, yesterday: -86_400, tomorrow: 86_400 };

function nanos(fraction: string | undefined): number {
  return fraction === undefined ? 0 : Number(fraction.slice(0, 9).padEnd(9, '0'));
}

/** Seconds of a civil time; null when there is no such day or hour. */
function secondsOf(
  year: number,
  month: number,
  day: number,
  hour = 0,
  minute = 0,
  second = 0,
): number | null {
  if (hour > 23 || minute > 59 || second > 60) return null;
  const midnight = Date.UTC(year, month - 1, day) / 1000;
  const back = new Date(midnight * 1000);
  if (back.getUTCMonth() !== month - 1 || back.getUTCDate() !== day) return null;
  return midnight + hour * 3600 + minute * 60 + second;
}

/** Takes one item off the text and changes the time by it; null for what is none. */
type Item = (match: RegExpExecArray, at: Instant) => Instant | null;

const items: readonly (readonly [RegExp, Item])[] = [
  [
    /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]\s*(?=\d))?/,
    ([, year, month, day]) => {
      const sec = secondsOf(Number(year), Number(month), Number(day));
      return sec === null ? null : { sec, nsec: 0 };
    },
  ],
  [
    /^(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)?\s*(?:([-+])(\d{2}):?(\d{2})?)?(?![\d:])/,
    ([, hour, minute, second, fraction, sign, zoneHours, zoneMinutes], at) => {
      if (Number(hour) > 23 || Number(minute) > 59 || Number(second ?? 0) > 60) return null;
      const zone = sign === undefined ? 0 : (Number(zoneHours) * 60 + Number(zoneMinutes ?? 0)) * 60;
      const midnight = Math.floor(at.sec / 86_400) * 86_400;
      const local = midnight + Number(hour) * 3600 + Number(minute) * 60 + Number(second ?? 0);
      return { sec: local - (sign === '-' ? -zone : zone), nsec: nanos(fraction) };
    },
  ],
  [/^(?:Z|UTC|GMT)\b/i, (_, at) => at],
  [
    /^(now|today|yesterday|tomorrow)\b/i,
    ([, word], at) => ({ ...at, sec: at.sec + days[word!.toLowerCase()]! }),
  ],
  [
    /^([-+]?\s*\d+|next|last|an?)\s*(sec|second|min|minute|hour|day|week|fortnight|month|year)s?(\s+ago)?\b/i,
    ([, count, unit, ago], at) => {
      const word = count!.toLowerCase().replace(/\s/g, '');
      const amount = word === 'next' || /^an?$/.test(word) ? 1 : word === 'last' ? -1 : Number(word);
      return shifted(at, ago === undefined ? amount : -amount, unit!.toLowerCase());
    },
  ],
];

function shifted(at: Instant, amount: number, unit: string): Instant {
  const seconds = units[unit];
  if (seconds !== undefined) return { ...at, sec: at.sec + amount * seconds };
  const date = new Date(at.sec * 1000);
  const months = unit === 'year' ? amount * 12 : amount;
  const sec = Date.UTC(
    date.getUTCFullYear(),
    date.getUTCMonth() + months,
    date.getUTCDate(),
    date.getUTCHours(),
    date.getUTCMinutes(),
    date.getUTCSeconds(),
  );
  return { ...at, sec: sec / 1000 };
}

/** `@SECONDS`, `2024-02-29 12:30:45 +0100`, `yesterday`, `2 days ago`, `now + 1 hour` …; null for what is none of these. */
export function parseDate(text: string, now: Instant): Instant | null {
  const seconds = /^\s*@(-?\d+)(?:[.,](\d+))?\s*$/.exec(text);
  if (seconds !== null) return { sec: Number(seconds[1]), nsec: nanos(seconds[2]) };
  let rest = text.trim();
  // A day alone means its start, and so does no word at all.
  let at: Instant = rest === '' ? { sec: Math.floor(now.sec / 86_400) * 86_400, nsec: 0 } : now;
  while (rest !== '') {
    const found = items
      .map(([pattern, change]) => [pattern.exec(rest), change] as const)
      .find(([match]) => match !== null);
    if (found === undefined) return null;
    const changed = found[1](found[0]!, at);
    if (changed === null) return null;
    at = changed;
    rest = rest.slice(found[0]![0].length).trimStart();
  }
  return at;
}

/** ISO 8601 weeks: that of the year's first Thursday is the first. */
function isoWeek(seconds: number): { year: number; week: number } {
  const day = Math.floor(seconds / 86_400);
  // 1970-01-01 was a Thursday; the week's Thursday decides the year.
  const thursday = day - ((((day + 3) % 7) + 7) % 7) + 3;
  const year = Number(formatTime('%Y', thursday * 86_400));
  return { year, week: Math.floor((Number(formatTime('%j', thursday * 86_400)) - 1) / 7) + 1 };
}

interface Conversion {
  readonly text: string;
  readonly width: number;
  /** What fills up to the width; none for text. */
  readonly fill: '0' | ' ';
}

function conversion(letter: string, colons: number, { sec, nsec }: Instant): Conversion | null {
  const base = (format: string) => formatTime(format, sec);
  const number = (value: number | string, width: number, fill: '0' | ' ' = '0'): Conversion => ({
    text: `${value}`,
    width,
    fill,
  });
  const text = (value: string): Conversion => ({ text: value, width: 0, fill: ' ' });
  if (colons > 0)
    return letter === 'z' && colons < 4 ? text(['', '+00:00', '+00:00:00', '+00'][colons]!) : null;
  const hour = Number(base('%H'));
  const yearDay = Number(base('%j'));
  const weekday = Number(base('%w'));
  switch (letter) {
    case 'N':
      return { text: String(nsec).padStart(9, '0'), width: 9, fill: '0' };
    case 'q':
      return number(Math.floor((Number(base('%m')) + 2) / 3), 1);
    case 'P':
      return text(base('%p').toLowerCase());
    case 'k':
      return number(hour, 2, ' ');
    case 'l':
      return number(hour % 12 || 12, 2, ' ');
    case 'e':
      return number(Number(base('%d')), 2, ' ');
    case 'G':
      return number(isoWeek(sec).year, 4);
    case 'g':
      return number(isoWeek(sec).year % 100, 2);
    case 'V':
      return number(isoWeek(sec).week, 2);
    case 'U':
      return number(Math.floor((yearDay + 6 - weekday) / 7), 2);
    case 'W':
      return number(Math.floor((yearDay + 6 - ((weekday + 6) % 7)) / 7), 2);
    case 'j':
      return number(yearDay, 3);
    case 's':
      return number(sec, 1);
    case 'Y':
      return number(Number(base('%Y')), 4);
    case 'C':
    case 'd':
    case 'H':
    case 'I':
    case 'm':
    case 'M':
    case 'S':
    case 'y':
      return number(Number(base(`%${letter}`)), 2);
    default: {
      const shown = base(`%${letter}`);
      return shown === `%${letter}` ? null : text(shown);
    }
  }
}

/** `format` filled in; GNU's flags `-_0^#`, widths and `:z` are known, other conversions stay as they are. */
export function formatDate(format: string, at: Instant): string {
  return format.replace(
    /%([-_0^#+]*)(\d*)(:*)([A-Za-z%])/g,
    (whole, flags: string, width: string, colons: string, letter: string) => {
      const found = conversion(letter, colons.length, at);
      if (found === null) return whole;
      if (letter === 'N' && width !== '')
        return found.text.slice(0, Number(width)).padEnd(Number(width), '0');
      const fill = flags.includes('_') ? ' ' : flags.includes('0') ? '0' : found.fill;
      let text = flags.includes('-')
        ? found.text
        : padded(found.text, Math.max(found.width, Number(width || 0)), fill);
      if (flags.includes('^')) text = text.toUpperCase();
      if (flags.includes('#'))
        text = letter === 'Z' || letter === 'p' ? text.toLowerCase() : text.toUpperCase();
      return text;
    },
  );
}

function padded(text: string, width: number, fill: '0' | ' '): string {
  if (fill === ' ' || !text.startsWith('-')) return text.padStart(width, fill);
  return `-${text.slice(1).padStart(width - 1, '0')}`;
}
