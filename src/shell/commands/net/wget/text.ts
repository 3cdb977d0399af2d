/** Numbers as wget writes them. */

/** A speed in bytes, thousands and so on of 1,024, in four columns. */
function rate(bytes: number, nanos: number): { readonly number: string; readonly unit: number } {
  let value = bytes / (Math.max(1, nanos) / 1e9);
  let unit = 0;
  for (; unit < 3 && value >= 1024; unit++) value /= 1024;
  const digits = value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return { number: value.toFixed(digits), unit };
}

/** ` 303M`, `1.19M`. */
export function shortRate(bytes: number, nanos: number): string {
  const { number, unit } = rate(bytes, nanos);
  return `${number.padStart(4)}${'BKMG'[unit]}`;
}

const UNITS = ['B/s', 'KB/s', 'MB/s', 'GB/s'];

/** `1.19 MB/s`. */
export function rateText(bytes: number, nanos: number): string {
  const { number, unit } = rate(bytes, nanos);
  return bytes === 0 ? '0.00 B/s' : `${number} ${UNITS[unit]}`;
}

/** In eight columns, for the bar. */
export function barRate(bytes: number, nanos: number): string {
  const { number, unit } = rate(bytes, nanos);
  return `${number.padStart(4)}${UNITS[unit]}`;
}

/** `24.00K`; bytes alone below 1,024. */
export function sizeText(bytes: number, decimals: number): string {
  if (bytes < 1024) return `${bytes}`;
  let value = bytes;
  let unit = -1;
  do {
    value /= 1024;
    unit++;
  } while (value >= 1000 && unit < 3);
  return `${decimals === 0 && value < 10 ? value.toFixed(1) : value.toFixed(decimals)}${'KMGT'[unit]}`;
}

/** `2.8s`, `0s`, `1m 5s`. */
export function secondsText(nanos: number): string {
  const seconds = nanos / 1e9;
  if (seconds >= 59.95) return leftText(seconds);
  if (seconds >= 9.95) return `${seconds.toFixed(0)}s`;
  if (seconds >= 0.95) return `${seconds.toFixed(1)}s`;
  return seconds >= 0.00095 ? `${Number(seconds.toPrecision(1))}s` : '0s';
}

/** Whole seconds in at most two units. */
export function leftText(seconds: number): string {
  const whole = Math.floor(seconds);
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${whole % 60}s`;
  return `${Math.floor(whole / 3600)}h ${Math.floor(whole / 60) % 60}m`;
}
