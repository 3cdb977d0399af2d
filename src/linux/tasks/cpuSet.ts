/** Sets of processors, a bit for each, and the two ways of the kernel to write them: lists and masks (lib/bitmap-str.c). */
import { OsError } from '../../base/index.ts';

export type CpuSet = bigint;

export const allCpus = (count: number): CpuSet => (1n << BigInt(count)) - 1n;

export const hasCpu = (set: CpuSet, cpu: number): boolean => ((set >> BigInt(cpu)) & 1n) === 1n;

export function cpusOf(set: CpuSet): number[] {
  const all: number[] = [];
  for (let cpu = 0, rest = set; rest !== 0n; cpu++, rest >>= 1n) if ((rest & 1n) === 1n) all.push(cpu);
  return all;
}

export function cpuSetOf(cpus: Iterable<number>): CpuSet {
  let set = 0n;
  for (const cpu of cpus) set |= 1n << BigInt(cpu);
  return set;
}

/** From `first` to `last`, both with it; of each `group` in a row the `used` first ones. */
export function cpuRange(first: number, last: number, used = 1, group = 1): CpuSet {
  const length = last - first + 1;
  let set = allCpus(used);
  for (let done = group; done < length; done *= 2) set |= set << BigInt(done);
  return (set & allCpus(length)) << BigInt(first);
}

/** As `%*pbl` prints it: `0-1,3`. */
export function cpuList(set: CpuSet): string {
  const parts: string[] = [];
  const cpus = cpusOf(set);
  for (let i = 0; i < cpus.length; i++) {
    const first = cpus[i]!;
    while (cpus[i + 1] === cpus[i]! + 1) i++;
    parts.push(cpus[i] === first ? `${first}` : `${first}-${cpus[i]}`);
  }
  return parts.join(',');
}

/** As `%*pb` prints it of so many bits: hexadecimal, a comma after each 32 of them. */
export function cpuMask(set: CpuSet, bits: number): string {
  const digits = set.toString(16).padStart(Math.ceil(bits / 4), '0');
  return digits.replace(/(?<=.)(?=(?:.{8})+$)/g, ',');
}

/** `3`, `0-3`, `0-7:1/2` (of each two one), `all`, where `N` is the last. */
const RANGE = /^(\d+|N)(?:-(\d+|N)(?::(\d+)\/(\d+))?)?$/;

/** Reads a list of numbers below `bits` (bitmap_parselist): EINVAL, ERANGE. */
export function parseCpuList(text: string, bits: number): CpuSet {
  let set = 0n;
  for (const part of text.split(/[\s,]+/)) {
    if (part === '') continue;
    const range = part === 'all' ? ['', '0', 'N'] : RANGE.exec(part);
    if (range === null) throw new OsError('EINVAL');
    const number = (digits: string) => (digits === 'N' ? bits - 1 : Number(digits));
    const first = number(range[1]!);
    const last = range[2] === undefined ? first : number(range[2]);
    const [used, group] = range[3] === undefined ? [1, 1] : [Number(range[3]), Number(range[4])];
    if (first > last || group === 0 || used > group) throw new OsError('EINVAL');
    if (last >= bits) throw new OsError('ERANGE');
    set |= cpuRange(first, last, used, group);
  }
  return set;
}
