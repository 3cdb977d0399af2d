/** How long moving an image takes. Sizes are counted in bytes, lines in bits: every number here says which. */

/** Unit of a size → bytes. Powers of ten (SI) and of two (IEC 80000-13) are different units. */
export const SIZE_UNITS = {
  kB: 1e3,
  KiB: 2 ** 10,
  MB: 1e6,
  MiB: 2 ** 20,
  GB: 1e9,
  GiB: 2 ** 30,
  TB: 1e12,
  TiB: 2 ** 40,
} as const;
export type SizeUnit = keyof typeof SIZE_UNITS;

/** Unit of a speed → bits per second. */
export const SPEED_UNITS = {
  'Mb/s': 1e6,
  'Gb/s': 1e9,
  'MB/s': 8e6,
  'GB/s': 8e9,
} as const;
export type SpeedUnit = keyof typeof SPEED_UNITS;

export interface Transfer {
  readonly size: number;
  readonly sizeUnit: SizeUnit;
  /** What the line is sold as. */
  readonly rated: number;
  readonly speedUnit: SpeedUnit;
  /** Share of the rated speed that arrives, in per cent: above 0, at most 100. */
  readonly efficiency: number;
}

export interface TransferTime {
  readonly bytes: number;
  readonly bits: number;
  readonly ratedBitsPerSecond: number;
  readonly realBitsPerSecond: number;
  /** Seconds at the rated speed, and at what arrives of it. */
  readonly ratedSeconds: number;
  readonly realSeconds: number;
}

/** Throws RangeError, in words for the reader, for what is no size, speed or share. */
export function transferTime({ size, sizeUnit, rated, speedUnit, efficiency }: Transfer): TransferTime {
  if (!(size > 0 && size < Number.POSITIVE_INFINITY)) throw new RangeError('The size is a number above 0.');
  if (!(rated > 0 && rated < Number.POSITIVE_INFINITY))
    throw new RangeError('The rated speed is a number above 0.');
  if (!(efficiency > 0 && efficiency <= 100))
    throw new RangeError('What arrives is more than 0 % of the rated speed, and at most 100 %.');
  const bytes = size * SIZE_UNITS[sizeUnit];
  const bits = bytes * 8;
  const ratedBitsPerSecond = rated * SPEED_UNITS[speedUnit];
  const realBitsPerSecond = (ratedBitsPerSecond * efficiency) / 100;
  return {
    bytes,
    bits,
    ratedBitsPerSecond,
    realBitsPerSecond,
    ratedSeconds: bits / ratedBitsPerSecond,
    realSeconds: bits / realBitsPerSecond,
  };
}

/** Seconds in the unit one would say: `183 s (3 min 3 s)`, `82 ms`. */
export function sayTime(seconds: number): string {
  if (seconds < 1) return `${significant(seconds * 1000)} ms`;
  if (seconds < 60) return `${significant(seconds)} s`;
  const whole = Math.round(seconds);
  const parts = [
    [Math.floor(whole / 3600), 'h'],
    [Math.floor(whole / 60) % 60, 'min'],
    [whole % 60, 's'],
  ] as const;
  const said = parts.filter(([count]) => count > 0).map(([count, unit]) => `${count} ${unit}`);
  return `${grouped(whole)} s (${said.join(' ')})`;
}

/** A count with its thousands told apart; large and broken ones to four digits, as powers of ten where they are long. */
export function sayCount(count: number): string {
  if (count >= 1e15) return significant(count);
  return Number.isInteger(count) ? grouped(count) : significant(count);
}

function significant(value: number): string {
  const rounded = Number(value.toPrecision(3));
  return rounded >= 1e15 || rounded < 1e-6 ? value.toExponential(2) : grouped(rounded);
}

function grouped(value: number): string {
  const [whole = '', fraction] = String(value).split('.');
  const said = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return fraction === undefined ? said : `${said}.${fraction}`;
}
