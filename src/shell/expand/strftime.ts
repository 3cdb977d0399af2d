/** strftime(3) in the C locale and UTC, for prompts, `printf %(…)T` and the history. */

const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

interface CivilTime {
  readonly year: number;
  /** 0 … 11 */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  /** 0 is Sunday. */
  readonly weekday: number;
  /** 1 … 366 */
  readonly yearDay: number;
}

/** Days since 1970-01-01 to a civil date, by the proleptic Gregorian calendar counted in 400-year eras from March. */
function civil(seconds: number): CivilTime {
  const day = Math.floor(seconds / 86_400);
  const rest = seconds - day * 86_400;
  const shifted = day + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1_460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = (shiftedMonth + 2) % 12;
  const year = yearOfEra + era * 400 + (month < 2 ? 1 : 0);
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const dayOfMonth = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const before = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334][month]!;
  return {
    year,
    month,
    day: dayOfMonth,
    hour: Math.floor(rest / 3_600),
    minute: Math.floor((rest % 3_600) / 60),
    second: rest % 60,
    weekday: (((day + 4) % 7) + 7) % 7,
    yearDay: before + dayOfMonth + (leap && month > 1 ? 1 : 0),
  };
}

const two = (value: number) => String(value).padStart(2, '0');

/** `seconds` since 1970 as `format` says. Unknown conversions stay as they are. */
export function formatTime(format: string, seconds: number): string {
  const t = civil(seconds);
  const conversions: Readonly<Record<string, () => string>> = {
    a: () => days[t.weekday]!.slice(0, 3),
    A: () => days[t.weekday]!,
    b: () => months[t.month]!.slice(0, 3),
    B: () => months[t.month]!,
    c: () => formatTime('%a %b %e %H:%M:%S %Y', seconds),
    C: () => two(Math.floor(t.year / 100)),
    d: () => two(t.day),
    D: () => formatTime('%m/%d/%y', seconds),
    e: () => String(t.day).padStart(2),
    F: () => formatTime('%Y-%m-%d', seconds),
    H: () => two(t.hour),
    h: () => months[t.month]!.slice(0, 3),
    I: () => two(t.hour % 12 || 12),
    j: () => String(t.yearDay).padStart(3, '0'),
    m: () => two(t.month + 1),
    M: () => two(t.minute),
    n: () => '\n',
    p: () => (t.hour < 12 ? 'AM' : 'PM'),
    R: () => formatTime('%H:%M', seconds),
    r: () => formatTime('%I:%M:%S %p', seconds),
    s: () => String(seconds),
    S: () => two(t.second),
    t: () => '\t',
    T: () => formatTime('%H:%M:%S', seconds),
    u: () => String(t.weekday || 7),
    w: () => String(t.weekday),
    x: () => formatTime('%m/%d/%y', seconds),
    X: () => formatTime('%H:%M:%S', seconds),
    y: () => two(t.year % 100),
    Y: () => String(t.year),
    z: () => '+0000',
    Z: () => 'UTC',
    '%': () => '%',
  };
  return format.replace(/%(.)/gs, (whole, letter: string) => conversions[letter]?.() ?? whole);
}
