/** The calculation as HTML; the page at build time and the script in the browser both call this. */
import { sayCount, sayTime, type Transfer, transferTime } from './model.ts';

/** Cases to begin with. The first is the course's, and what the figure shows before anybody touches it. */
export const PRESETS: readonly { readonly name: string; readonly transfer: Transfer }[] = [
  {
    name: 'The course’s image',
    transfer: { size: 8, sizeUnit: 'GB', rated: 1, speedUnit: 'Gb/s', efficiency: 35 },
  },
  {
    name: 'The same in GiB',
    transfer: { size: 8, sizeUnit: 'GiB', rated: 1, speedUnit: 'Gb/s', efficiency: 35 },
  },
  {
    name: 'A clean gigabit line',
    transfer: { size: 8, sizeUnit: 'GB', rated: 1, speedUnit: 'Gb/s', efficiency: 94 },
  },
  {
    name: 'A tenfold line',
    transfer: { size: 8, sizeUnit: 'GB', rated: 10, speedUnit: 'Gb/s', efficiency: 35 },
  },
  {
    name: 'Bits taken for bytes',
    transfer: { size: 8, sizeUnit: 'GB', rated: 1, speedUnit: 'GB/s', efficiency: 35 },
  },
  {
    name: 'One changed layer of 9 MB',
    transfer: { size: 9, sizeUnit: 'MB', rated: 1, speedUnit: 'Gb/s', efficiency: 35 },
  },
];

/** The rows of the calculation: what is computed, from what, and the result. */
export function renderCalculation(transfer: Transfer): string {
  const time = transferTime(transfer);
  const { size, sizeUnit, rated, speedUnit, efficiency } = transfer;
  const rows: readonly (readonly [string, string, string])[] = [
    ['Size in bytes', `${sayCount(size)} ${sizeUnit}`, `${sayCount(time.bytes)} bytes`],
    ['Size in bits', `${sayCount(time.bytes)} bytes × 8`, `${sayCount(time.bits)} bits`],
    ['Rated speed', `${sayCount(rated)} ${speedUnit}`, `${sayCount(time.ratedBitsPerSecond)} bits/s`],
    [
      'What arrives of it',
      `${sayCount(efficiency)} % of the rated speed`,
      `${sayCount(time.realBitsPerSecond)} bits/s`,
    ],
    ['Time at the rated speed', 'bits / rated speed', `<strong>${sayTime(time.ratedSeconds)}</strong>`],
    ['Time at what arrives', 'bits / what arrives', `<strong>${sayTime(time.realSeconds)}</strong>`],
  ];
  const body = rows.map(
    ([what, from, result]) =>
      `<tr><th scope="row">${what}</th><td>${breakable(from)}</td><td>${breakable(result)}</td></tr>`,
  );
  return `<table><caption class="sr-only">The calculation, step by step</caption><thead><tr><th scope="col">What</th><th scope="col">From</th><th scope="col">Result</th></tr></thead><tbody>${body.join('')}</tbody></table>`;
}

/** Long numbers break between groups of digits. */
const breakable = (text: string) => text.replace(/,(?=\d)/g, ',<wbr>');

/** The result in a sentence, for a screen reader. */
export function sayResult(transfer: Transfer): string {
  const { ratedSeconds, realSeconds } = transferTime(transfer);
  return `At the rated speed ${sayTime(ratedSeconds)}, at what arrives of it ${sayTime(realSeconds)}.`;
}
