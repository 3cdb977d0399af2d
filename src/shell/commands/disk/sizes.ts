/** Sizes as qemu-img reads and shows them. */
const SUFFIXES = 'BKMGTPE';

/** `1G`, `1.5G`, `512k`, bytes without a suffix; null when it is none, or a fraction of a byte. */
export function parseSize(text: string): number | null {
  const match = /^(\d+)(\.\d+)?([bkmgtpe])?$/i.exec(text);
  if (match === null) return null;
  const power = SUFFIXES.indexOf((match[3] ?? 'B').toUpperCase());
  if (match[2] !== undefined && power === 0) return null;
  const bytes = Math.floor(Number(`${match[1]}${match[2] ?? ''}`) * 1024 ** power);
  return bytes <= Number.MAX_SAFE_INTEGER ? bytes : null;
}

/** Three digits and a binary unit: `196 KiB`, `1.5 GiB`. From 1000 on it is the next unit. */
export function humanSize(bytes: number): string {
  let unit = 0;
  let value = bytes;
  while (value >= 1000) {
    value /= 1024;
    unit++;
  }
  return `${Number(value.toPrecision(3))} ${unit === 0 ? '' : `${SUFFIXES[unit]}i`}B`;
}
